//! A release that does not exist: which ones do, for the message.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use nodemint_core::ami_source::{self, AnswerError, Ask, ImageQuery, Published};
use nodemint_core::lock::ImageRequest;
use nodemint_core::site::Site;
use nodemint_core::spec::{AmiSource, Release};

use super::choose::{listing, published};
use super::run::Run;
use super::wants::Want;

/// More are not read.
const NEAREST: usize = 5;
/// Kubernetes minors on each side that are looked at, too: about what EKS supports at a time.
const MINORS: u16 = 4;

/// EKS makes its Windows images private four months after they came out (EKS user guide, "Create nodes with
/// optimized Windows AMIs"), so an old one cannot be told from one that never was.
fn no_image(request: &ImageRequest, release: &str) -> String {
    let (family, version) = (request.family, &request.kubernetes_version);
    format!(
        "DescribeImages shows no image of {family:?} for Kubernetes {version} in release {release}: it does not exist, or is not public any more"
    )
}

/// A want whose pinned release has no parameter.
pub(super) struct Lost {
    index: usize,
    release: String,
    message: String,
}

impl Run<'_> {
    /// Takes the wants out whose pinned release does not exist.
    pub fn lost(&mut self) -> Vec<Lost> {
        let mut lost = Vec::new();
        for index in (0..self.wants.len()).filter(|index| self.open(*index)) {
            let want = &self.wants[index];
            let (AmiSource::EksOptimized(Release::Pinned(release)), Ok(view)) =
                (&want.request.source, self.sites.view(&want.site))
            else {
                continue;
            };
            let message = match view.answer(&want.ask) {
                Err(error @ AnswerError::Missing { .. }) => error.to_string(),
                // A family without parameters for its older releases.
                Err(AnswerError::NoImage) => no_image(&want.request, release),
                _ => continue,
            };
            lost.push(Lost {
                index,
                release: release.clone(),
                message,
            });
        }
        self.out.extend(lost.iter().map(|lost| lost.index));
        lost
    }

    /// What to list for them.
    pub fn lists_of_lost(&self, lost: &[Lost]) -> Vec<(Site, BTreeSet<ImageQuery>)> {
        let lists = lost.iter().map(|lost| {
            let want = &self.wants[lost.index];
            let requests = std::iter::once(want.request.clone()).chain(others(&want.request));
            let lists = requests.filter_map(|request| listing(&request));
            (
                want.site.clone(),
                lists.map(|listing| listing.query).collect(),
            )
        });
        lists.collect()
    }

    /// What to ask for the release versions of the nearest ones.
    pub fn asks_of_lost(&self, lost: &[Lost]) -> BTreeMap<Site, Vec<Ask>> {
        let mut asks: BTreeMap<Site, Vec<Ask>> = BTreeMap::new();
        for lost in lost {
            let want = &self.wants[lost.index];
            let nearest = nearest(self.published(lost.index), &lost.release);
            let of_want = nearest
                .iter()
                .filter_map(|one| ami_source::ask_for(&want.request, one).ok());
            asks.entry(want.site.clone()).or_default().extend(of_want);
        }
        asks
    }

    /// The problems of the lost ones, with the nearest that exist.
    pub fn tell_lost(&mut self, lost: Vec<Lost>) {
        for lost in lost {
            let want = &self.wants[lost.index];
            if self.sites.failed(&want.site) {
                continue;
            }
            let hint = self.hint(want, &lost);
            let problem = want.problem(lost.message, Some(hint));
            self.problems.push(problem);
        }
    }

    fn hint(&self, want: &Want<'_>, lost: &Lost) -> String {
        let version = &want.request.kubernetes_version;
        let nearest = nearest(self.published(lost.index), &lost.release);
        let names: Vec<String> = nearest.iter().map(|one| self.full(want, one)).collect();
        let mut hint = match names.is_empty() {
            true => format!(
                "nothing is published there for {:?} and Kubernetes {version}",
                want.request.family
            ),
            false => format!("the nearest for Kubernetes {version}: {}", names.join(", ")),
        };
        let minors = self.minors_with(want, &lost.release);
        if !minors.is_empty() {
            let minors = minors.join(", ");
            hint.push_str(&format!("; that release exists for Kubernetes {minors}"));
        }
        hint
    }

    /// The release version, or what the name has of it.
    fn full(&self, want: &Want<'_>, one: &Published<'_>) -> String {
        let ask = ami_source::ask_for(&want.request, one).ok();
        let view = self.sites.view(&want.site).ok();
        let answer = ask.zip(view).and_then(|(ask, view)| view.answer(&ask).ok());
        answer
            .and_then(|answer| answer.release_version)
            .unwrap_or_else(|| one.release.to_owned())
    }

    /// Other Kubernetes minors that have a release of the same name.
    fn minors_with(&self, want: &Want<'_>, release: &str) -> Vec<String> {
        let listed = self.listed(&want.site);
        let has = |request: &ImageRequest| {
            let all = listing(request).map(|listing| published(&listing, listed));
            all.is_some_and(|all| {
                all.iter()
                    .any(|one| [release, short(release)].contains(&one.release))
            })
        };
        let requests = others(&want.request).filter(has);
        requests.map(|request| request.kubernetes_version).collect()
    }
}

/// The same request for the Kubernetes minors around.
fn others(request: &ImageRequest) -> impl Iterator<Item = ImageRequest> {
    let version = request.kubernetes_version.split_once('.');
    let own: Option<(String, u16)> =
        version.and_then(|(major, minor)| Some((major.to_owned(), minor.parse().ok()?)));
    own.into_iter().flat_map(move |(major, own)| {
        let around = own.saturating_sub(MINORS)..=own.saturating_add(MINORS);
        let request = request.clone();
        around
            .filter(move |minor| *minor != own)
            .map(move |minor| ImageRequest {
                kubernetes_version: format!("{major}.{minor}"),
                source: AmiSource::EksOptimized(Release::Latest),
                ..request.clone()
            })
    })
}

/// The part of a release version that names of images have, too: the day.
fn short(release: &str) -> &str {
    release.rsplit_once('-').map_or(release, |(_, day)| day)
}

/// Those closest by date to the one that was asked for, the newest first.
fn nearest<'a>(mut published: Vec<Published<'a>>, release: &str) -> Vec<Published<'a>> {
    if let Some(wanted) = day(release) {
        let distance = |one: &Published<'_>| {
            let created = day(one.release).or(one.image.created);
            created.map_or(i64::MAX, |created| {
                (created.as_second() - wanted.as_second()).abs()
            })
        };
        published.sort_by_key(distance);
    }
    published.truncate(NEAREST);
    published.sort_by_key(|one| std::cmp::Reverse((one.image.created, one.release)));
    published
}

/// `20261012`, or Windows' `2026.10.12`, as the beginning of that day.
fn day(release: &str) -> Option<Timestamp> {
    let date = Date::strptime("%Y%m%d", short(release).replace('.', "")).ok()?;
    let start = date.to_zoned(TimeZone::UTC).ok()?;
    Some(start.timestamp())
}
