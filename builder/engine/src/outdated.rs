//! How far what is locked is behind what is published, and what an update would make of it.
//!
//! The names of images tell releases apart, so that one DescribeImages a site suffices. What EKS recommends
//! is not asked: in the hours between publishing and recommending, an update locks one release less than is
//! told here.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use nodemint_core::ami_source::{self, Ask, ImageQuery, Published, newest};
use nodemint_core::lock::{Lock, LockedImage};
use nodemint_core::observed::Image;
use nodemint_core::site::Site;
use nodemint_core::spec::{self, AmiSource, FleetSpec, LaunchTemplate};

use crate::ports::Clouds;
use crate::resolve::Unreached;
use crate::resolve::choose::{
    Choice, Nothing, Rules, Shelf, choose, few, listing, published, release_of, usable,
};
use crate::resolve::read::{Errand, Sites, merged};
use crate::resolve::wants::{Question, subject};

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Outdated {
    /// in the spec's order
    pub entries: Vec<Entry>,
    pub unreached: Vec<Unreached>,
}

/// One entry of the lock.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    pub template: String,
    pub cluster: String,
    pub site: Site,
    pub locked: LockedImage,
    /// None: nobody publishes releases of it, or they could not be listed.
    pub newest: Option<Release>,
    /// how many releases are newer; none: it is not among them
    pub behind: Option<usize>,
    /// What an update would lock; none: nothing else.
    pub update_to: Option<Release>,
    /// why it would not lock the newest
    pub held_back: Option<String>,
    /// all that are published, the newest first
    pub releases: Vec<Release>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Release {
    pub image_id: Option<String>,
    pub name: String,
    /// as the image's name has it
    pub release: Option<String>,
    pub created: Option<Timestamp>,
}

impl Release {
    fn of(image: &Image, release: Option<&str>) -> Self {
        Self {
            image_id: Some(image.id.clone()),
            name: image.name.clone(),
            release: release.map(str::to_owned),
            created: image.created,
        }
    }
}

/// One locked image that the spec still has a place for.
struct Held<'a> {
    template: &'a LaunchTemplate,
    cluster: &'a str,
    site: Site,
    locked: &'a LockedImage,
}

/// Compares the lock with what is published.
pub async fn outdated(
    lock: &Lock,
    spec: &FleetSpec,
    now: Timestamp,
    clouds: &dyn Clouds,
) -> Outdated {
    let held = held(lock, spec);
    let errands = errands(&held);
    let mut sites = Sites::new(now);
    sites.read(errands.clone(), clouds).await;
    let look = Look {
        held: &held,
        errands,
        sites,
        now,
    };
    Outdated {
        entries: held.iter().map(|one| look.entry(one)).collect(),
        unreached: look.unreached(),
    }
}

fn held<'a>(lock: &'a Lock, spec: &'a FleetSpec) -> Vec<Held<'a>> {
    let mut held = Vec::new();
    for template in &spec.launch_templates {
        let by_cluster = lock.launch_templates.get(&template.name);
        for cluster in &template.clusters {
            let locked = by_cluster.and_then(|by_cluster| by_cluster.get(cluster));
            let stated = spec.clusters.iter().find(|one| one.name == *cluster);
            if let (Some(locked), Some(stated)) = (locked, stated) {
                held.push(Held {
                    template,
                    cluster,
                    site: stated.site(),
                    locked,
                });
            }
        }
    }
    held
}

fn errands(held: &[Held<'_>]) -> BTreeMap<Site, Errand> {
    let mut lists: BTreeMap<&Site, Vec<_>> = BTreeMap::new();
    let mut errands: BTreeMap<Site, Errand> = BTreeMap::new();
    for one in held {
        if let Some(listing) = listing(&one.locked.request) {
            lists.entry(&one.site).or_default().push(listing.query);
        }
        if let Some(ask) = one.ask() {
            errands.entry(one.site.clone()).or_default().asks.push(ask);
        }
    }
    for (site, queries) in lists {
        let errand = errands.entry(site.clone()).or_default();
        errand.lists.extend(merged(&queries));
    }
    errands
}

impl Held<'_> {
    /// What has to be asked where no names of releases tell: parameters of one's own, and filters.
    fn ask(&self) -> Option<Ask> {
        let request = &self.locked.request;
        match request.source {
            AmiSource::SsmParameter(_) | AmiSource::Filter(_) => ami_source::ask(request).ok(),
            AmiSource::EksOptimized(_) | AmiSource::Id(_) | AmiSource::IdByRegion(_) => None,
        }
    }

    fn question(&self) -> Option<Question> {
        Question::of(self.template, &self.locked.request)
    }

    fn release(&self) -> String {
        release_of(&self.locked.request, &self.locked.name)
    }
}

struct Look<'a> {
    held: &'a [Held<'a>],
    errands: BTreeMap<Site, Errand>,
    sites: Sites,
    now: Timestamp,
}

