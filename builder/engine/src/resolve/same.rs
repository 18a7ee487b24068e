//! One question, one release: which wants belong together, and which release they get.

use std::collections::{BTreeMap, BTreeSet};

use nodemint_core::ami_source::{self, ImageQuery, Published};
use nodemint_core::lock::LockedImage;
use nodemint_core::site::Site;
use nodemint_core::spec::LaunchTemplate;

use super::Problem;
use super::choose::{Choice, Nothing, Rules, Shelf, choose, few, listing, release_of};
use super::run::Run;
use super::wants::Question;

/// Wants that get the same release.
#[derive(Clone, Debug)]
pub(super) struct Group {
    question: Question,
    /// The release that is locked elsewhere, and where.
    held: Option<Held>,
    pub wants: Vec<usize>,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Held {
    release: String,
    place: String,
    /// `ami.deny` has it since it was locked.
    denied: bool,
}

impl Run<'_> {
    /// An update moves a question everywhere or nowhere: not, where a site of it cannot be reached.
    /// `blind` are launch templates on clusters that nothing is known of, in that state with what is locked.
    pub fn hold_back(&mut self, blind: &[(&LaunchTemplate, &str)]) {
        let mut stuck: BTreeSet<Question> = BTreeSet::new();
        for want in &self.wants {
            if want.old.is_some() && self.sites.failed(&want.site) {
                stuck.extend(want.question());
            }
        }
        for (template, cluster) in blind {
            let by_cluster = self.locked.get(&template.name);
            let image = by_cluster.and_then(|by_cluster| by_cluster.get(*cluster));
            stuck.extend(image.and_then(|image| Question::of(template, &image.request)));
        }
        let stays = |index: &usize| {
            let want = &self.wants[*index];
            let question = want.question();
            want.old.is_some() && question.is_some_and(|question| stuck.contains(&question))
        };
        let stays: Vec<usize> = (0..self.wants.len()).filter(stays).collect();
        if !stays.is_empty() {
            self.stays(&stays);
        }
    }

    /// The groups of what can be resolved in this run.
    pub fn groups(&self) -> Vec<Group> {
        let mut groups: BTreeMap<(Question, Option<Held>), Vec<usize>> = BTreeMap::new();
        for index in (0..self.wants.len()).filter(|index| self.open(*index)) {
            if let Some(question) = self.wants[index].question() {
                let held = self.held(index, &question);
                groups.entry((question, held)).or_default().push(index);
            }
        }
        let groups = groups.into_iter().map(|((question, held), wants)| Group {
            question,
            held,
            wants,
        });
        groups.collect()
    }

    /// The release that the same launch template has on other clusters, if it is to stay there.
    fn held(&self, index: usize, question: &Question) -> Option<Held> {
        let template = self.wants[index].template;
        let moving: BTreeSet<&str> = (0..self.wants.len())
            .filter(|other| self.wants[*other].template.name == template.name && self.open(*other))
            .filter(|other| self.wants[*other].old.is_some())
            .filter(|other| self.wants[*other].question().as_ref() == Some(question))
            .map(|other| self.wants[other].cluster)
            .collect();
        if !moving.is_empty() {
            return None;
        }
        let here = self.locked.get(&template.name).into_iter().flatten();
        let there = self.elsewhere.launch_templates.get(&template.name);
        let there = there.filter(|_| !self.options.update.covers(&template.name));
        here.chain(there.into_iter().flatten())
            .filter(|(_, image)| Question::of(template, &image.request).as_ref() == Some(question))
            .max_by_key(|(cluster, image)| (image.created, *cluster))
            .map(|(cluster, image)| {
                let release = release_of(&image.request, &image.name);
                let full = image.release_version.as_deref();
                let (id, name) = (image.image_id.as_str(), image.name.as_str());
                Held {
                    denied: question.rules.denies(id, name, Some(&release), full),
                    release,
                    place: format!(
                        "launch template {} on {cluster} in {}",
                        template.name, image.request.region
                    ),
                }
            })
    }

