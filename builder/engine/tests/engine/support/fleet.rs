//! The lab's fleet: a spec, its lock and what is rendered from them, by the real code.

use futures::FutureExt as _;
use nodemint_core::desired::Desired;
use nodemint_core::lock::Lock;
use nodemint_core::render::render;
use nodemint_core::spec::{self, FleetSpec};
use nodemint_engine::resolve::{Options, Update, resolve};

use super::Rig;

pub const LAB: &str = r#"apiVersion: nodemint.dev/v1alpha1
kind: Fleet
metadata: {name: lab}
clusters:
  - {name: eksworkshop, region: us-east-1}
launchTemplates:
  - name: demo
    family: AL2023
    arch: x86_64
    ami: {eksOptimized: latest, pinnedBy: launchTemplate}
    instanceType: m5.large
    metadataOptions: {httpPutResponseHopLimit: 2}
    securityGroupIds: [sg-0123456789abcdef0]
nodeGroups:
  - name: mng-1
    cluster: eksworkshop
    launchTemplate: demo
    nodeRole: arn:aws:iam::111122223333:role/node
    subnets: [subnet-0aa10000000000001, subnet-0bb20000000000002]
    scaling: {min: 1, max: 3, desired: 2}
    labels: {role: worker}
"#;

pub fn spec(text: &str) -> FleetSpec {
    match spec::load(text, &mut |path| Err(format!("no file {path}"))) {
        Ok(loaded) => loaded.spec,
        Err(errors) => panic!("{errors:?}"),
    }
}

/// What a spec asks for, resolved and rendered on a fresh world.
pub fn desired(text: &str) -> Desired {
    desired_on(&Rig::new(), text)
}

/// The same on a world that has more.
pub fn desired_on(rig: &Rig, text: &str) -> Desired {
    let spec = spec(text);
    let now = rig.world(|world| world.now);
    let options = Options {
        update: Update::Nothing,
        strict: false,
    };
    let (nothing, clouds) = (Lock::default(), rig.clouds());
    let resolved = resolve(&spec, &nothing, &nothing, &options, now, &clouds)
        .now_or_never()
        .expect("a world that never waits");
    assert_eq!((resolved.problems, resolved.unreached), (vec![], vec![]));
    render(&spec, &resolved.lock).expect("to render")
}

/// The lab with another instance type.
pub fn lab(instance_type: &str) -> Desired {
    desired(&LAB.replace("m5.large", instance_type))
}

/// The lab with more under its node group.
pub fn lab_with(group: &str) -> Desired {
    desired(&format!("{LAB}    {group}\n"))
}
