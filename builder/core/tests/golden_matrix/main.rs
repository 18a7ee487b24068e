//! The golden cases as a whole: every family in every scenario is a case, or made by the same code as one, or refused
//! by name; and `golden/README.md` lists them all. `UPDATE_GOLDEN=1` writes the lists anew.

// The cases are files, and UPDATE_GOLDEN is asked for by whoever runs the test.
#![allow(clippy::disallowed_methods)]

mod lists;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use nodemint_core::family::{Field, Way, family};
use nodemint_core::lock::{self, Lock, LockedCluster};
use nodemint_core::render::render;
use nodemint_core::spec::{
    self, AmiSource, Arch, FamilyName, FleetSpec, IpFamily, LaunchTemplate, PinnedBy, UserData,
    Variant,
};

/// A way in which nodes differ that their user data, or its absence, shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Scenario {
    /// nothing said
    Defaults,
    /// all that the family can be told
    Everything,
    /// the image left to EKS
    Merged,
    /// a bootstrap of one's own
    Override,
    Ipv6,
    Arm64,
    Gpu,
    /// all facts of the cluster stated, and a service CIDR that is none of EKS's two
    Private,
}

use FamilyName::{
    AL2, AL2023, Bottlerocket, Ubuntu2004, Ubuntu2204, Ubuntu2404, Ubuntu2604, Windows2019Core,
    Windows2019Full, Windows2022Core, Windows2022Full, Windows2025Core, Windows2025Full,
};
use Scenario::{Arm64, Defaults, Everything, Gpu, Ipv6, Merged, Override, Private};

const SCENARIOS: [Scenario; 8] = [
    Defaults, Everything, Merged, Override, Ipv6, Arm64, Gpu, Private,
];
const WINDOWS: &[FamilyName] = &[
    Windows2019Core,
    Windows2019Full,
    Windows2022Core,
    Windows2022Full,
    Windows2025Core,
    Windows2025Full,
];
const UBUNTU: &[FamilyName] = &[Ubuntu2004, Ubuntu2204, Ubuntu2404, Ubuntu2604];
/// Families whose user data is made by the same code. Custom is not here: its user data is the user's own.
const KIN: &[&[FamilyName]] = &[&[AL2], &[AL2023], &[Bottlerocket], WINDOWS, UBUNTU];
/// What does not exist, and how it is refused.
const REFUSED: &[(&[FamilyName], Scenario, &str)] = &[
    (WINDOWS, Arm64, "has no standard image for arm64"),
    (WINDOWS, Gpu, "has no nvidia image for x86_64"),
    (WINDOWS, Ipv6, "EKS has no Windows nodes in those"),
    (UBUNTU, Merged, "EKS has no AMI type for Ubuntu"),
    (UBUNTU, Gpu, "has no nvidia image for x86_64"),
];

struct Case {
    name: String,
    folder: PathBuf,
    text: String,
    lock: Lock,
    spec: FleetSpec,
}

fn golden() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../golden")
}

fn cases() -> Vec<Case> {
    let entries = fs::read_dir(golden()).expect("golden/");
    let mut folders: Vec<PathBuf> = entries
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.join("nodemint.lock").exists())
        .collect();
    folders.sort();
    folders.into_iter().map(case).collect()
}

fn case(folder: PathBuf) -> Case {
    let read = |name: &str| fs::read_to_string(folder.join(name)).expect(name);
    let name = folder.file_name().expect("a name");
    let name = name.to_string_lossy().into_owned();
    let text = read("nodemint.yaml");
    let lock = lock::parse(&read("nodemint.lock")).expect("a lock");
    let spec = load(&folder, &text).unwrap_or_else(|problems| panic!("{name}:\n{problems}"));
    Case {
        name,
        folder,
        text,
        lock,
        spec,
    }
}

fn load(folder: &Path, text: &str) -> Result<FleetSpec, String> {
    let mut read = |path: &str| fs::read(folder.join(path)).map_err(|error| error.to_string());
    let loaded = spec::load(text, &mut read);
    loaded
        .map(|loaded| loaded.spec)
        .map_err(|errors| errors.to_string())
}

