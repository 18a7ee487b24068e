//! Edits to a spec's text: what they change, what they leave, and what they refuse.

mod laws;

use nodemint_core::spec::edit::{EditError, append, remove, set_scalar, set_value, unset};
use serde_json::{Value, json};

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
            "launchTemplates[0]",
            "`launchTemplates[0]` cannot be edited in place: it is the only item of its list",
        ),
        ("nodeGroups[9]", "there is no `nodeGroups[9]` in the spec"),
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

#[test]
fn values_of_any_kind() {
    let long = json!({"a-long-name": "x".repeat(60), "another": ["y".repeat(40), true]});
    let block = format!(
        "+    kubelet:\n+      config:\n+        a-long-name: {}\n+        another: [{}, true]\n",
        "x".repeat(60),
        "y".repeat(40)
    );
    let rows: &[(&str, Value, &str)] = &[
        (
            "launchTemplates[0].userData.kubelet.maxPods",
            json!(58),
            "+    kubelet: {maxPods: 58}\n",
        ),
        ("launchTemplates[0].userData.kubelet.config", long, &block),
        (
            "launchTemplates[0].userData.nodeLabels",
            json!({"a": "1", "on": "off", "b.io/c": ""}),
            "+    nodeLabels: {a: \"1\", b.io/c: \"\", \"on\": \"off\"}\n",
        ),
        (
            "nodeGroups[0].scaling.more",
            json!({"a": [1]}),
            "-    scaling: {min: 1, max: 3}\n+    scaling: {min: 1, max: 3, more: {a: [1]}}\n",
        ),
        (
            "nodeGroups[0].scaling",
            json!({"min": 2}),
            "-    scaling: {min: 1, max: 3}\n+    scaling: {min: 2}\n",
        ),
        (
            "launchTemplates[0].keyName.x",
            json!(1),
            "-  keyName:\n+  keyName: {x: 1}\n",
        ),
        (
            "launchTemplates[0].userData.preBootstrap",
            json!([{"run": "a\nb\n"}]),
            "-          echo one\n-\n-          echo two\n+          a\n+          b\n",
        ),
    ];
    for (path, value, expected) in rows {
        let edited = set_value(SPEC, path, value).unwrap_or_else(|error| panic!("{path}: {error}"));
        assert_eq!(diff(SPEC, &edited), *expected, "{path}");
        assert_eq!(
            set_value(&edited, path, value).as_deref(),
            Ok(edited.as_str()),
            "{path}"
        );
    }
}

#[test]
fn text_of_several_lines_is_replaced_with_its_comment_kept() {
    let path = "launchTemplates[0].userData.preBootstrap[0].run";
    let spec = SPEC.replace("run: |", "run: |  # ours");
    let edited = set_value(&spec, path, &json!("echo 1\n\necho 2\n")).expect("an edit");
    assert!(
        edited.contains("run: |  # ours\n          echo 1\n\n          echo 2\nnodeGroups"),
        "{edited}"
    );
}

#[test]
fn items_of_lists() {
    let path = "launchTemplates[0].userData.preBootstrap";
    let two = append(SPEC, path, &json!({"file": "a.sh"})).expect("an item");
    assert_eq!(diff(SPEC, &two), "+      - file: a.sh\n");
    let three = append(&two, path, &json!({"run": "x"})).expect("an item");
    let two_again = remove(&three, &format!("{path}[2]")).expect("a removal");
    assert_eq!(two_again, two);
    let last = remove(&two, &format!("{path}[0]")).expect("a removal");
    assert!(
        last.contains("preBootstrap:\n      - file: a.sh\nnodeGroups:"),
        "{last}"
    );

    let taints = "nodeGroups[0].taints";
    let made = append(SPEC, taints, &json!({"key": "a", "effect": "NoSchedule"})).expect("a list");
    assert_eq!(
        diff(SPEC, &made),
        "+    taints: [{key: a, effect: NoSchedule}]\n"
    );
    let more = append(&made, taints, &json!("b")).expect("an item");
    assert_eq!(remove(&more, "nodeGroups[0].taints[1]"), Ok(made.clone()));
    assert!(
        remove(&more, "nodeGroups[0].taints[0]")
            .expect("a removal")
            .contains("taints: [b]")
    );
    assert_eq!(unset(&made, "nodeGroups[0].taints[0]"), Ok(SPEC.to_owned()));
}

#[test]
fn what_would_be_left_empty_goes_too() {
    let gone = unset(SPEC, "launchTemplates[0].userData.preBootstrap[0].run").expect("a removal");
    assert!(
        !gone.contains("userData") && !gone.contains("preBootstrap"),
        "{gone}"
    );
    assert_eq!(
        unset(SPEC, "launchTemplates[0].userData.kubelet.maxPods").as_deref(),
        Ok(SPEC)
    );
    let path = "launchTemplates[0].userData.kubelet.config.a.b";
    let made = set_value(SPEC, path, &json!(1)).expect("an edit");
    assert_eq!(unset(&made, path).as_deref(), Ok(SPEC));
}
