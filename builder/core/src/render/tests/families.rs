//! What Bottlerocket, Windows and Ubuntu cannot express, each a row.

use super::*;
use crate::spec::{LocalDisks, Registry};

/// The family, how it is pinned, `userData` as changed, and what must stand in the problem.
type Row = (
    FamilyName,
    PinnedBy,
    fn(&mut LaunchTemplate),
    &'static [&'static str],
);

const COMPLETE: PinnedBy = PinnedBy::LaunchTemplate;
const MERGED: PinnedBy = PinnedBy::ReleaseVersion;

fn run(t: &mut LaunchTemplate, step: &str) {
    t.user_data.pre_bootstrap = vec![Script::Run(step.to_owned())];
}

fn arg(t: &mut LaunchTemplate, flag: &str, value: &str) {
    t.user_data
        .kubelet
        .extra_args
        .insert(flag.to_owned(), value.to_owned());
}

fn field(t: &mut LaunchTemplate, key: &str, value: serde_json::Value) {
    t.user_data.kubelet.config.insert(key.to_owned(), value);
}

fn settings(value: serde_json::Value) -> serde_json::Map<String, serde_json::Value> {
    value.as_object().unwrap().clone()
}

fn setting(t: &mut LaunchTemplate, value: serde_json::Value) {
    t.user_data.settings = settings(value);
}

fn registry(t: &mut LaunchTemplate) {
    t.user_data.registries = vec![Registry {
        host: "docker.io".to_owned(),
        mirrors: vec!["https://mirror.example.com".to_owned()],
    }];
}

fn label(t: &mut LaunchTemplate) {
    t.user_data
        .node_labels
        .insert("role".to_owned(), "a".to_owned());
}