    /// Drops the wants that have no first answer. `held` ones may have another.
    pub fn drop_broken(&mut self, groups: &mut Vec<Group>) {
        for group in groups.iter_mut().filter(|group| group.held.is_none()) {
            let mut broken = Vec::new();
            for index in &group.wants {
                if let Some(Err(problem)) = self.pick(*index) {
                    broken.push((*index, problem));
                }
            }
            let moves = group
                .wants
                .iter()
                .any(|index| self.wants[*index].old.is_some());
            if !broken.is_empty() && moves {
                self.stays(&group.wants);
                group.wants.clear();
            }
            for (index, problem) in broken {
                self.problems.push(problem);
                self.out.insert(index);
                group.wants.retain(|other| *other != index);
            }
        }
        groups.retain(|group| !group.wants.is_empty());
    }

    /// Whether the first answers are one release already, and one that may be used.
    pub fn settled(&self, group: &Group) -> bool {
        let accepted = self.accepted(group);
        let mut releases = BTreeSet::new();
        for index in &group.wants {
            let Some(Ok(pick)) = self.pick(*index) else {
                return false;
            };
            let (image, full) = (pick.image, pick.full.as_deref());
            let rules = &group.question.rules;
            let denied = rules.denies(&image.id, &image.name, Some(&pick.release), full);
            let fine = match &group.held {
                Some(held) => pick.release == held.release && !held.denied && !denied,
                None if accepted.contains(&pick.release) => !denied,
                None => rules
                    .refusal(image, Some(&pick.release), full, self.now)
                    .is_none(),
            };
            if !fine {
                return false;
            }
            releases.insert(pick.release);
        }
        releases.len() == 1
    }

    /// The releases that the group runs already.
    fn accepted(&self, group: &Group) -> BTreeSet<String> {
        let old = group.wants.iter().filter_map(|index| {
            let image: &LockedImage = self.wants[*index].old?;
            Some(release_of(&image.request, &image.name))
        });
        old.collect()
    }

    /// What to list for the groups that are not settled.
    pub fn lists(&self, groups: &[&Group]) -> BTreeMap<Site, BTreeSet<ImageQuery>> {
        let mut lists: BTreeMap<Site, BTreeSet<ImageQuery>> = BTreeMap::new();
        for index in groups.iter().flat_map(|group| &group.wants) {
            let want = &self.wants[*index];
            let queries = lists.entry(want.site.clone()).or_default();
            queries.extend(listing(&want.request).map(|listing| listing.query));
        }
        lists
    }

    /// Gives a group that is not settled its release.
    pub fn settle(&mut self, group: &Group) {
        let open = |index: &usize| self.open(*index);
        let wants: Vec<usize> = group.wants.iter().copied().filter(open).collect();
        match &group.held {
            Some(held) => {
                for index in wants {
                    self.join(index, held, &group.question.rules);
                }
            }
            None if wants.is_empty() => {}
            None => match choose(
                &self.shelves(&wants),
                &group.question.rules,
                &self.accepted(group),
                self.now,
            ) {
                Ok(choice) => self.choose(&wants, &choice),
                Err(nothing) => self.nothing(&wants, &group.question, &nothing),
            },
        }
    }

    /// One want gets the release that its launch template has elsewhere, or a problem that names both places.
    fn join(&mut self, index: usize, held: &Held, rules: &Rules) {
        let (release, place) = (&held.release, &held.place);
        let published = self.published(index);
        let here = published.iter().find(|one| one.release == *release);
        let denied =
            |one: &Published<'_>| rules.denies(&one.image.id, &one.image.name, Some(release), None);
        if !held.denied && !here.is_some_and(denied) {
            self.take(index, release, |region| {
                format!("release {release}, which {place} has, does not exist in {region}")
            });
            return;
        }
        let want = &self.wants[index];
        let (name, region) = (&want.template.name, &want.request.region);
        let message = format!(
            "release {release}, which {place} has and {region} would get, is under `ami.deny`"
        );
        let hint = format!(
            "move every region with `nodemint resolve --update {name}`, or take the release out of `ami.deny`"
        );
        self.problems.push(want.problem(message, Some(hint)));
        self.out.insert(index);
    }

