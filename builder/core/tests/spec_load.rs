//! What `load` makes of right specs.
#![allow(clippy::disallowed_methods, reason = "the golden fleets are files")]

use std::fs;
use std::path::Path;

use nodemint_core::spec::{
    AmiSource, Arch, CapacityType, FamilyName, FleetSpec, MaxUnavailable, PinnedBy, Release,
    Scaling, Script, Variant, load,
};

const LAB: &str = r#"apiVersion: nodemint.dev/v1alpha1
kind: Fleet
metadata: {name: eksworkshop}
clusters:
  - {name: eksworkshop, region: us-east-1}
launchTemplates:
  - name: demo
    family: AL2023
    arch: x86_64
    ami: {eksOptimized: latest, pinnedBy: launchTemplate}
    instanceType: m5.large
    securityGroupIds: [sg-0123456789abcdef0]
    metadataOptions: {httpTokens: required, httpPutResponseHopLimit: 2}
    tags: {Name: eksworkshop-mng-1}
    userData:
      preBootstrap:
        - file: userdata/10-sysctl.sh
        - run: echo "…"
nodeGroups:
  - name: mng-1
    cluster: eksworkshop
    launchTemplate: demo
    nodeRole: arn:aws:iam::111122223333:role/eksworkshop-node
    subnets: [subnet-0aa10000000000001, subnet-0bb20000000000002]
    scaling: {min: 1, max: 3, desired: 2}
    labels: {role: managed-ng-worker}
    update: {maxUnavailable: 1}
"#;

fn read(text: &str) -> FleetSpec {
    let mut asked = Vec::new();
    let mut files = |path: &str| {
        asked.push(path.to_owned());
        Ok(b"#!/bin/bash\n".to_vec())
    };
    let loaded = load(text, &mut files).unwrap_or_else(|errors| panic!("{errors}"));
    assert!(
        asked.iter().all(|path| path == "userdata/10-sysctl.sh"),
        "{asked:?}"
    );
    assert!(asked.len() <= 1, "a file is read once: {asked:?}");
    loaded.spec
}

#[test]
fn the_lab_is_read_whole() {
    let spec = read(LAB);
    assert_eq!(spec.name, "eksworkshop");
    assert_eq!(spec.clusters[0].region, "us-east-1");
    assert_eq!(spec.clusters[0].version, None);
    let template = &spec.launch_templates[0];
    assert_eq!(template.clusters, ["eksworkshop"]);
    assert_eq!(
        (template.family, template.arch, template.variant),
        (FamilyName::AL2023, Arch::X86_64, Variant::Standard)
    );
    assert_eq!(template.ami, AmiSource::EksOptimized(Release::Latest));
    assert_eq!(template.pinned_by, PinnedBy::LaunchTemplate);
    assert_eq!(
        template.metadata_options.http_put_response_hop_limit,
        Some(2)
    );
    assert_eq!(template.tags["Name"], "eksworkshop-mng-1");
    let [Script::File(file), Script::Run(run)] = template.user_data.pre_bootstrap.as_slice() else {
        panic!("{:?}", template.user_data.pre_bootstrap);
    };
    assert_eq!(
        (file.path.as_str(), file.content.as_slice()),
        ("userdata/10-sysctl.sh", &b"#!/bin/bash\n"[..])
    );
    assert_eq!(run, "echo \"…\"");
    let group = &spec.node_groups[0];
    assert_eq!(
        group.scaling,
        Some(Scaling {
            min: 1,
            max: 3,
            desired: 2
        })
    );
    assert_eq!(group.update.max_unavailable, MaxUnavailable::Count(1));
    assert_eq!(group.capacity_type, CapacityType::OnDemand);
    assert_eq!(group.index, 0);
}

#[test]
fn line_ends_and_a_byte_order_mark_mean_nothing() {
    let spec = read(LAB);
    assert_eq!(read(&LAB.replace('\n', "\r\n")), spec);
    assert_eq!(read(&format!("\u{feff}{LAB}")), spec);
    assert_eq!(read(LAB.trim_end()), spec);
    assert_eq!(read(&format!("---\n{LAB}...\n")), spec);
}

