//! Every field, every family, both ways of pinning: it stands in what goes out, or it is refused at its place.

use super::*;
use crate::family::{Field, Way, family};
use crate::spec::{LocalDisks, Registry};

const FAMILIES: [FamilyName; 14] = [
    FamilyName::AL2,
    FamilyName::AL2023,
    FamilyName::Bottlerocket,
    FamilyName::Windows2019Core,
    FamilyName::Windows2019Full,
    FamilyName::Windows2022Core,
    FamilyName::Windows2022Full,
    FamilyName::Windows2025Core,
    FamilyName::Windows2025Full,
    FamilyName::Ubuntu2004,
    FamilyName::Ubuntu2204,
    FamilyName::Ubuntu2404,
    FamilyName::Ubuntu2604,
    FamilyName::Custom,
];

fn map(value: serde_json::Value) -> serde_json::Map<String, serde_json::Value> {
    value.as_object().unwrap().clone()
}

/// Says something by a field, and what must be found of it on the node: any of these.
fn say(field: Field, t: &mut LaunchTemplate) -> &'static [&'static str] {
    let user_data = &mut t.user_data;
    match field {
        Field::PreBootstrap => user_data.pre_bootstrap = vec![Script::Run("marker-step".into())],
        Field::MaxPods => user_data.kubelet.max_pods = Some(4711),
        Field::ExtraArgs => drop(
            user_data
                .kubelet
                .extra_args
                .insert("v".into(), "4711".into()),
        ),
        Field::KubeletConfig => {
            user_data.kubelet.config = map(json!({"containerLogMaxSize": "4711Mi"}));
        }
        Field::NodeLabels => drop(user_data.node_labels.insert("marker".into(), "a".into())),
        Field::Taints => {
            user_data.taints = vec![Taint {
                key: "marker".into(),
                value: None,
                effect: TaintEffect::NoSchedule,
            }];
        }
        Field::ClusterDns => user_data.cluster_dns = vec!["10.47.1.1".into()],
        Field::NodeConfig => {
            user_data.node_config =
                Some(map(json!({"spec": {"kubelet": {"flags": ["--marker"]}}})));
        }
        Field::Settings => user_data.settings = map(json!({"motd": "marker"})),
        Field::ContainerdConfig => user_data.containerd.config = map(json!({"root": "/marker"})),
        Field::BaseRuntimeSpec => {
            user_data.containerd.base_runtime_spec = map(json!({"hostname": "marker"}));
        }
        Field::LocalDisks(disks) => user_data.local_disks = Some(disks),
        Field::Registries => {
            user_data.registries = vec![Registry {
                host: "marker.example.com".into(),
                mirrors: vec!["https://mirror.example.com".into()],
            }];
        }
        Field::OverrideBootstrap => {
            let script = match t.family {
                FamilyName::Bottlerocket => {
                    "[settings.kubernetes]\napi-server = \"https://blue.example.com\"\n\
                     cluster-certificate = \"Q0E=\"\ncluster-name = \"blue\"\n\
                     [settings]\nmotd = \"marker\"\n"
                }
                name if format!("{name:?}").starts_with("Windows") => "echo marker\n",
                _ => "#!/bin/bash\necho marker\n",
            };
            user_data.override_bootstrap = Some(file(script));
        }
    }
    match field {
        Field::MaxPods | Field::ExtraArgs | Field::KubeletConfig => &["4711"],
        Field::ClusterDns => &["10.47.1.1"],
        Field::LocalDisks(LocalDisks::Raid0) => {
            &["raid0", "RAID0", "\"ephemeral-storage\", \"init\""]
        }
        Field::LocalDisks(LocalDisks::Raid10) => &["raid10", "RAID10"],
        Field::LocalDisks(LocalDisks::Mount) => &["mount'", "Mount"],
        _ => &["marker"],
    }
}

