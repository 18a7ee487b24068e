//! Which release: the newest that every site of a question has, and that the spec allows.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use nodemint_core::ami_source::{
    Candidate, Published, Releases, denied, release_in_name, releases,
};
use nodemint_core::lock::ImageRequest;
use nodemint_core::observed::Image;
use nodemint_core::spec::LaunchTemplate;

/// What the spec says of the releases that `latest` may be.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Rules {
    pub kubernetes_version: String,
    pub min_age: Option<SignedDuration>,
    pub deny: BTreeSet<String>,
}

impl Rules {
    pub fn of(template: &LaunchTemplate, request: &ImageRequest) -> Self {
        Self {
            kubernetes_version: request.kubernetes_version.clone(),
            min_age: template.min_age,
            deny: template.deny.clone(),
        }
    }

    /// Why an image may not be used, if so. `full`: the release version that EKS gives it, where that is known.
    pub fn refusal(
        &self,
        image: &Image,
        release: Option<&str>,
        full: Option<&str>,
        now: Timestamp,
    ) -> Option<String> {
        if self.denies(&image.id, &image.name, release, full) {
            return Some("`ami.deny` has it".to_owned());
        }
        let free = self.free(image)?;
        (free > now).then(|| match image.created {
            Some(created) => {
                format!("it was made at {created}, and `ami.minAge` allows it from {free}")
            }
            None => "its age is not known, and `ami.minAge` asks for one".to_owned(),
        })
    }

    /// When an image is old enough; none: always.
    fn free(&self, image: &Image) -> Option<Timestamp> {
        let min_age = self.min_age?;
        let free = image.created.map(|created| created.checked_add(min_age));
        // Without a creation date, or past the end of time: never.
        Some(free.and_then(Result::ok).unwrap_or(Timestamp::MAX))
    }

    /// Whether `ami.deny` has an image, by the rule that render checks the lock with.
    pub fn denies(&self, id: &str, name: &str, release: Option<&str>, full: Option<&str>) -> bool {
        let candidate = Candidate {
            kubernetes_version: &self.kubernetes_version,
            image_id: id,
            image_name: name,
            release,
            release_version: full,
        };
        denied(&self.deny, &candidate).is_some()
    }
}

/// Those of the images that a filter of one's own has found that may be used, and why the others may not: no
/// releases are told apart there. `locked` is in use already, and never too young.
pub(crate) fn usable(
    images: &[Image],
    rules: &Rules,
    locked: Option<&str>,
    now: Timestamp,
) -> (Vec<Image>, Vec<String>) {
    let (mut usable, mut passed) = (Vec::new(), Vec::new());
    for image in images {
        let kept = locked == Some(image.id.as_str());
        let denied = rules.denies(&image.id, &image.name, None, None);
        match rules.refusal(image, None, None, now) {
            Some(why) if denied || !kept => {
                passed.push(format!("{} ({}): {why}", image.name, image.id));
            }
            _ => usable.push(image.clone()),
        }
    }
    (usable, passed)
}

/// What a region has.
pub(crate) struct Shelf<'a> {
    pub region: &'a str,
    /// newest first
    pub published: Vec<Published<'a>>,
    /// When the release was made that is recommended there. None: nothing is known of it.
    pub recommended: Option<Timestamp>,
}

impl Shelf<'_> {
    fn get(&self, release: &str) -> Option<&Published<'_>> {
        self.published.iter().find(|one| one.release == release)
    }

    /// EKS takes recommendations back: what is newer than the recommended one is not for use.
    fn recommends(&self, release: &str) -> bool {
        match (self.get(release), self.recommended) {
            (Some(one), Some(recommended)) => one.image.created <= Some(recommended),
            (Some(_), None) => true,
            (None, _) => false,
        }
    }
}

/// A release, and those that are newer and were passed over, each with the reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Choice {
    pub release: String,
    pub passed: Vec<String>,
}

/// There is nothing to choose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Nothing {
    pub passed: Vec<String>,
    /// when the first release will be old enough
    pub first: Option<Timestamp>,
}

