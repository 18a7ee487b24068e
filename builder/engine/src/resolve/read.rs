//! What is read from AWS in one run: each site at most once for each thing, sites side by side.

use std::collections::{BTreeMap, BTreeSet};

use futures::StreamExt as _;
use futures::stream;
use jiff::Timestamp;
use nodemint_core::ami_source::{Answer, AnswerError, Ask, ImageQuery};
use nodemint_core::observed::{Image, InstanceType};
use nodemint_core::site::Site;

use crate::ports::{Cloud, CloudError, Clouds, ErrorKind};

/// Sites that are asked at the same time. Each has limits of its own in AWS, so they do not slow each other
/// down; more would only add connections.
pub(crate) const CONCURRENT_SITES: usize = 16;

/// What is known of a site.
#[derive(Clone, Debug, Default)]
pub(crate) struct View {
    /// every parameter that was asked for; none: it does not exist
    values: BTreeMap<String, Option<String>>,
    /// every image that was asked for by id; none: it is not there
    images: BTreeMap<String, Option<Image>>,
    found: BTreeMap<ImageQuery, Vec<Image>>,
    types: BTreeMap<String, Option<InstanceType>>,
    /// why nothing is known of instance types: what is locked needs them for a check alone
    types_refused: Option<CloudError>,
    now: Timestamp,
}

impl View {
    /// Why the types were not read, if they were not.
    pub fn types_refused(&self) -> Option<&CloudError> {
        self.types_refused.as_ref()
    }

    pub fn image(&self, id: &str) -> Option<&Image> {
        self.images.get(id)?.as_ref()
    }

    pub fn instance_type(&self, name: &str) -> Option<&InstanceType> {
        self.types.get(name)?.as_ref()
    }

    /// What a query found; nothing, if it was not asked.
    pub fn found(&self, query: &ImageQuery) -> &[Image] {
        self.found.get(query).map_or(&[], Vec::as_slice)
    }

    /// The answer to what was asked.
    pub fn answer(&self, ask: &Ask) -> Result<Answer, AnswerError> {
        let names = ask.parameters().into_iter();
        let values = names.filter_map(|name| {
            let value = self.values.get(&name)?.clone()?;
            Some((name, value))
        });
        let images = ask.query().map_or(&[][..], |query| self.found(query));
        ask.read(&values.collect(), images, self.now)
    }

    async fn read(&mut self, errand: &Errand, cloud: &dyn Cloud) -> Result<(), CloudError> {
        let names = errand.asks.iter().flat_map(Ask::parameters);
        let names = unknown(names.collect(), &self.values);
        if !names.is_empty() {
            let values = cloud.parameters(&names).await?;
            note(&mut self.values, names, values);
        }
        let filters = errand.asks.iter().filter_map(Ask::query);
        let queries: BTreeSet<&ImageQuery> = filters.chain(&errand.lists).collect();
        for query in queries {
            if !self.found.contains_key(query) {
                let images = cloud.find_images(query).await?;
                let by_id = images.iter().map(|image| (image.id.clone(), image.clone()));
                self.images
                    .extend(by_id.map(|(id, image)| (id, Some(image))));
                self.found.insert(query.clone(), images);
            }
        }
        let answers = errand.asks.iter().filter_map(|ask| self.answer(ask).ok());
        let ids = unknown(
            answers.map(|answer| answer.image_id).collect(),
            &self.images,
        );
        if !ids.is_empty() {
            let images = cloud.images(&ids).await?;
            note(&mut self.images, ids, images);
        }
        let types = unknown(errand.types.clone(), &self.types);
        if !types.is_empty() {
            match cloud.instance_types(&types).await {
                Ok(found) => note(&mut self.types, types, found),
                Err(error) if error.kind == ErrorKind::AccessDenied => {
                    self.types_refused = Some(error);
                }
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

fn unknown<T>(names: BTreeSet<String>, known: &BTreeMap<String, T>) -> Vec<String> {
    let mut names: Vec<String> = names.into_iter().collect();
    names.retain(|name| !known.contains_key(name));
    names
}

fn note<T>(
    known: &mut BTreeMap<String, Option<T>>,
    names: Vec<String>,
    mut answer: BTreeMap<String, T>,
) {
    known.extend(names.into_iter().map(|name| {
        let value = answer.remove(&name);
        (name, value)
    }));
}

/// What to read from one site.
#[derive(Clone, Debug, Default)]
pub(crate) struct Errand {
    pub asks: Vec<Ask>,
    pub types: BTreeSet<String>,
    /// lists of published images
    pub lists: BTreeSet<ImageQuery>,
}

/// The sites of a run: what is known of each, or why nothing more can be known.
pub(crate) struct Sites {
    now: Timestamp,
    views: BTreeMap<Site, View>,
    errors: BTreeMap<Site, CloudError>,
}

impl Sites {
    /// Nothing is read yet. Whether an image is deprecated is judged by `now`.
    pub fn new(now: Timestamp) -> Self {
        Self {
            now,
            views: BTreeMap::new(),
            errors: BTreeMap::new(),
        }
    }

    /// What is known of a site; the error, if a call to it has failed.
    pub fn view(&self, site: &Site) -> Result<&View, &CloudError> {
        static NOTHING: View = View {
            values: BTreeMap::new(),
            images: BTreeMap::new(),
            found: BTreeMap::new(),
            types: BTreeMap::new(),
            types_refused: None,
            now: Timestamp::UNIX_EPOCH,
        };
        match self.errors.get(site) {
            Some(error) => Err(error),
            None => Ok(self.views.get(site).unwrap_or(&NOTHING)),
        }
    }

    pub fn failed(&self, site: &Site) -> bool {
        self.errors.contains_key(site)
    }

    /// Runs the errands. A site that has failed once is not asked again in this run.
    pub async fn read(&mut self, errands: BTreeMap<Site, Errand>, clouds: &dyn Clouds) {
        let mut reads = Vec::new();
        for (site, errand) in errands {
            if !self.errors.contains_key(&site) {
                let view = self.views.remove(&site).unwrap_or_else(|| View {
                    now: self.now,
                    ..View::default()
                });
                reads.push(read(site, view, errand, clouds));
            }
        }
        let mut reads = stream::iter(reads).buffered(CONCURRENT_SITES);
        while let Some((site, view, end)) = reads.next().await {
            if let Err(error) = end {
                self.errors.insert(site.clone(), error);
            }
            self.views.insert(site, view);
        }
    }
}

async fn read(
    site: Site,
    mut view: View,
    errand: Errand,
    clouds: &dyn Clouds,
) -> (Site, View, Result<(), CloudError>) {
    let end = match clouds.at(&site).await {
        Ok(cloud) => view.read(&errand, cloud.as_ref()).await,
        Err(error) => Err(error),
    };
    (site, view, end)
}

/// One query for several lists, because a call costs more than the images that it finds.
pub(crate) fn merged<'a>(queries: impl IntoIterator<Item = &'a ImageQuery>) -> Option<ImageQuery> {
    let (mut owners, mut names) = (BTreeSet::new(), BTreeSet::new());
    for query in queries {
        owners.extend(query.owners.iter().cloned());
        names.extend(query.names.iter().cloned());
    }
    (!names.is_empty()).then(|| ImageQuery {
        owners: owners.into_iter().collect(),
        names: names.into_iter().collect(),
        ..ImageQuery::default()
    })
}