#[rustfmt::skip]
const ROWS: &[Row] = &[
    (FamilyName::Bottlerocket, COMPLETE, |t| run(t, "ls"), &["preBootstrap: ", "no shell", "bootstrap-commands"]),
    (FamilyName::Bottlerocket, COMPLETE, |t| t.user_data.parts = vec![part(SHELL, "#!/bin/sh\n")], &["parts[0]: ", "application/toml"]),
    (FamilyName::Bottlerocket, COMPLETE, |t| config(t, json!({"spec": {}})), &["nodeConfig: ", "Bottlerocket has no nodeadm"]),
    (FamilyName::Bottlerocket, COMPLETE, |t| arg(t, "root-dir", "/x"), &["kubelet.extraArgs.root-dir: ", "no setting for the kubelet's flag `--root-dir`"]),
    (FamilyName::Bottlerocket, COMPLETE, |t| arg(t, "kube-api-qqs", "1"), &["kubelet.extraArgs.kube-api-qqs: ", "did you mean `kube-api-qps`?"]),
    (FamilyName::Bottlerocket, COMPLETE, |t| arg(t, "v", "high"), &["kubelet.extraArgs.v: ", "`settings.kubernetes.log-level` is a whole number"]),
    (FamilyName::Bottlerocket, COMPLETE, |t| arg(t, "pod-infra-container-image", "x"), &["kubelet.extraArgs.pod-infra-container-image: ", "does nothing since Bottlerocket 1.21.0"]),
    (FamilyName::Bottlerocket, COMPLETE, |t| field(t, "memoryManagerPolicy", json!("Static")), &["kubelet.config.memoryManagerPolicy: ", "`memory-manager-reserved-memory`", "`overrideBootstrap`"]),
    (FamilyName::Bottlerocket, COMPLETE, |t| field(t, "kubeReserved", json!({"hugepages-2Mi": "1Gi"})), &["kubelet.config.kubeReserved: ", "`ephemeral-storage` and `pid`"]),
    (FamilyName::Bottlerocket, COMPLETE, |t| arg(t, "system-reserved", "cpu=1,disk=2"), &["kubelet.extraArgs.system-reserved: ", "`ephemeral-storage` and `pid`"]),
    (FamilyName::Bottlerocket, COMPLETE, |t| field(t, "imageGCHighThresholdPercent", json!(101)), &["kubelet.config.imageGCHighThresholdPercent: ", "0 to 100"]),
    (FamilyName::Bottlerocket, COMPLETE, |t| field(t, "clusterDNS", json!(["10.0.0.10"])), &["kubelet.config.clusterDNS: ", "use `clusterDns`"]),
    (FamilyName::Bottlerocket, COMPLETE, |t| { arg(t, "event-qps", "1"); field(t, "eventRecordQPS", json!(2)); }, &["kubelet.config.eventRecordQPS: ", "keep one of the two"]),
    (FamilyName::Bottlerocket, COMPLETE, |t| t.user_data.override_bootstrap = Some(file("a = secret!")), &["overrideBootstrap: ", "some/file is no TOML"]),
    (FamilyName::Bottlerocket, COMPLETE, |t| t.user_data.override_bootstrap = Some(file("[settings.kubernetes]\napi-server = \"https://blue.example.com\"\ncluster-certificate = \"Q0E=\"\ncluster-name = \"green\"\n")), &["overrideBootstrap: ", "`settings.kubernetes.cluster-name` is \"green\", and \"blue\" for cluster blue"]),
    (FamilyName::Bottlerocket, COMPLETE, |t| setting(t, json!({"kubernetes": "secret"})), &["settings.kubernetes: ", "no table"]),
    (FamilyName::Bottlerocket, COMPLETE, |t| { t.user_data.local_disks = Some(LocalDisks::Raid0); t.ami = AmiSource::EksOptimized(Release::Pinned("1.20.3-5d9ac849".into())); }, &["localDisks: ", "since 1.22.0", "1.20.3-5d9ac849"]),
    (FamilyName::Bottlerocket, MERGED, label, &["nodeLabels: ", "set `labels` on the node group"]),
    (FamilyName::Bottlerocket, MERGED, |t| t.user_data.cluster_dns = vec!["10.0.0.10".to_owned()], &["clusterDns: ", "EKS sets this itself"]),
    (FamilyName::Bottlerocket, MERGED, |t| arg(t, "cluster-domain", "a\"b"), &["kubelet: ", "`settings.kubernetes.cluster-domain` has quotes", "no escapes"]),
    (FamilyName::Bottlerocket, MERGED, |t| t.user_data.override_bootstrap = Some(file("a = 1")), &["overrideBootstrap: ", "use `pinnedBy: launchTemplate`"]),
    (FamilyName::Windows2022Core, COMPLETE, |t| run(t, "#!/bin/sh\nls"), &["preBootstrap[0]: ", "Windows runs PowerShell"]),
    (FamilyName::Windows2022Core, COMPLETE, |t| run(t, "ls\n</PowerShell>"), &["preBootstrap[0]: ", "the tag `</powershell>`"]),
    (FamilyName::Windows2022Core, COMPLETE, |t| run(t, "echo é"), &["preBootstrap[0]: ", "outside of ASCII"]),
    (FamilyName::Windows2022Core, COMPLETE, |t| run(t, " \n"), &["preBootstrap[0]: ", "empty"]),
    (FamilyName::Windows2022Core, MERGED, |t| run(t, "& x\\START-EKSBootstrap.ps1"), &["preBootstrap[0]: ", "calls Start-EKSBootstrap"]),
    (FamilyName::Windows2022Core, COMPLETE, |t| t.user_data.parts = vec![part(SHELL, "#!/bin/sh\n")], &["parts[0]: ", "text/x-powershell"]),
    (FamilyName::Windows2022Core, COMPLETE, |t| field(t, "maxPods", json!(9)), &["kubelet.config: ", "use `kubelet.extraArgs`"]),
    (FamilyName::Windows2022Core, COMPLETE, |t| t.user_data.cluster_dns = vec!["10.0.0.10".to_owned(), "10.0.0.11".to_owned()], &["clusterDns: ", "one address"]),
    (FamilyName::Windows2022Core, MERGED, label, &["nodeLabels: ", "EKS calls Start-EKSBootstrap itself"]),
    (FamilyName::Ubuntu2404, MERGED, |_| {}, &["pinnedBy: ", "no AMI type for Ubuntu"]),
    (FamilyName::Ubuntu2404, COMPLETE, |t| config(t, json!({"spec": {}})), &["nodeConfig: ", "Ubuntu has no nodeadm"]),
    (FamilyName::Ubuntu2404, COMPLETE, |t| field(t, "maxPods", json!(9)), &["kubelet.config.maxPods: ", "writes `maxPods` itself", "`kubelet.maxPods`"]),
    (FamilyName::Ubuntu2404, COMPLETE, |t| field(t, "featureGates", json!({"A": true})), &["kubelet.config.featureGates: ", "`overrideBootstrap`"]),
    (FamilyName::AL2, COMPLETE, |t| field(t, "evictionHard", json!({"memory.available": "5%"})), &["kubelet.config.evictionHard: ", "AL2's bootstrap.sh writes `evictionHard` itself", "eviction-hard"]),
    (FamilyName::Bottlerocket, COMPLETE, |t| setting(t, json!({"kubernetes": {"cluster-name": "green"}})), &["settings.kubernetes.cluster-name: ", "is \"green\", and \"blue\" for cluster blue", "fills it in from the lock"]),
    (FamilyName::Bottlerocket, COMPLETE, |t| setting(t, json!({"kubernetes": {"api-server": 1}})), &["settings.kubernetes.api-server: ", "of the type integer, and \"https://blue.example.com\""]),
    (FamilyName::Bottlerocket, COMPLETE, |t| { setting(t, json!({"kubernetes": {"max-pods": 1}})); t.user_data.kubelet.max_pods = Some(2); }, &["settings.kubernetes.max-pods: ", "say different things", "keep one"]),
    (FamilyName::Bottlerocket, COMPLETE, |t| setting(t, json!({"motd": null})), &["settings.motd: ", "TOML has no word"]),
    (FamilyName::Bottlerocket, COMPLETE, |t| t.user_data.parts = vec![part(TOML, "[kubernetes]\nx = \"secret\"\n")], &["parts[0]: ", "no table `settings`"]),
    (FamilyName::Bottlerocket, COMPLETE, |t| t.user_data.parts = vec![part(TOML, "x = secret\n")], &["parts[0]: ", "some/file is no TOML"]),
    (FamilyName::Bottlerocket, COMPLETE, |t| t.user_data.parts = vec![part(TOML, "[settings.kubernetes]\ncluster-certificate = \"a-certificate-that-is-long-and-longer\"\n")], &["parts[0]: ", "is \"a-certificate-th…\", and \"Q0E=\""]),
    (FamilyName::Bottlerocket, COMPLETE, |t| t.user_data.local_disks = Some(LocalDisks::Mount), &["localDisks: ", "`localDisks: raid0`"]),
    (FamilyName::Bottlerocket, COMPLETE, |t| { t.user_data.containerd.config = settings(json!({"debug": {}})); }, &["containerd.config: ", "container-runtime"]),
    (FamilyName::Bottlerocket, COMPLETE, |t| { t.user_data.containerd.base_runtime_spec = settings(json!({"process": {}})); }, &["containerd.baseRuntimeSpec: ", "oci-defaults"]),
    (FamilyName::Bottlerocket, MERGED, |t| setting(t, json!({"kubernetes": {"node-labels": {"a": "b"}}})), &["settings.kubernetes.node-labels: ", "EKS's own to set", "`labels` on the node group"]),
    (FamilyName::Bottlerocket, MERGED, |t| setting(t, json!({"kubernetes": {"cluster-name": "green"}})), &["settings.kubernetes.cluster-name: ", "EKS fills it in"]),
    (FamilyName::Bottlerocket, MERGED, |t| setting(t, json!({"motd": "a \"quoted\" secret"})), &["settings.motd: ", "has quotes", "no escapes"]),
    (FamilyName::Bottlerocket, MERGED, |t| setting(t, json!({"a\"b": 1})), &["in its name"]),
    (FamilyName::Bottlerocket, MERGED, |t| setting(t, json!({"x": {"a.b": {"c": 1}}})), &["a table whose name needs quotes"]),
    (FamilyName::Bottlerocket, MERGED, |t| setting(t, json!({"x": {"list": [1, 1.5]}})), &["settings.x.list: ", "different types"]),
    (FamilyName::Windows2022Core, COMPLETE, |t| t.user_data.parts = vec![part(POWERSHELL, "& x\\START-EKSBootstrap.ps1")], &["parts[0]: ", "calls Start-EKSBootstrap"]),
    (FamilyName::Windows2022Core, COMPLETE, registry, &["registries: ", "preBootstrap step"]),
    (FamilyName::Windows2022Core, COMPLETE, |t| t.user_data.local_disks = Some(LocalDisks::Raid0), &["localDisks: ", "preBootstrap step"]),
    (FamilyName::Ubuntu2404, COMPLETE, registry, &["registries: ", "containerd-config.toml"]),
    (FamilyName::Ubuntu2404, COMPLETE, |t| t.user_data.local_disks = Some(LocalDisks::Raid0), &["localDisks: ", "preBootstrap script"]),
    (FamilyName::AL2, COMPLETE, |t| { t.user_data.containerd.config = settings(json!({"debug": {}})); }, &["containerd.config: ", "--containerd-config-file"]),
    (FamilyName::AL2, COMPLETE, |t| setting(t, json!({"motd": "x"})), &["settings: ", "the family Bottlerocket"]),
    (FamilyName::AL2, MERGED, |t| field(t, "podPidsLimit", json!(9)), &["kubelet.config: ", "EKS writes AL2's bootstrap itself"]),
    (FamilyName::AL2023, COMPLETE, |t| setting(t, json!({"motd": "x"})), &["settings: ", "`nodeConfig`"]),
    (FamilyName::Custom, COMPLETE, label, &["nodeLabels: ", "does not know how", "overrideBootstrap"]),
    (FamilyName::Custom, COMPLETE, registry, &["registries: ", "does not know how"]),
    (FamilyName::Custom, COMPLETE, |t| run(t, "ls"), &["preBootstrap: ", "nothing joins the node"]),
    (FamilyName::Custom, COMPLETE, |t| { run(t, "ls"); t.user_data.override_bootstrap = Some(file("a = secret")); }, &["overrideBootstrap: ", "some/file is no script"]),
    (FamilyName::Custom, COMPLETE, |t| { run(t, "ls"); t.user_data.parts = vec![part(TOML, "a = 1")]; }, &["parts[0]: ", "a document by itself"]),
];