impl Case {
    /// The scenarios that it shows, by family.
    fn shows(&self) -> Vec<(FamilyName, Scenario)> {
        let mut found = Vec::new();
        for template in &self.spec.launch_templates {
            for cluster in &template.clusters {
                let locked = &self.lock.clusters[cluster];
                let stated = self.spec.clusters.iter();
                let stated = stated
                    .filter(|one| one.name == *cluster)
                    .any(|one| one.endpoint.is_some());
                let all = SCENARIOS.into_iter();
                let shown = all.filter(|scenario| scenario.is(template, locked, stated));
                found.extend(shown.map(|scenario| (template.family, scenario)));
            }
        }
        found.sort();
        found.dedup();
        found
    }

    /// The first sentence of the comment that the spec begins with.
    fn sentence(&self) -> String {
        let lines = self.text.lines().map_while(|line| line.strip_prefix("# "));
        let comment = lines.collect::<Vec<_>>().join(" ");
        let end = comment
            .find(". ")
            .map_or(comment.trim_end_matches('.').len(), |at| at);
        comment[..end].to_owned()
    }
}

impl Scenario {
    fn is(self, template: &LaunchTemplate, cluster: &LockedCluster, stated: bool) -> bool {
        let said = &template.user_data;
        match self {
            Defaults => {
                *said == UserData::default()
                    && template.pinned_by == PinnedBy::LaunchTemplate
                    && cluster.ip_family == IpFamily::Ipv4
                    && !stated
                    && template.arch == Arch::X86_64
                    && template.variant == Variant::Standard
            }
            Everything => says_all(template),
            Merged => template.pinned_by == PinnedBy::ReleaseVersion,
            Override => said.override_bootstrap.is_some(),
            Ipv6 => cluster.ip_family == IpFamily::Ipv6,
            Arm64 => template.arch == Arch::Arm64,
            Gpu => matches!(template.variant, Variant::Nvidia | Variant::NvidiaFips),
            Private => {
                let of_eks = ["10.100.0.0/16", "172.20.0.0/16"];
                stated
                    && cluster.ip_family == IpFamily::Ipv4
                    && !of_eks.contains(&cluster.service_cidr.as_str())
            }
        }
    }
}

/// Whether every field is set that the family can carry to the node, with the bootstrap that is ours.
fn says_all(template: &LaunchTemplate) -> bool {
    let carried = |field: &Field| {
        let way = family(template.family).carries(*field, PinnedBy::LaunchTemplate);
        *field != Field::OverrideBootstrap && !matches!(way, Way::Refused(_))
    };
    let set = |field: &Field| match field {
        // One of its values.
        Field::LocalDisks(_) => template.user_data.local_disks.is_some(),
        field => field.is_set(&template.user_data),
    };
    template.pinned_by == PinnedBy::LaunchTemplate
        && Field::ALL.iter().filter(|f| carried(f)).all(set)
}

/// Family and scenario → the cases that show it.
fn shown(cases: &[Case]) -> BTreeMap<(FamilyName, Scenario), Vec<&str>> {
    let mut found: BTreeMap<_, Vec<&str>> = BTreeMap::new();
    for case in cases {
        for pair in case.shows() {
            found.entry(pair).or_default().push(&case.name);
        }
    }
    found
}

fn kin(family: FamilyName) -> &'static [FamilyName] {
    let mut groups = KIN.iter();
    groups
        .find(|group| group.contains(&family))
        .copied()
        .unwrap_or_default()
}

fn refusal(family: FamilyName, scenario: Scenario) -> Option<&'static str> {
    let mut rows = REFUSED.iter();
    rows.find(|(families, of, _)| *of == scenario && families.contains(&family))
        .map(|(_, _, text)| *text)
}

#[test]
fn every_family_in_every_scenario() {
    let cases = cases();
    assert!(cases.len() >= 60, "{} cases", cases.len());
    let shown = shown(&cases);
    for family in KIN.iter().copied().flatten() {
        assert!(shown.contains_key(&(*family, Defaults)), "{family:?}");
        for scenario in SCENARIOS {
            let by_kin = |other: &&FamilyName| shown.contains_key(&(**other, scenario));
            let there = kin(*family).iter().any(|other| by_kin(&other));
            let refused = refusal(*family, scenario).is_some();
            assert!(
                there != refused,
                "{family:?} {scenario:?}: a case: {there}, in REFUSED: {refused}"
            );
        }
    }
}