/// With a Kubernetes that the family has images for.
fn rendered(template: LaunchTemplate) -> Result<Desired, RenderErrors> {
    let version = match template.family {
        FamilyName::AL2 => "1.32",
        FamilyName::Ubuntu2004 => "1.29",
        _ => "1.35",
    };
    let (mut spec, mut lock) = fleet(template);
    spec.node_groups.clear();
    for cluster in lock.clusters.values_mut() {
        cluster.version = version.to_owned();
    }
    let images = lock.launch_templates.values_mut();
    for image in images.flat_map(|one| one.values_mut()) {
        image.request.kubernetes_version = version.to_owned();
    }
    render(&spec, &lock)
}

/// All that a node would get, as text.
fn text_of(desired: &Desired) -> String {
    let parts = &desired.templates[0].user_data.parts;
    let bodies = parts
        .iter()
        .map(|part| String::from_utf8_lossy(&part.body).into_owned());
    bodies.collect::<Vec<_>>().join("\n")
}

#[test]
fn nothing_is_dropped() {
    let (mut carried, mut refused) = (0, 0);
    let pins = [PinnedBy::LaunchTemplate, PinnedBy::ReleaseVersion];
    for (name, pinned_by) in FAMILIES
        .iter()
        .flat_map(|name| pins.map(|pin| (*name, pin)))
    {
        // EKS has no AMI types for these: that is refused by itself.
        let no_type = family(name)
            .ami_type(Arch::X86_64, Variant::Standard)
            .is_err();
        if no_type && pinned_by == PinnedBy::ReleaseVersion {
            continue;
        }
        for field in Field::ALL {
            let mut template = template();
            (template.family, template.pinned_by) = (name, pinned_by);
            if name == FamilyName::Custom && field != Field::OverrideBootstrap {
                template.user_data.parts = vec![part(SHELL, "#!/bin/sh\njoin\n")];
            }
            let words = say(field, &mut template);
            let place = format!("{name:?} {pinned_by:?} {}", field.path());
            let found = rendered(template);
            match family(name).carries(field, pinned_by) {
                Way::Refused(refusal) => {
                    refused += 1;
                    let errors = found.expect_err(&place);
                    let path = format!("launchTemplates[0].userData.{}", field.path());
                    assert_eq!(errors.problems.len(), 1, "{place}: {errors}");
                    assert_eq!(errors.problems[0].path, path);
                    assert!(
                        !refusal.hint.is_empty() && !refusal.message.ends_with('.'),
                        "{place}"
                    );
                }
                Way::Alone | Way::InBootstrap => {
                    carried += 1;
                    let text = text_of(&found.unwrap_or_else(|errors| panic!("{place}: {errors}")));
                    let there = words.iter().any(|word| text.contains(word));
                    assert!(there, "{place}: none of {words:?} is in {text}");
                }
            }
        }
    }
    assert!(carried > 100 && refused > 100, "{carried} {refused}");
}

/// What only the bootstrap part carries is refused beside a bootstrap of one's own; the rest is there beside it.
#[test]
fn nothing_is_dropped_beside_an_own_bootstrap() {
    let names = FAMILIES
        .into_iter()
        .filter(|name| *name != FamilyName::Custom);
    for (name, field) in names.flat_map(|name| Field::ALL.map(|field| (name, field))) {
        let mut template = template();
        (template.family, template.pinned_by) = (name, PinnedBy::LaunchTemplate);
        say(Field::OverrideBootstrap, &mut template);
        let words = say(field, &mut template);
        let place = format!("{name:?} {}", field.path());
        let found = rendered(template);
        let way = family(name).carries(field, PinnedBy::LaunchTemplate);
        if way == Way::Alone || field == Field::OverrideBootstrap {
            let text = text_of(&found.unwrap_or_else(|errors| panic!("{place}: {errors}")));
            assert!(
                words.iter().any(|word| text.contains(word)),
                "{place}: {text}"
            );
        } else {
            let errors = found.expect_err(&place);
            assert!(
                errors.to_string().contains(field.path()),
                "{place}: {errors}"
            );
        }
    }
}
