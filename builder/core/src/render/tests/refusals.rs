//! What a template's user data cannot be, each a row.

use super::*;

type Change = fn(&mut LaunchTemplate);

/// The change, and what must stand in its problem: the path first, then words of the message and the cure.
const SCRIPTS: &[(Change, &[&str])] = &[
    (
        |t| t.user_data.pre_bootstrap = vec![Script::File(file("echo hi\n"))],
        &[
            "launchTemplates[0].userData.preBootstrap[0]: ",
            "`#!`",
            "make `#!/bin/bash` its first line",
        ],
    ),
    (
        |t| {
            t.user_data.pre_bootstrap = vec![
                Script::Run("echo".into()),
                Script::File(file("#!/bin/sh\r\nls\r\n")),
            ]
        },
        &[
            "launchTemplates[0].userData.preBootstrap[1]: ",
            "some/file:1: the line ends as Windows",
            ".gitattributes",
        ],
    ),
    (
        |t| t.user_data.pre_bootstrap = vec![Script::Run("one\r\ntwo".into())],
        &["launchTemplates[0].userData.preBootstrap[0]: ", "CRLF"],
    ),
    (
        |t| t.user_data.pre_bootstrap = vec![Script::Run(" \n".into())],
        &["launchTemplates[0].userData.preBootstrap[0]: ", "empty"],
    ),
    (
        |t| t.user_data.parts = vec![part(SHELL, "\u{feff}#!/bin/sh\n")],
        &[
            "launchTemplates[0].userData.parts[0]: ",
            "byte order mark",
            "without BOM",
        ],
    ),
    (
        |t| t.user_data.parts = vec![part("text/cloud-config", "")],
        &[
            "launchTemplates[0].userData.parts[0]: ",
            "the file is empty",
        ],
    ),
    (
        |t| t.user_data.parts = vec![part("text/x-shellscript; charset=utf-8", "#!/bin/sh\n")],
        &[
            "launchTemplates[0].userData.parts[0].contentType: ",
            "without parameters",
        ],
    ),
    (
        |t| t.user_data.parts = vec![part("text/plain\nX-Evil: 1", "x")],
        &[
            "launchTemplates[0].userData.parts[0].contentType: ",
            "no MIME type",
        ],
    ),
    (
        |t| t.user_data.parts = vec![part("multipart/alternative", "x")],
        &[
            "launchTemplates[0].userData.parts[0].contentType: ",
            "multipart/mixed",
        ],
    ),
];

const NODE_CONFIGS: &[(Change, &[&str])] = &[
    (
        |t| config(t, json!({"spec": {"cluster": {"name": "green"}}})),
        &[
            "launchTemplates[0].userData.nodeConfig.spec.cluster.name: ",
            "\"green\" here",
            "\"blue\" for cluster blue in nodemint.lock",
        ],
    ),
    (
        |t| config(t, json!({"kubelet": {"flags": []}})),
        &[
            "launchTemplates[0].userData.nodeConfig.kubelet: ",
            "write it under `spec`",
        ],
    ),
    (
        |t| config(t, json!({"kind": "Node", "spec": {}})),
        &[
            "launchTemplates[0].userData.nodeConfig.kind: ",
            "has `kind: NodeConfig`",
        ],
    ),
    (
        |t| {
            merged(t);
            config(t, json!({"spec": {"cluster": {"name": "blue"}}}));
        },
        &[
            "launchTemplates[0].userData.nodeConfig.spec.cluster: ",
            "EKS gives the node its cluster",
        ],
    ),
    (
        |t| {
            t.user_data.node_labels = BTreeMap::from([("role".into(), "a".into())]);
            config(
                t,
                json!({"spec": {"kubelet": {"flags": ["--v=2", "--node-labels=role=b"]}}}),
            );
        },
        &[
            "launchTemplates[0].userData.nodeConfig: ",
            "`--node-labels` and `nodeLabels` set the same",
            "keep `nodeLabels` alone",
        ],
    ),
    (
        |t| t.user_data.parts = vec![part(NODE_CONFIG, "a: [secret")],
        &[
            "launchTemplates[0].userData.parts[0]: ",
            "readable YAML (line ",
        ],
    ),
    (
        |t| {
            t.user_data.parts = vec![part(
                NODE_CONFIG,
                "apiVersion: node.eks.aws/v1alpha1\nkind: NodeConfig\nspec: {cluster: {cidr: 10.0.0.0/8}}\n",
            )]
        },
        &[
            "launchTemplates[0].userData.parts[0].spec.cluster.cidr: ",
            "10.0.0.0/8",
            "10.100.0.0/16",
        ],
    ),
    (
        |t| t.user_data.override_bootstrap = Some(file("hello: world\n")),
        &[
            "launchTemplates[0].userData.overrideBootstrap: ",
            "`kind` is missing",
        ],
    ),
    (
        |t| {
            t.user_data.override_bootstrap = Some(file("#!/bin/sh\n"));
            t.user_data.kubelet.max_pods = Some(58);
        },
        &[
            "launchTemplates[0].userData.kubelet.maxPods: ",
            "`overrideBootstrap` replaces",
        ],
    ),
    (
        |t| {
            merged(t);
            t.user_data.override_bootstrap = Some(file("#!/bin/sh\n"));
        },
        &[
            "launchTemplates[0].userData.overrideBootstrap: ",
            "use `pinnedBy: launchTemplate`",
        ],
    ),
];