/// The user data of a case, template by template, with each of its families replaced by another.
fn user_data(case: &Case, swap: impl Fn(FamilyName) -> FamilyName) -> Vec<Vec<u8>> {
    let (mut spec, mut lock) = (
        load(&case.folder, &case.text).expect("as before"),
        case.lock.clone(),
    );
    for template in &mut spec.launch_templates {
        template.family = swap(template.family);
        // The images of another family are for other versions of Kubernetes: one of one's own is for any.
        template.ami = AmiSource::Id("ami-0aaaaaaaaaaaaaaa1".to_owned());
        template.deny.clear();
        for image in lock
            .launch_templates
            .entry(template.name.clone())
            .or_default()
            .values_mut()
        {
            image.request.family = template.family;
            image.request.source = template.ami.clone();
        }
    }
    spec.node_groups.clear();
    let desired = render(&spec, &lock).unwrap_or_else(|errors| panic!("{}:\n{errors}", case.name));
    let templates = desired.templates.into_iter();
    templates.map(|one| one.user_data.bytes).collect()
}

/// Why one case speaks for all editions of Windows, or all releases of Ubuntu: nothing of their name is in the
/// user data.
#[test]
fn kin_is_told_the_same() {
    let mut compared = 0;
    for case in &cases() {
        for group in [WINDOWS, UBUNTU] {
            let of_group = |(family, _): &(FamilyName, _)| group.contains(family);
            if !case.shows().iter().any(of_group) {
                continue;
            }
            let before = user_data(case, |family| family);
            for other in group {
                let swap = |family| {
                    if group.contains(&family) {
                        *other
                    } else {
                        family
                    }
                };
                assert!(
                    before == user_data(case, swap),
                    "{} as {other:?}",
                    case.name
                );
                compared += 1;
            }
        }
    }
    assert!(compared >= 100, "{compared}");
}

/// What validation or rendering has against a case in a scenario that it is not made for.
fn refused(case: &Case, scenario: Scenario) -> String {
    let family = "    family: ";
    let with = |line: &str| case.text.replace(family, &format!("    {line}\n{family}"));
    let text = match scenario {
        Arm64 => with("arch: arm64"),
        Gpu => with("variant: nvidia"),
        Merged => case
            .text
            .replace("ami: {", "ami: {pinnedBy: releaseVersion, "),
        _ => case.text.clone(),
    };
    let (mut spec, mut lock) = match load(&case.folder, &text) {
        Err(problems) => return problems,
        Ok(spec) => (spec, case.lock.clone()),
    };
    if scenario == Ipv6 {
        spec.clusters
            .iter_mut()
            .for_each(|cluster| cluster.service_cidr = None);
        spec.clusters
            .iter_mut()
            .for_each(|cluster| cluster.ip_family = None);
        for cluster in lock.clusters.values_mut() {
            cluster.ip_family = IpFamily::Ipv6;
            cluster.service_cidr = "fd12:3456:789a::/108".to_owned();
        }
    }
    render(&spec, &lock).map_or_else(|errors| errors.to_string(), |_| String::new())
}

#[test]
fn what_does_not_exist_is_refused_by_name() {
    let cases = cases();
    let defaults = |family: FamilyName| {
        let name = format!("{family:?}-defaults").to_ascii_lowercase();
        let found = cases.iter().find(|case| case.name == name);
        found.unwrap_or_else(|| panic!("no case {name}"))
    };
    for (families, scenario, text) in REFUSED {
        for family in *families {
            let said = refused(defaults(*family), *scenario);
            assert!(said.contains(text), "{family:?} {scenario:?}:\n{said}");
        }
    }
    // The cluster decides, and not the way in which the image is pinned.
    for (case, text) in cases
        .iter()
        .flat_map(|case| in_ipv6(case).map(|text| (case, text)))
    {
        let said = refused(case, Ipv6);
        assert!(said.contains(text), "{}:\n{said}", case.name);
    }
}

/// How a case is refused in an IPv6 cluster, if it is.
fn in_ipv6(case: &Case) -> Option<&'static str> {
    let mut templates = case.spec.launch_templates.iter();
    templates.find_map(|template| refusal(template.family, Ipv6))
}