impl Look<'_> {
    fn entry(&self, held: &Held<'_>) -> Entry {
        let mut entry = Entry {
            template: held.template.name.clone(),
            cluster: held.cluster.to_owned(),
            site: held.site.clone(),
            locked: held.locked.clone(),
            newest: None,
            behind: None,
            update_to: None,
            held_back: None,
            releases: Vec::new(),
        };
        match held.ask() {
            Some(Ask::Images(query)) => self.by_search(&mut entry, held, &query),
            Some(ask) => self.by_answer(&mut entry, &ask),
            None => self.by_names(&mut entry, held),
        }
        entry
    }

    /// A filter finds images that are not all allowed.
    fn by_search(&self, entry: &mut Entry, held: &Held<'_>, query: &ImageQuery) {
        let Ok(view) = self.sites.view(&entry.site) else {
            return;
        };
        let found = view.found(query);
        let rules = Rules::of(held.template, &entry.locked.request);
        let (usable, passed) = usable(found, &rules, Some(&entry.locked.image_id), self.now);
        let best = newest(&usable, self.now);
        let other = best.filter(|best| best.id != entry.locked.image_id);
        entry.update_to = other.map(|image| Release::of(image, None));
        entry.newest = newest(found, self.now).map(|image| Release::of(image, None));
        let ahead = newest(found, self.now).map(|image| &image.id);
        if ahead == Some(&entry.locked.image_id) {
            entry.behind = Some(0);
        } else if ahead != best.map(|image| &image.id) {
            entry.held_back = Some(few(&passed));
        }
    }

    /// A parameter has one answer: that one, or another.
    fn by_answer(&self, entry: &mut Entry, ask: &Ask) {
        let Ok(view) = self.sites.view(&entry.site) else {
            return;
        };
        let Ok(answer) = view.answer(ask) else {
            return;
        };
        let Some(image) = view.image(&answer.image_id) else {
            return;
        };
        let newest = Release::of(image, None);
        if answer.image_id == entry.locked.image_id {
            entry.behind = Some(0);
        } else {
            entry.update_to = Some(newest.clone());
        }
        entry.newest = Some(newest);
    }

    fn by_names(&self, entry: &mut Entry, held: &Held<'_>) {
        let published = self.published(held);
        let releases = published
            .iter()
            .map(|one| Release::of(one.image, Some(one.release)));
        entry.releases = releases.collect();
        entry.newest = entry.releases.first().cloned();
        let own = held.release();
        let place = |is: &dyn Fn(&Published<'_>) -> bool| published.iter().position(is);
        entry.behind = place(&|one| one.image.id == held.locked.image_id)
            .or_else(|| place(&|one| one.release == own));
        if published.is_empty() {
            return;
        }
        match (&held.locked.request.source, held.question()) {
            (AmiSource::EksOptimized(spec::Release::Pinned(release)), _) => {
                let older = entry.behind != Some(0);
                entry.held_back = older.then(|| format!("the spec pins release {release}"));
            }
            (_, Some(question)) => match self.choice(&question) {
                Ok(choice) => {
                    let chosen = published.iter().find(|one| one.release == choice.release);
                    let other = chosen.filter(|_| choice.release != own);
                    entry.update_to = other.map(|one| Release::of(one.image, Some(one.release)));
                    let passed = &choice.passed;
                    entry.held_back = (!passed.is_empty()).then(|| few(passed));
                }
                Err(why) => entry.held_back = Some(why),
            },
            (_, None) => {}
        }
    }

    /// What is published for one; empty, if it could not be listed.
    fn published(&self, held: &Held<'_>) -> Vec<Published<'_>> {
        let lists = self.errands.get(&held.site).map(|errand| &errand.lists);
        let query = lists.and_then(|lists| lists.first());
        match (
            listing(&held.locked.request),
            query,
            self.sites.view(&held.site),
        ) {
            (Some(listing), Some(query), Ok(view)) => published(&listing, view.found(query)),
            _ => Vec::new(),
        }
    }

    /// The release that an update would give to all who ask the same.
    fn choice(&self, question: &Question) -> Result<Choice, String> {
        let same: Vec<&Held<'_>> = self
            .held
            .iter()
            .filter(|one| one.question().as_ref() == Some(question))
            .collect();
        let failed = same.iter().find(|one| self.sites.failed(&one.site));
        if let Some(one) = failed {
            return Err(format!(
                "{} cannot be reached, and all regions move to one release together",
                one.site
            ));
        }
        let accepted: BTreeSet<String> = same.iter().map(|one| one.release()).collect();
        let mut seen = BTreeSet::new();
        let of_sites = same.iter().filter(|one| seen.insert(&one.site));
        let shelves: Vec<Shelf<'_>> = of_sites
            .map(|one| Shelf {
                region: &one.site.region,
                published: self.published(one),
                recommended: None,
            })
            .collect();
        choose(&shelves, &question.rules, &accepted, self.now)
            .map_err(|Nothing { passed, .. }| few(&passed))
    }

    fn unreached(&self) -> Vec<Unreached> {
        let mut unreached = Vec::new();
        for site in self.errands.keys() {
            if let Err(error) = self.sites.view(site) {
                let what = self.held.iter().filter(|one| one.site == *site);
                unreached.push(Unreached {
                    site: site.clone(),
                    what: what.map(|one| subject(one.template, one.cluster)).collect(),
                    error: error.clone(),
                });
            }
        }
        unreached
    }
}
