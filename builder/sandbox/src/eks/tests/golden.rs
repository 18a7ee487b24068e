//! All user data in `golden/`, which nodemint rendered: EKS can merge it, and its nodes join.

#![allow(clippy::disallowed_methods, reason = "the golden cases are files")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use crate::eks::ami_types;
use crate::eks::kit::cluster;
use crate::eks::merge::{self, Group};
use crate::node;
use crate::seed::Seed;
use crate::world::{Cluster, Image, World};

fn golden() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../golden")
}

fn folders(path: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(path) else {
        return Vec::new();
    };
    let mut found: Vec<PathBuf> = entries
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.is_dir())
        .collect();
    found.sort();
    found
}

fn yaml(path: &Path) -> Value {
    let text = fs::read_to_string(path).expect("a file of the case");
    serde_yaml::from_str(&text).expect("YAML")
}

fn name(path: &Path) -> String {
    path.file_name()
        .expect("a name")
        .to_string_lossy()
        .into_owned()
}

/// The bytes of a rendering's user data, if it has any.
fn user_data(rendering: &Path) -> Option<Vec<u8>> {
    let entries = fs::read_dir(rendering).expect("a folder");
    let mut paths = entries.map(|entry| entry.expect("an entry").path());
    let path = paths.find(|path| name(path).starts_with("user-data."))?;
    Some(fs::read(path).expect("a file"))
}

/// An image's name (`windows` for its platform) and an AMI type, by the family of the spec. None for Custom:
/// there it is the user who says everything, and the image that nobody here knows.
fn family(spec: &Value, template: &str) -> Option<(&'static str, Option<&'static str>)> {
    let templates = spec["launchTemplates"].as_array().expect("a list");
    let of_name = |it: &&Value| {
        it["name"]
            .as_str()
            .is_some_and(|it| it.replace('/', "%2F") == template)
    };
    let found = templates.iter().find(of_name).expect("the launch template");
    Some(match found["family"].as_str()? {
        "AL2023" => ("amazon-eks-node-al2023-", Some("AL2023_x86_64_STANDARD")),
        "AL2" => ("amazon-eks-node-", Some("AL2_x86_64")),
        "Bottlerocket" => ("bottlerocket-", Some("BOTTLEROCKET_x86_64")),
        ubuntu if ubuntu.starts_with("Ubuntu") => ("ubuntu-eks", None),
        windows if windows.starts_with("Windows") => ("windows", Some("WINDOWS_CORE_2022_x86_64")),
        "Custom" => return None,
        other => panic!("a family that is not judged: {other}"),
    })
}

fn image(any: &Image, name: &str) -> Image {
    Image {
        name: name.to_owned(),
        platform: (name == "windows").then(|| name.to_owned()),
        ..any.clone()
    }
}

/// What is wrong with a rendering, if anything.
fn judged(
    image: &Image,
    ami_type: Option<&str>,
    cluster: &Cluster,
    rendering: &Path,
) -> Option<String> {
    let bytes = user_data(rendering).unwrap_or_default();
    let given = STANDARD.encode(bytes);
    let data = yaml(&rendering.join("launch-template-data.yaml"));
    if data.get("ImageId").is_some() {
        return node::never_joins(image, cluster, &given).map(str::to_owned);
    }
    let ami_type = ami_types::find(ami_type.expect("an AMI type")).expect("a known one");
    let group = Group {
        cluster,
        name: "workers",
        capacity_type: "ON_DEMAND",
        labels: &BTreeMap::new(),
        taints: &[],
        template: Some(("lt-00000000000000001", 1)),
    };
    let merged = merge::merged(ami_type.system(), &group, image, &given);
    let refusal = ami_type.refusal(&given).or_else(|| merge::refusal(&merged));
    refusal
        .or_else(|| node::never_joins(image, cluster, &merged))
        .map(str::to_owned)
}

#[test]
fn what_nodemint_renders_makes_nodes() {
    let template = cluster();
    let world = World::from_seed(&Seed::builtin());
    let view = world.view("111122223333", "us-east-1");
    let any = view.images().next().expect("a public image");
    let mut judgements = 0;
    let mut wrong = Vec::new();
    for case in folders(&golden()) {
        if !case.join("nodemint.lock").exists() {
            continue;
        }
        let (spec, lock) = (
            yaml(&case.join("nodemint.yaml")),
            yaml(&case.join("nodemint.lock")),
        );
        for rendering in folders(&case.join("rendered"))
            .iter()
            .flat_map(|it| folders(it))
        {
            let of_lock = &lock["clusters"][name(&rendering)];
            let text = |key: &str| of_lock[key].as_str().unwrap_or_default().to_owned();
            let cluster = Cluster {
                name: name(&rendering),
                endpoint: text("endpoint"),
                certificate_authority: text("certificateAuthority"),
                service_cidr: text("serviceCidr"),
                ..template.clone()
            };
            let parent = rendering.parent().expect("the launch template's folder");
            let Some((image_name, ami_type)) = family(&spec, &name(parent)) else {
                continue;
            };
            judgements += 1;
            if let Some(why) = judged(&image(any, image_name), ami_type, &cluster, &rendering) {
                wrong.push(format!("{}: {why}", rendering.display()));
            }
        }
    }
    assert!(judgements >= 15, "{judgements} renderings");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