    fn shelves(&self, wants: &[usize]) -> Vec<Shelf<'_>> {
        let mut seen = BTreeSet::new();
        let of_sites = wants
            .iter()
            .filter(|index| seen.insert(&self.wants[**index].site));
        let shelves = of_sites.map(|index| Shelf {
            region: &self.wants[*index].request.region,
            published: self.published(*index),
            recommended: match self.pick(*index) {
                Some(Ok(pick)) => pick.image.created,
                Some(Err(_)) | None => None,
            },
        });
        shelves.collect()
    }

    fn choose(&mut self, wants: &[usize], choice: &Choice) {
        let templates: BTreeSet<&str> = wants
            .iter()
            .map(|index| self.wants[*index].template.name.as_str())
            .collect();
        let templates = templates.into_iter().collect::<Vec<_>>().join(", ");
        if !choice.passed.is_empty() {
            let (release, passed) = (&choice.release, few(&choice.passed));
            self.warnings.push(format!(
                "launch template {templates}: release {release} is taken, and newer ones are passed over: {passed}"
            ));
        }
        let ahead = |index: &&usize| {
            let pick = self.pick(**index).and_then(Result::ok);
            pick.filter(|pick| pick.release != choice.release)
                .is_some_and(|pick| {
                    !choice
                        .passed
                        .iter()
                        .any(|one| one.starts_with(&pick.release))
                })
        };
        let behind = wants.iter().filter(ahead);
        let behind: BTreeSet<&str> = behind
            .map(|index| self.wants[*index].request.region.as_str())
            .collect();
        if !behind.is_empty() {
            let regions = behind.into_iter().collect::<Vec<_>>().join(", ");
            self.warnings.push(format!(
                "launch template {templates}: release {} is taken everywhere; what is recommended in {regions} is behind it",
                choice.release
            ));
        }
        for index in wants {
            self.take(*index, &choice.release, |region| {
                format!("release {} does not exist in {region}", choice.release)
            });
        }
    }

    /// The release for one want: its first answer if that is it, else among what is published.
    fn take(&mut self, index: usize, release: &str, missing: impl FnOnce(&str) -> String) {
        if matches!(self.pick(index), Some(Ok(pick)) if pick.release == release) {
            return;
        }
        let want = &self.wants[index];
        let published = self.published(index);
        let found = published.iter().find(|one| one.release == release);
        let ask = found.map(|one| ami_source::ask_for(&want.request, one));
        let problem = match ask {
            Some(Ok(ask)) => {
                self.asks[index] = ask;
                return;
            }
            Some(Err(error)) => want.problem(error.to_string(), None),
            None => {
                let name = &want.template.name;
                let hint = format!(
                    "wait until it is published there, or move every region with `nodemint resolve --update {name}`"
                );
                want.problem(missing(&want.request.region), Some(hint))
            }
        };
        self.problems.push(problem);
        self.out.insert(index);
    }

    fn nothing(&mut self, wants: &[usize], question: &Question, nothing: &Nothing) {
        let regions: BTreeSet<&str> = wants
            .iter()
            .map(|index| self.wants[*index].request.region.as_str())
            .collect();
        let regions = regions.into_iter().collect::<Vec<_>>().join(", ");
        let version = &question.rules.kubernetes_version;
        let why = match nothing.passed.as_slice() {
            [] => "DescribeImages finds none".to_owned(),
            passed => few(passed),
        };
        let hint = match nothing.first {
            Some(first) => format!("the first is old enough at {first}; or lower `ami.minAge`"),
            None => {
                "take a release out of `ami.deny`, or wait until the regions have one in common"
                    .to_owned()
            }
        };
        let problems: Vec<Problem> = wants
            .iter()
            .map(|index| {
                let want = &self.wants[*index];
                let family = want.request.family;
                let message = format!(
                    "no release of {family:?} for Kubernetes {version} may be used in {regions}: {why}"
                );
                want.problem(message, Some(hint.clone()))
            })
            .collect();
        self.problems.extend(problems);
        self.out.extend(wants);
    }
}
