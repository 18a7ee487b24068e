//! Groups made of any fields of the table with any values of their kinds: each is imported, whole.

use std::collections::BTreeSet;

use nodemint_core::import::eksctl::{FIELDS, Field, Kind, import};
use nodemint_core::import::{Fate, Options};
use nodemint_core::spec::{self, FamilyName};
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Map, Value, json};

use super::accounted::fields_of;

const FAMILIES: &[&str] = &[
    "AmazonLinux2",
    "AmazonLinux2023",
    "Bottlerocket",
    "Ubuntu1804",
    "Ubuntu2204",
    "UbuntuPro2404",
    "WindowsServer2019CoreContainer",
    "WindowsServer2025FullContainer",
];
const WORDS: &[&str] = &[
    "",
    "a",
    "m5.large",
    "m6g.large",
    "g5.xlarge",
    "sg-0123456789abcdef0",
    "subnet-0123456789abcdef0",
    "ami-0123456789abcdef0",
    "auto",
    "resolve:ssm:/a/b",
    "arn:aws:iam::111122223333:role/node",
    "/dev/xvda",
    "/dev/xvdb",
    "10.100.0.10",
    "unlimited",
    "cr-0123456789abcdef0",
    "arn:aws:resource-groups:us-east-1:111122223333:group/cr",
    "capacity-block",
    "open",
    "containerd",
    "us-east-1a",
    "1.34.2-20260915",
    "one\ntwo",
    "#!/bin/sh\r\necho\r\n",
    "#cloud-boothook\necho",
    "apiVersion: node.eks.aws/v1alpha1\nkind: NodeConfig\nspec: {kubelet: {flags: [--v=1]}}\n",
    "/etc/eks/bootstrap.sh a --kubelet-extra-args '--node-labels=a=b'",
    "\u{e9}\u{2028}\u{7} \"quoted\" ' # : -",
    "aws:tag",
    "kubernetes.io/os",
    "NoSchedule",
    "value:NoExecute",
    "--- \n",
    "{{vars}}",
];

fn word() -> impl Strategy<Value = Value> {
    select(WORDS).prop_map(Value::from)
}

fn whole() -> impl Strategy<Value = Value> {
    select(
        &[
            -1i64,
            0,
            1,
            2,
            3,
            80,
            125,
            3000,
            100_000,
            i64::MAX,
            i64::MIN,
        ][..],
    )
    .prop_map(Value::from)
}

fn document() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        word(),
        whole(),
        any::<bool>().prop_map(Value::from),
        Just(Value::Null)
    ];
    let name = select(
        &[
            "kubernetes",
            "node-labels",
            "host-containers",
            "admin",
            "maxPods",
            "a b",
        ][..],
    );
    leaf.prop_recursive(3, 8, 3, move |inner| {
        prop::collection::btree_map(name.clone(), inner, 0..3).prop_map(|map| {
            map.into_iter()
                .map(|(key, value)| (key.to_owned(), value))
                .collect::<Map<_, _>>()
                .into()
        })
    })
    .prop_map(|value| {
        if value.is_object() {
            value
        } else {
            json!({"a": value})
        }
    })
}

/// A value of a field's kind.
fn value(field: &'static Field) -> BoxedStrategy<Value> {
    match (field.path, field.kind) {
        ("amiFamily", _) => select(FAMILIES).prop_map(Value::from).boxed(),
        ("volumeType" | "additionalVolumes[].volumeType", _) => {
            select(&["gp2", "gp3", "io1", "st1"][..])
                .prop_map(Value::from)
                .boxed()
        }
        (_, Kind::Text) => word().boxed(),
        (_, Kind::Flag) => any::<bool>().prop_map(Value::from).boxed(),
        (_, Kind::Whole) => whole().boxed(),
        (_, Kind::Number) => any::<f32>()
            .prop_map(|number| json!(if number.is_finite() { number } else { 0.5 }))
            .boxed(),
        (_, Kind::Texts) => prop::collection::vec(word(), 0..4)
            .prop_map(Value::from)
            .boxed(),
        (_, Kind::TextMap) => text_map().boxed(),
        (_, Kind::Document) => document().boxed(),
        (_, Kind::Taints) => prop_oneof![
            text_map(),
            prop::collection::vec(taint(), 0..3).prop_map(Value::from)
        ]
        .boxed(),
        (_, Kind::List) => prop::collection::vec(document(), 0..2)
            .prop_map(Value::from)
            .boxed(),
        (_, Kind::Fields | Kind::ListOfFields) => Just(Value::Null).boxed(),
    }
}