/// The newest release that may be used on every shelf. `accepted` are in use already, and never too young.
pub(crate) fn choose(
    shelves: &[Shelf<'_>],
    rules: &Rules,
    accepted: &BTreeSet<String>,
    now: Timestamp,
) -> Result<Choice, Nothing> {
    let (mut passed, mut first) = (Vec::new(), None);
    for release in by_age(shelves) {
        if !shelves.iter().any(|shelf| shelf.recommends(release)) {
            continue;
        }
        let missing = shelves.iter().filter(|shelf| shelf.get(release).is_none());
        let missing: BTreeSet<&str> = missing.map(|shelf| shelf.region).collect();
        if !missing.is_empty() {
            let regions = missing.into_iter().collect::<Vec<_>>().join(", ");
            passed.push(format!("{release}: it does not exist in {regions}"));
            continue;
        }
        let images = || shelves.iter().filter_map(|shelf| shelf.get(release));
        let denies = |image: &Image| rules.denies(&image.id, &image.name, Some(release), None);
        let denied = images().any(|one| denies(one.image));
        let refusal = images().find_map(|one| rules.refusal(one.image, Some(release), None, now));
        match refusal.filter(|_| denied || !accepted.contains(release)) {
            None => {
                let release = release.to_owned();
                return Ok(Choice { release, passed });
            }
            Some(why) => passed.push(format!("{release}: {why}")),
        }
        if !denied {
            let free = images().filter_map(|one| rules.free(one.image)).max();
            first = first.into_iter().chain(free).min();
        }
    }
    let first = first.filter(|first| *first < Timestamp::MAX);
    Err(Nothing { passed, first })
}

/// Every release of the shelves, the newest first.
fn by_age<'a>(shelves: &'a [Shelf<'a>]) -> Vec<&'a str> {
    let mut made: BTreeMap<&str, Option<Timestamp>> = BTreeMap::new();
    for one in shelves.iter().flat_map(|shelf| &shelf.published) {
        let newest = made.entry(one.release).or_default();
        *newest = (*newest).max(one.image.created);
    }
    let mut releases: Vec<(Option<Timestamp>, &str)> = made
        .into_iter()
        .map(|(release, created)| (created, release))
        .collect();
    releases.sort_by(|one, other| other.cmp(one));
    releases.into_iter().map(|(_, release)| release).collect()
}

/// How to list the releases of a request; none where nobody publishes any.
pub(crate) fn listing(request: &ImageRequest) -> Option<Releases> {
    releases(request).ok().flatten()
}

/// The releases among `images`, by the accounts that publish the family: a list that several questions
/// share has images of other accounts, too.
pub(crate) fn published<'a>(listing: &Releases, images: &'a [Image]) -> Vec<Published<'a>> {
    let owners = &listing.query.owners;
    let by_alias = |image: &Image| {
        let alias = image.owner_alias.as_ref();
        alias.is_some_and(|alias| owners.contains(alias))
    };
    let mut published = listing.of(images);
    published.retain(|one| owners.contains(&one.image.owner) || by_alias(one.image));
    published
}

/// The release of an image by its name, as [`published`] has it; the whole name where no frame fits.
pub(crate) fn release_of(request: &ImageRequest, name: &str) -> String {
    release_in_name(request, name).unwrap_or_else(|| name.to_owned())
}

/// The first few, and how many more.
pub(crate) fn few(items: &[String]) -> String {
    /// More than that is not read.
    const FEW: usize = 3;
    let mut text = items[..items.len().min(FEW)].join("; ");
    if items.len() > FEW {
        text.push_str(&format!("; and {} more", items.len() - FEW));
    }
    text
}

#[cfg(test)]
mod tests {
    use nodemint_core::spec::{AmiSource, Arch, FamilyName, Release, Variant};

    use super::*;

    /// The account, or the alias, that the list was to be of: an image of any other is no release.
    #[test]
    fn releases_are_their_publishers() {
        let rows = [
            ("us-east-1", "602401143452", None, true),
            ("us-east-1", "999988887777", None, false),
            ("us-east-1", "999988887777", Some("amazon"), false),
            ("xx-nowhere-1", "999988887777", Some("amazon"), true),
            (
                "xx-nowhere-1",
                "999988887777",
                Some("aws-marketplace"),
                false,
            ),
            ("xx-nowhere-1", "999988887777", None, false),
        ];
        for (region, owner, alias, good) in rows {
            let request = ImageRequest {
                region: region.to_owned(),
                family: FamilyName::AL2023,
                arch: Arch::X86_64,
                variant: Variant::Standard,
                kubernetes_version: "1.34".to_owned(),
                source: AmiSource::EksOptimized(Release::Latest),
            };
            let image = Image {
                name: "amazon-eks-node-al2023-x86_64-standard-1.34-v20261012".to_owned(),
                owner: owner.to_owned(),
                owner_alias: alias.map(str::to_owned),
                ..Image::default()
            };
            let listing = listing(&request).expect("a family that publishes releases");
            let found = published(&listing, std::slice::from_ref(&image)).len();
            assert_eq!(found, usize::from(good), "{region} {owner} {alias:?}");
        }
    }
}