#[test]
fn what_is_left_out_has_its_default() {
    let spec = read(
        "apiVersion: nodemint.dev/v1alpha1\nkind: Fleet\nmetadata: {name: a}\n\
         clusters: [{name: b, region: eu-west-1}, {name: c, region: eu-west-1}]\n\
         launchTemplates: [{name: abc, family: AL2, ami: {id: ami-0123456789abcdef0}}]\n\
         nodeGroups:\n  - {name: e, cluster: c, launchTemplate: abc, scaling: {min: 2, max: 3}}\n",
    );
    let template = &spec.launch_templates[0];
    assert_eq!(
        template.clusters,
        ["c"],
        "the clusters whose groups use it, and no other"
    );
    assert_eq!(
        template.metadata_options.http_tokens.as_deref(),
        Some("required")
    );
    assert_eq!(template.metadata_options.http_put_response_hop_limit, None);
    assert_eq!(template.pinned_by, PinnedBy::LaunchTemplate);
    assert_eq!(
        spec.node_groups[0].scaling,
        Some(Scaling {
            min: 2,
            max: 3,
            desired: 2
        })
    );
    assert_eq!(
        spec.node_groups[0].update.max_unavailable,
        MaxUnavailable::Count(1)
    );
}

#[test]
fn merge_keys_give_what_the_mapping_itself_does_not() {
    let spec = read(&format!(
        "{LAB}  - &more {{name: mng-2, cluster: eksworkshop, launchTemplate: demo, labels: {{role: a}}}}\n  \
         - <<: *more\n    name: mng-3\n"
    ));
    assert_eq!(spec.node_groups[2].name, "mng-3");
    assert_eq!(spec.node_groups[2].launch_template, "demo");
    assert_eq!(spec.node_groups[2].labels["role"], "a");
    assert_eq!(spec.node_groups[2].index, 2);
}

#[test]
fn places_point_at_keys_and_values() {
    let mut files = |_: &str| Ok(Vec::new());
    let places = load(LAB, &mut files).expect("the lab").places;
    let place = places
        .find("nodeGroups[0].launchTemplate")
        .expect("a place");
    assert_eq!(&LAB[place.value.span.clone()], "demo");
    assert_eq!(&LAB[place.key.expect("a key").span], "launchTemplate");
    assert_eq!((place.value.line, place.value.column), (22, 21));
    let place = places
        .find("launchTemplates[0].userData.preBootstrap[1].run")
        .expect("a place");
    assert_eq!(&LAB[place.value.span], "echo \"…\"");
    assert_eq!(places.find("nodeGroups[0].nowhere"), None);
    let near = places
        .nearest("nodeGroups[0].scaling.nowhere")
        .expect("the mapping");
    assert_eq!(&LAB[near.spot().span.clone()], "scaling");
    let problem = places.problem("launchTemplates[0].userData", "too large".to_owned(), None);
    assert_eq!(
        problem.to_string(),
        "15:5: launchTemplates[0].userData: too large"
    );
}

#[test]
fn a_user_data_secret_is_in_no_debug_text() {
    let spec = read(&LAB.replace("echo \"…\"", "export TOKEN=hunter2"));
    assert!(!format!("{spec:?}").contains("hunter2"));
}

#[test]
fn every_golden_fleet_is_read() {
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../golden");
    for entry in fs::read_dir(golden).expect("golden") {
        let folder = entry.expect("an entry").path();
        let Ok(text) = fs::read_to_string(folder.join("nodemint.yaml")) else {
            continue;
        };
        let mut files = |path: &str| fs::read(folder.join(path)).map_err(|error| error.to_string());
        if let Err(errors) = load(&text, &mut files) {
            panic!("{}:\n{errors}", folder.display());
        }
    }
}
