//! Edits to a spec's text: what they change, what they leave, and what they refuse.

use nodemint_core::spec::edit::{EditError, remove, set_scalar};
use proptest::prelude::*;

const SPEC: &str = r#"# our fleet
kind: Fleet
metadata: {name: eksworkshop}   # flow
clusters:
  - name: eksworkshop
    region: us-east-1      # Virginia
    version: "1.34"
launchTemplates:
- name: demo
  family: 'AL2023'   # quoted
  # the size that we measured
  instanceType: m5.large # was m4

  tags: {}
  keyName:
  userData:
    preBootstrap:
      - run: |
          echo one

          echo two
nodeGroups:
  - name: mng-1
    cluster: eksworkshop
    # which one
    launchTemplate: demo   # ours

    scaling: {min: 1, max: 3}
    labels: &labels {role: worker}
  - name: mng-2
    labels: *labels
"#;

/// What the edit makes of the lines that it touches: `-` before, `+` after.
fn diff(before: &str, after: &str) -> String {
    let (old, new): (Vec<&str>, Vec<&str>) = (before.lines().collect(), after.lines().collect());
    let start = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
    let (old, new) = (&old[start..], &new[start..]);
    let end = old
        .iter()
        .rev()
        .zip(new.iter().rev())
        .take_while(|(a, b)| a == b)
        .count();
    let lines = |mark: &str, lines: &[&str]| {
        lines
            .iter()
            .map(|line| format!("{mark}{line}\n"))
            .collect::<String>()
    };
    lines("-", &old[..old.len() - end]) + &lines("+", &new[..new.len() - end])
}

#[test]
fn a_set_changes_one_value_and_nothing_else() {
    let rows = [
        (
            "launchTemplates[0].instanceType",
            "m5.2xlarge",
            "-  instanceType: m5.large # was m4\n+  instanceType: m5.2xlarge # was m4\n",
        ),
        (
            "launchTemplates[0].family",
            "AL2",
            "-  family: 'AL2023'   # quoted\n+  family: 'AL2'   # quoted\n",
        ),
        (
            "clusters[0].version",
            "1.35",
            "-    version: \"1.34\"\n+    version: \"1.35\"\n",
        ),
        (
            "nodeGroups[0].launchTemplateVersion",
            "1",
            "+    launchTemplateVersion: 1\n",
        ),
        (
            "launchTemplates[0].keyName",
            "me",
            "-  keyName:\n+  keyName: me\n",
        ),
        (
            "nodeGroups[0].scaling.desired",
            "2",
            "-    scaling: {min: 1, max: 3}\n+    scaling: {min: 1, max: 3, desired: 2}\n",
        ),
        (
            "nodeGroups[0].scaling.max",
            "10",
            "-    scaling: {min: 1, max: 3}\n+    scaling: {min: 1, max: 10}\n",
        ),
        // Text that would read as a number, or has characters of YAML's own, gets quotes.
        (
            "launchTemplates[0].tags.cost",
            "4711",
            "-  tags: {}\n+  tags: {cost: \"4711\"}\n",
        ),
        (
            "launchTemplates[0].tags[\"a: b\"]",
            "c, d # e",
            "-  tags: {}\n+  tags: {\"a: b\": \"c, d # e\"}\n",
        ),
        (
            "metadata.name",
            "true",
            "-metadata: {name: eksworkshop}   # flow\n+metadata: {name: \"true\"}   # flow\n",
        ),
        (
            "nodeGroups[1].launchTemplate",
            "demo",
            "+    launchTemplate: demo\n",
        ),
    ];
    for (path, value, expected) in rows {
        let edited =
            set_scalar(SPEC, path, value).unwrap_or_else(|error| panic!("{path}: {error}"));
        assert_eq!(diff(SPEC, &edited), expected, "{path}");
        assert_eq!(
            set_scalar(&edited, path, value).as_deref(),
            Ok(edited.as_str()),
            "{path} again"
        );
    }
    let inserted = set_scalar(SPEC, "nodeGroups[0].launchTemplateVersion", "1").expect("an edit");
    assert!(
        inserted.contains("launchTemplate: demo   # ours\n    launchTemplateVersion: 1\n"),
        "{inserted}"
    );
}

#[test]
fn what_is_set_already_stays_as_it_is() {
    for (path, value) in [
        ("clusters[0].version", "1.34"),
        ("launchTemplates[0].family", "AL2023"),
    ] {
        assert_eq!(set_scalar(SPEC, path, value).as_deref(), Ok(SPEC));
    }
}

#[test]
fn a_removal_takes_the_key_and_its_line() {
    let rows = [
        (
            "launchTemplates[0].instanceType",
            "-  instanceType: m5.large # was m4\n",
        ),
        (
            "nodeGroups[0].scaling.max",
            "-    scaling: {min: 1, max: 3}\n+    scaling: {min: 1}\n",
        ),
        (
            "nodeGroups[0].scaling.min",
            "-    scaling: {min: 1, max: 3}\n+    scaling: {max: 3}\n",
        ),
        (
            "metadata.name",
            "-metadata: {name: eksworkshop}   # flow\n+metadata: {}   # flow\n",
        ),
        (
            "launchTemplates[0].userData",
            "-  userData:\n-    preBootstrap:\n-      - run: |\n-          echo one\n-\n-          echo two\n",
        ),
        ("nodeGroups[1].labels", "-    labels: *labels\n"),
    ];
    for (path, expected) in rows {
        let edited = remove(SPEC, path).unwrap_or_else(|error| panic!("{path}: {error}"));
        assert_eq!(diff(SPEC, &edited), expected, "{path}");
    }
}