const KUBELET: &[(Change, &[&str])] = &[
    (
        |t| {
            t.user_data.kubelet.max_pods = Some(58);
            t.user_data.kubelet.config = json!({"maxPods": 20})
                .as_object()
                .cloned()
                .unwrap_or_default();
        },
        &[
            "launchTemplates[0].userData.kubelet.config.maxPods: ",
            "`kubelet.maxPods` sets the same",
        ],
    ),
    (
        |t| {
            t.user_data.node_labels = BTreeMap::from([("a".into(), "b".into())]);
            t.user_data.kubelet.extra_args = BTreeMap::from([("node-labels".into(), "c=d".into())]);
        },
        &[
            "launchTemplates[0].userData.kubelet.extraArgs.node-labels: ",
            "`nodeLabels` sets the same",
        ],
    ),
    (
        |t| t.user_data.kubelet.extra_args = BTreeMap::from([("--v".into(), "2".into())]),
        &[
            "launchTemplates[0].userData.kubelet.extraArgs.--v: ",
            "without its dashes",
        ],
    ),
    (
        |t| t.user_data.kubelet.extra_args = BTreeMap::from([("v".into(), "2 --evil".into())]),
        &[
            "launchTemplates[0].userData.kubelet.extraArgs.v: ",
            "no blanks",
        ],
    ),
    (
        |t| {
            al2(t);
            t.user_data.kubelet.config = json!({"maxPods": 20})
                .as_object()
                .cloned()
                .unwrap_or_default();
        },
        &[
            "launchTemplates[0].userData.kubelet.config.maxPods: ",
            "use `kubelet.maxPods`",
        ],
    ),
    (
        |t| {
            al2(t);
            config(t, json!({"spec": {}}));
        },
        &["launchTemplates[0].userData.nodeConfig: ", "AL2 "],
    ),
    (
        |t| {
            al2(t);
            t.user_data.parts = vec![part(
                NODE_CONFIG,
                "apiVersion: node.eks.aws/v1alpha1\nkind: NodeConfig\n",
            )];
        },
        &["launchTemplates[0].userData.parts[0]: ", "AL2 "],
    ),
    (
        |t| {
            al2(t);
            merged(t);
            t.user_data.taints = vec![Taint {
                key: "a".into(),
                value: None,
                effect: TaintEffect::NoSchedule,
            }];
        },
        &[
            "launchTemplates[0].userData.taints: ",
            "EKS writes AL2's bootstrap itself",
            "the family AL2023",
        ],
    ),
    (
        |t| {
            al2(t);
            t.user_data.override_bootstrap = Some(file("kind: NodeConfig\n"));
        },
        &[
            "launchTemplates[0].userData.overrideBootstrap: ",
            "some/file is no script",
        ],
    ),
    (
        |t| t.tags = BTreeMap::from([("nodemint:launch-template-hash".into(), "x".into())]),
        &[
            "launchTemplates[0].tags[nodemint:launch-template-hash]: ",
            "sets this tag itself",
        ],
    ),
];

#[test]
fn refusals_name_the_place_and_the_cure() {
    for (change, words) in SCRIPTS.iter().chain(NODE_CONFIGS).chain(KUBELET) {
        let text = problems(change);
        assert!(
            text.starts_with(words[0]),
            "{} is not at the front of: {text}",
            words[0]
        );
        for word in *words {
            assert!(text.contains(word), "{word} is not in: {text}");
        }
        assert!(!text.contains("secret"), "{text}");
    }
}

/// A source that names one image would find the same again.
#[test]
fn what_is_named_and_denied_is_for_the_spec_to_settle() {
    let (mut spec, mut lock) = fleet(template());
    let pinned = AmiSource::EksOptimized(Release::Pinned("1.34.2-20260915".to_owned()));
    for image in lock
        .launch_templates
        .values_mut()
        .flat_map(|images| images.values_mut())
    {
        image.request.source = pinned.clone();
    }
    spec.launch_templates[0].ami = pinned;
    spec.launch_templates[0].deny = ["an-image".to_owned()].into();
    let errors = render(&spec, &lock).unwrap_err();
    let words = "launchTemplates[0].ami: nodemint.lock has an-image for demo in cluster blue, and `ami.deny` names it (choose another image";
    assert!(errors.to_string().starts_with(words), "{errors}");
}
