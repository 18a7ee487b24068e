//! One run: what is known so far, and what becomes of each image that is wanted.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use nodemint_core::ami_source::{Ask, ImageQuery, Published};
use nodemint_core::lock::{Lock, LockedImage};
use nodemint_core::observed::Image;
use nodemint_core::site::Site;

use super::check::{check, find};
use super::choose::{few, listing, published, release_of};
use super::read::{Errand, Sites, merged};
use super::same::Group;
use super::wants::{Gathered, Images, Want};
use super::{Options, Problem};
use crate::ports::{CloudError, Clouds};

pub(super) struct Run<'a> {
    pub wants: Vec<Want<'a>>,
    pub locked: Images,
    pub elsewhere: &'a Lock,
    pub options: &'a Options,
    pub now: Timestamp,
    pub sites: Sites,
    /// what is to be asked for each want, as known by now
    pub asks: Vec<Ask>,
    /// Wants that have come to an end without a new image.
    pub out: BTreeSet<usize>,
    pub problems: Vec<Problem>,
    pub warnings: Vec<String>,
    /// the one list of published images that was asked for at a site
    lists: BTreeMap<Site, ImageQuery>,
}

/// What the first answer of a want is.
pub(super) struct Pick<'v> {
    pub image: &'v Image,
    pub release: String,
    pub full: Option<String>,
}

impl<'a> Run<'a> {
    pub fn new(
        gathered: Gathered<'a>,
        elsewhere: &'a Lock,
        options: &'a Options,
        now: Timestamp,
        sites: Sites,
    ) -> Self {
        Self {
            asks: gathered.wants.iter().map(|want| want.ask.clone()).collect(),
            wants: gathered.wants,
            locked: gathered.locked,
            elsewhere,
            options,
            now,
            sites,
            out: BTreeSet::new(),
            problems: gathered.problems,
            warnings: Vec::new(),
            lists: BTreeMap::new(),
        }
    }

    /// Whether a want can still come to an image.
    pub fn open(&self, index: usize) -> bool {
        !self.out.contains(&index) && !self.sites.failed(&self.wants[index].site)
    }

    /// What `latest` is where the want is, by the first round.
    pub fn pick(&self, index: usize) -> Option<Result<Pick<'_>, Problem>> {
        let want = &self.wants[index];
        let view = self.sites.view(&want.site).ok()?;
        let found = find(want, &want.ask, view, self.now);
        Some(found.map(|(answer, image)| Pick {
            image,
            release: release_of(&want.request, &image.name),
            full: answer.release_version,
        }))
    }

    /// What is published for a want; empty, if that was not asked.
    pub fn published(&self, index: usize) -> Vec<Published<'_>> {
        let want = &self.wants[index];
        let found = self.listed(&want.site);
        let listing = listing(&want.request);
        listing.map_or_else(Vec::new, |listing| published(&listing, found))
    }

    /// All published images that were listed at a site.
    pub fn listed(&self, site: &Site) -> &[Image] {
        let view = self.sites.view(site).ok().zip(self.lists.get(site));
        view.map_or(&[], |(view, query)| view.found(query))
    }

    /// Lists what is published: one call a site, whatever the number of questions.
    pub async fn list(
        &mut self,
        queries: BTreeMap<Site, BTreeSet<ImageQuery>>,
        clouds: &dyn Clouds,
    ) {
        let mut errands = BTreeMap::new();
        for (site, queries) in queries {
            if let Some(query) = merged(&queries) {
                self.lists.insert(site.clone(), query.clone());
                let lists = BTreeSet::from([query]);
                let errand = Errand {
                    lists,
                    ..Errand::default()
                };
                errands.insert(site, errand);
            }
        }
        self.sites.read(errands, clouds).await;
    }

    /// Reads what is asked for by now, as far as it is not known, and more.
    pub async fn ask(&mut self, more: BTreeMap<Site, Vec<Ask>>, clouds: &dyn Clouds) {
        let mut errands: BTreeMap<Site, Errand> = BTreeMap::new();
        for (site, asks) in more {
            errands.entry(site).or_default().asks.extend(asks);
        }
        for (index, want) in self.wants.iter().enumerate() {
            if self.open(index) && self.asks[index] != want.ask {
                let errand = errands.entry(want.site.clone()).or_default();
                errand.asks.push(self.asks[index].clone());
            }
        }
        self.sites.read(errands, clouds).await;
    }

    /// Checks every image that is still wanted, and locks those that are right. Those of a group that is
    /// being updated move together or not at all.
    pub fn finish(&mut self, groups: &[Group]) {
        let mut found: BTreeMap<usize, LockedImage> = BTreeMap::new();
        for index in 0..self.wants.len() {
            let want = &self.wants[index];
            let (true, Ok(view)) = (self.open(index), self.sites.view(&want.site)) else {
                continue;
            };
            let strict = self.options.strict;
            let checked = check(want, &self.asks[index], view, strict, self.now);
            self.problems.extend(checked.problems);
            self.warnings.extend(checked.warnings);
            if let Some(image) = checked.image {
                found.insert(index, settled(want.old, image));
            }
        }
        for group in groups {
            let moves = group
                .wants
                .iter()
                .any(|index| self.wants[*index].old.is_some());
            let complete = group.wants.iter().all(|index| found.contains_key(index));
            if moves && !complete {
                for index in &group.wants {
                    found.remove(index);
                }
                self.stays(&group.wants);
            }
        }
        for (index, image) in found {
            let want = &self.wants[index];
            let by_cluster = self.locked.entry(want.template.name.clone()).or_default();
            by_cluster.insert(want.cluster.to_owned(), image);
        }
    }

    /// Says that these keep what is locked, because not all of them can move.
    pub fn stays(&mut self, wants: &[usize]) {
        let (kept, new): (Vec<usize>, Vec<usize>) = wants
            .iter()
            .partition(|index| self.wants[**index].old.is_some());
        let names = |indexes: &[usize]| {
            let names = indexes.iter().map(|index| self.wants[*index].subject());
            few(&names.collect::<Vec<_>>())
        };
        let mut warnings = Vec::new();
        if !kept.is_empty() {
            warnings.push(format!(
                "kept as locked, because all regions move to one release together: {}",
                names(&kept)
            ));
        }
        if !new.is_empty() {
            warnings.push(format!(
                "not locked yet, for the same reason: {}",
                names(&new)
            ));
        }
        self.warnings.extend(warnings);
        self.out.extend(wants);
    }

    /// The sites that could not be read, each with the wants that have no answer for it.
    pub fn unreached(&self) -> Vec<(Site, String, CloudError)> {
        let unreached = self.wants.iter().filter_map(|want| {
            let error = self.sites.view(&want.site).err()?;
            Some((want.site.clone(), want.subject(), error.clone()))
        });
        unreached.collect()
    }
}

/// What is locked stays to the letter while the image is the same: by which parameter it was found says
/// nothing about it.
fn settled(old: Option<&LockedImage>, new: LockedImage) -> LockedImage {
    let same = |old: &&LockedImage| {
        let found_in = old.found_in.clone();
        **old
            == LockedImage {
                found_in,
                ..new.clone()
            }
    };
    old.filter(same).cloned().unwrap_or(new)
}