/// The launch template alone: a node group of a merged one would need an AMI type as well.
fn rendered(template: LaunchTemplate) -> Result<Desired, RenderErrors> {
    let (mut spec, lock) = fleet(template);
    spec.node_groups.clear();
    render(&spec, &lock)
}

#[test]
fn what_a_family_cannot_say_is_refused_with_the_way_out() {
    for (family, pinned_by, change, words) in ROWS {
        let mut template = template();
        (template.family, template.pinned_by) = (*family, *pinned_by);
        change(&mut template);
        let errors = rendered(template).expect_err(words[0]);
        let text = errors.to_string();
        assert_eq!(errors.problems.len(), 1, "{text}");
        for word in *words {
            assert!(text.contains(word), "{word} is not in: {text}");
        }
        assert!(!text.contains("secret"), "{text}");
    }
}

/// Bottlerocket would take the setting, and its kubelet would never see it.
#[test]
fn a_setting_needs_its_kubernetes() {
    // field, its value, the version of the cluster, whether it is taken
    let rows = [
        ("singleProcessOOMKill", json!(true), "1.31", false),
        ("singleProcessOOMKill", json!(true), "1.32", true),
        ("containerLogMaxWorkers", json!(2), "1.29", false),
        ("containerLogMonitorInterval", json!("20s"), "1.30", true),
    ];
    for (key, value, version, taken) in rows {
        let mut template = template();
        template.family = FamilyName::Bottlerocket;
        field(&mut template, key, value);
        let (mut spec, mut lock) = fleet(template);
        spec.node_groups.clear();
        for cluster in lock.clusters.values_mut() {
            cluster.version = version.to_owned();
        }
        for image in lock
            .launch_templates
            .values_mut()
            .flat_map(|one| one.values_mut())
        {
            image.request.kubernetes_version = version.to_owned();
        }
        let needs = format!("{key}: Bottlerocket's `settings.kubernetes.");
        match render(&spec, &lock) {
            Ok(_) => assert!(taken, "{key} with {version}"),
            Err(errors) => {
                let text = errors.to_string();
                assert!(
                    !taken && text.contains(&needs) && text.contains("needs Kubernetes 1.3"),
                    "{text}"
                );
            }
        }
    }
}

#[test]
fn a_checkout_with_crlf_renders_the_same_powershell() {
    let bytes = |content: &str| {
        let mut template = template();
        template.family = FamilyName::Windows2022Full;
        template.user_data.pre_bootstrap = vec![Script::File(file(content))];
        rendered(template).unwrap().templates[0]
            .user_data
            .bytes
            .clone()
    };
    assert_eq!(bytes("ls\r\npwd\r\n"), bytes("ls\npwd\n"));
}
