//! What is to be looked up, and which of it must get one and the same answer.

use std::collections::{BTreeMap, BTreeSet};

use nodemint_core::ami_source::{self, Ask};
use nodemint_core::fit;
use nodemint_core::lock::{ImageRequest, Lock, LockedCluster, LockedImage};
use nodemint_core::render;
use nodemint_core::site::Site;
use nodemint_core::spec::{
    AmiSource, Arch, Cluster, FamilyName, FleetSpec, LaunchTemplate, Release, Variant,
};

use super::choose::Rules;
use super::read::Errand;
use super::{Problem, Update};

/// launch template → cluster → its image
pub(crate) type Images = BTreeMap<String, BTreeMap<String, LockedImage>>;

/// One image that is looked for.
#[derive(Clone, Debug)]
pub(super) struct Want<'a> {
    pub template: &'a LaunchTemplate,
    pub cluster: &'a str,
    /// of the template, in the spec
    pub path: String,
    pub site: Site,
    pub request: ImageRequest,
    pub ask: Ask,
    /// The instance types that are to run it.
    pub types: BTreeSet<String>,
    /// What is locked and still an answer: an update looks for a newer one.
    pub old: Option<&'a LockedImage>,
}

impl Want<'_> {
    pub fn question(&self) -> Option<Question> {
        Question::of(self.template, &self.request)
    }

    pub fn subject(&self) -> String {
        subject(self.template, self.cluster)
    }

    pub fn problem(&self, message: String, hint: Option<String>) -> Problem {
        Problem {
            path: format!("{}.ami", self.path),
            message,
            hint,
            sites: BTreeSet::from([self.site.clone()]),
        }
    }

    /// A problem of an instance type: of the launch template's own, or of one of its groups'.
    pub fn problem_of_type(&self, message: String, hint: String) -> Problem {
        let path = match self.template.instance_type {
            Some(_) => format!("{}.instanceType", self.path),
            None => self.path.clone(),
        };
        Problem {
            path,
            ..self.problem(message, Some(hint))
        }
    }
}

/// A launch template for one of its clusters, as reports name it.
pub(crate) fn subject(template: &LaunchTemplate, cluster: &str) -> String {
    format!("launch template {} on {cluster}", template.name)
}

/// Whoever asks the same for `latest` gets the same release, in every region.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Question {
    family: FamilyName,
    arch: Arch,
    variant: Variant,
    pub rules: Rules,
}

impl Question {
    pub fn of(template: &LaunchTemplate, request: &ImageRequest) -> Option<Self> {
        (request.source == AmiSource::EksOptimized(Release::Latest)).then(|| Self {
            family: request.family,
            arch: request.arch,
            variant: request.variant,
            rules: Rules::of(template, request),
        })
    }
}

/// What is locked and stays so far, and what is wanted.
pub(super) struct Gathered<'a> {
    pub locked: Images,
    pub wants: Vec<Want<'a>>,
    /// launch templates on clusters whose facts are not known, with their clusters
    pub blind: Vec<(&'a LaunchTemplate, &'a Cluster)>,
    pub problems: Vec<Problem>,
}

/// Goes through every launch template on every cluster.
pub(super) fn gather<'a>(
    spec: &'a FleetSpec,
    old: &'a Lock,
    update: &Update,
    clusters: &BTreeMap<String, LockedCluster>,
) -> Gathered<'a> {
    let mut gathered = Gathered {
        locked: BTreeMap::new(),
        wants: Vec::new(),
        blind: Vec::new(),
        problems: Vec::new(),
    };
    for (index, template) in spec.launch_templates.iter().enumerate() {
        let moves = update.covers(&template.name);
        let images = old.launch_templates.get(&template.name);
        for name in &template.clusters {
            if let Some(cluster) = spec.clusters.iter().find(|cluster| cluster.name == *name) {
                let pair = Pair {
                    template,
                    cluster,
                    facts: clusters.get(name),
                    locked: images.and_then(|images| images.get(name)),
                    types: types(spec, template, name),
                    path: format!("launchTemplates[{index}]"),
                };
                gathered.add(pair, moves);
            }
        }
    }
    gathered
}

/// A launch template on a cluster.
struct Pair<'a, 'f> {
    template: &'a LaunchTemplate,
    cluster: &'a Cluster,
    facts: Option<&'f LockedCluster>,
    locked: Option<&'a LockedImage>,
    types: BTreeSet<String>,
    path: String,
}

/// The instance types that run a template in a cluster: its own, and those of its groups. A group that is pinned
/// to a version stays on that one's image.
fn types(spec: &FleetSpec, template: &LaunchTemplate, cluster: &str) -> BTreeSet<String> {
    let groups = spec
        .node_groups
        .iter()
        .filter(|group| group.launch_template == template.name && group.cluster == cluster)
        .filter(|group| group.launch_template_version.is_none());
    let of_groups = groups.flat_map(|group| &group.instance_types);
    of_groups.chain(&template.instance_type).cloned().collect()
}

impl<'a> Gathered<'a> {
    /// `moves`: what is locked is looked for again.
    fn add(&mut self, pair: Pair<'a, '_>, moves: bool) {
        let (template, cluster) = (pair.template, pair.cluster);
        // Without the cluster's facts, its version is what it was.
        let locked_version = pair.locked.map(|image| &image.request.kubernetes_version);
        let version = pair.facts.map(|facts| &facts.version).or(locked_version);
        let request = version.map(|version| render::request(template, cluster, version));
        let holds = pair
            .locked
            .filter(|image| request.as_ref() == Some(&image.request));
        if let Some(image) = holds {
            let by_cluster = self.locked.entry(template.name.clone()).or_default();
            by_cluster.insert(cluster.name.clone(), image.clone());
        }
        let (Some(facts), Some(request)) = (pair.facts, request) else {
            self.blind.push((template, cluster));
            return;
        };
        match skew(template, cluster, facts, &pair.path) {
            Some(problem) => self.problems.push(problem),
            None if holds.is_none() || moves => self.want(pair, request, holds),
            None => {}
        }
    }

    fn want(&mut self, pair: Pair<'a, '_>, request: ImageRequest, old: Option<&'a LockedImage>) {
        match ami_source::ask(&request) {
            Ok(ask) => self.wants.push(Want {
                template: pair.template,
                cluster: &pair.cluster.name,
                path: pair.path,
                site: pair.cluster.site(),
                request,
                ask,
                types: pair.types,
                old,
            }),
            Err(error) => self.problems.push(Problem {
                path: format!("{}.ami", pair.path),
                message: error.to_string(),
                hint: None,
                sites: BTreeSet::new(),
            }),
        }
    }

    /// What to read from each site at first.
    pub fn errands(&self) -> BTreeMap<Site, Errand> {
        let mut errands: BTreeMap<Site, Errand> = BTreeMap::new();
        for want in &self.wants {
            let errand = errands.entry(want.site.clone()).or_default();
            errand.asks.push(want.ask.clone());
            errand.types.extend(want.types.iter().cloned());
        }
        errands
    }
}

/// Why nodes of the template's own Kubernetes version cannot join the cluster, if so.
fn skew(
    template: &LaunchTemplate,
    cluster: &Cluster,
    facts: &LockedCluster,
    path: &str,
) -> Option<Problem> {
    let node = template.kubernetes_version?;
    let misfit = fit::skew(node, facts.version.parse().ok()?).err()?;
    Some(Problem {
        path: format!("{path}.kubernetesVersion"),
        message: format!("cluster {}: {}", cluster.name, misfit.message),
        hint: Some(misfit.hint),
        sites: BTreeSet::new(),
    })
}