#[test]
fn an_insert_and_its_removal_give_the_text_back() {
    let path = "nodeGroups[0].launchTemplateVersion";
    for spec in [
        SPEC.to_owned(),
        SPEC.replace('\n', "\r\n"),
        format!("\u{feff}{SPEC}"),
    ] {
        let pinned = set_scalar(&spec, path, "1").expect("an insert");
        assert_ne!(pinned, spec);
        assert_eq!(pinned.matches('\n').count(), spec.matches('\n').count() + 1);
        assert_eq!(pinned.contains("\r\n"), spec.contains("\r\n"));
        assert_eq!(remove(&pinned, path).as_deref(), Ok(spec.as_str()));
    }
}

#[test]
fn what_cannot_be_done_is_refused_by_name() {
    let reason = |error: EditError| error.to_string();
    let rows = [
        (
            "nodeGroups[0].scaling",
            "`nodeGroups[0].scaling` cannot be edited in place: it is a mapping or a list",
        ),
        (
            "nodeGroups[1].labels.role",
            "`nodeGroups[1].labels.role` cannot be edited in place: it would change something else too",
        ),
        (
            "launchTemplates[0].userData.preBootstrap[0].run",
            "`launchTemplates[0].userData.preBootstrap[0].run` cannot be edited in place: it is text of several lines",
        ),
        (
            "nodeGroups[7].name",
            "there is no `nodeGroups[7]` in the spec",
        ),
        (
            "nodeGroups[0].update.force",
            "there is no `nodeGroups[0].update` in the spec",
        ),
        ("nodeGroups[", "`nodeGroups[` is not the path of a value"),
        ("", "`` is not the path of a value"),
    ];
    for (path, expected) in rows {
        assert_eq!(
            set_scalar(SPEC, path, "x").map_err(reason),
            Err(expected.to_owned())
        );
    }
    let rows = [
        (
            "nodeGroups[0].name",
            "`nodeGroups[0].name` cannot be edited in place: it stands on the line of a `-`",
        ),
        (
            "nodeGroups[0]",
            "`nodeGroups[0]` cannot be edited in place: it is an item of a list",
        ),
        (
            "nodeGroups[0].nowhere",
            "there is no `nodeGroups[0].nowhere` in the spec",
        ),
        (
            "launchTemplates[0].userData.preBootstrap",
            "`launchTemplates[0].userData.preBootstrap` cannot be edited in place: it is the only key of its mapping",
        ),
    ];
    for (path, expected) in rows {
        assert_eq!(remove(SPEC, path).map_err(reason), Err(expected.to_owned()));
    }
    assert!(matches!(
        set_scalar("a: [", "a", "b"),
        Err(EditError::Unreadable(_))
    ));
}

fn paths() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "kind",
        "metadata.name",
        "clusters[0].region",
        "clusters[0].version",
        "clusters[0].endpoint",
        "launchTemplates[0].instanceType",
        "launchTemplates[0].keyName",
        "launchTemplates[0].tags.Name",
        "launchTemplates[0].arch",
        "nodeGroups[0].launchTemplate",
        "nodeGroups[0].launchTemplateVersion",
        "nodeGroups[0].scaling.max",
        "nodeGroups[0].scaling.desired",
        "nodeGroups[1].cluster",
    ])
}

/// The text as YAML's other reader sees it.
fn yaml(text: &str) -> serde_json::Value {
    serde_yaml::from_str(text).expect("YAML")
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_set_reads_back_as_the_same_plus_the_change(path in paths(), value in "[ -~é…]{0,20}") {
        let edited = set_scalar(SPEC, path, &value).expect("every one of these can be set");
        prop_assert_eq!(set_scalar(&edited, path, &value).expect("again"), edited.clone());
        let pointer = format!("/{}", path.replace(['.', '['], "/").replace(']', ""));
        let (mut before, mut after) = (yaml(SPEC), yaml(&edited));
        let found = after.pointer(&pointer).expect("the value").clone();
        prop_assert!(found.as_str() == Some(&value) || serde_json::from_str(&value).is_ok_and(|v: serde_json::Value| v == found), "{}", found);
        for tree in [&mut before, &mut after] {
            let (parent, key) = pointer.rsplit_once('/').expect("a parent");
            if let Some(map) = tree.pointer_mut(parent).and_then(|parent| parent.as_object_mut()) {
                map.remove(key);
            }
        }
        prop_assert_eq!(before, after);
    }

    #[test]
    fn comments_stay(path in paths(), value in "[a-z0-9.]{1,12}") {
        let edited = set_scalar(SPEC, path, &value).expect("an edit");
        for comment in SPEC.lines().filter_map(|line| line.split_once('#')).map(|(_, comment)| comment) {
            prop_assert!(edited.contains(comment), "{}", comment);
        }
    }

    #[test]
    fn no_text_and_no_path_panics(text in "\\PC{0,80}", path in "\\PC{0,20}", value in "\\PC{0,20}") {
        let _ = set_scalar(&text, &path, &value);
        let _ = remove(&text, &path);
    }
}