fn text_map() -> impl Strategy<Value = Value> {
    prop::collection::btree_map(select(WORDS), word(), 0..4).prop_map(|map| {
        map.into_iter()
            .map(|(key, value)| (key.to_owned(), value))
            .collect::<Map<_, _>>()
            .into()
    })
}

fn taint() -> impl Strategy<Value = Value> {
    (
        select(WORDS),
        select(WORDS),
        select(&["NoSchedule", "NoExecute", "Never"][..]),
    )
        .prop_map(|(key, value, effect)| json!({"key": key, "value": value, "effect": effect}))
}

fn group() -> impl Strategy<Value = Value> {
    let leaves: Vec<&'static Field> = FIELDS
        .iter()
        .filter(|field| {
            !matches!(field.kind, Kind::Fields | Kind::ListOfFields) && field.path != "name"
        })
        .collect();
    prop::collection::vec(
        select(leaves).prop_flat_map(|field| (Just(field.path), value(field))),
        0..14,
    )
    .prop_map(|set| {
        let mut group = json!({"name": "g"});
        for (path, value) in set {
            put(&mut group, path, value);
        }
        group
    })
}

/// Sets a field by its path, in the first item of a list.
fn put(group: &mut Value, path: &str, value: Value) {
    let mut at = group;
    let mut steps = path.split('.').peekable();
    while let Some(step) = steps.next() {
        let (name, listed) = match step.strip_suffix("[]") {
            Some(name) => (name, true),
            None => (step, false),
        };
        let map = at.as_object_mut().expect("a mapping");
        if steps.peek().is_none() {
            map.insert(name.to_owned(), value);
            return;
        }
        let inner = map
            .entry(name)
            .or_insert_with(|| if listed { json!([{}]) } else { json!({}) });
        at = if listed { &mut inner[0] } else { inner };
    }
}

proptest! {
    #![proptest_config(ProptestConfig { max_shrink_iters: 300, ..ProptestConfig::with_cases(500) })]

    /// It becomes a spec that can be read, with a report that has every field; what the spec's own rules refuse is
    /// told as something to do.
    #[test]
    fn any_fields_are_imported_whole(
        managed in prop::collection::vec(group(), 0..3),
        own in prop::collection::vec(group(), 0..2),
        version in prop::option::of(select(&["1.29", "1.32", "1.34"][..])),
        moved in any::<bool>(),
    ) {
        let mut file = json!({
            "apiVersion": "eksctl.io/v1alpha5", "kind": "ClusterConfig",
            "metadata": {"name": "c", "region": "us-east-1"},
            "managedNodeGroups": managed, "nodeGroups": own,
        });
        let mut count = 0;
        for list in ["managedNodeGroups", "nodeGroups"] {
            for group in file[list].as_array_mut().into_iter().flatten() {
                group["name"] = json!(format!("g{count}"));
                count += 1;
            }
        }
        prop_assume!(count > 0);
        if let Some(version) = version {
            file["metadata"]["version"] = json!(version);
        }
        let text = serde_json::to_string_pretty(&file).expect("JSON");
        let options = Options { family: moved.then_some(FamilyName::AL2023) };
        let imported = import(&text, &options).map_err(|errors| TestCaseError::fail(format!("{errors}\n{text}")))?;
        let told: BTreeSet<String> = imported.report.iter().map(|entry| entry.path.clone()).collect();
        let missing: Vec<String> = fields_of(&file).difference(&told).cloned().collect();
        prop_assert!(missing.is_empty(), "nothing is told of {missing:?} of {text}");
        let mut read = |path: &str| imported.files.get(path).cloned().ok_or_else(|| "not there".to_owned());
        let open = |what: &str| imported.report.iter().any(|entry| matches!(&entry.fate, Fate::ToDo { what: text } if text.contains(what)));
        prop_assert!(!open("has no answer"), "{text}");
        if let Err(errors) = spec::load(&imported.spec, &mut read) {
            prop_assert!(open("`nodemint validate` refuses"), "{errors}\n{}", imported.spec);
        }
    }
}
