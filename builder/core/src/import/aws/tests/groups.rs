//! Node groups: what a spec says of them, and which it leaves out.

use super::*;

#[test]
fn what_most_groups_run_is_the_content_and_the_others_are_pinned() {
    let mut facts = facts(
        of(Some(FOREIGN)),
        vec![
            group("a", "1"),
            group("b", "2"),
            group("c", "2"),
            group("d", "$Latest"),
        ],
    );
    let template = facts.templates.get_mut("lt-1").expect("the template");
    let bigger = Data {
        instance_type: Some("m5.2xlarge".to_owned()),
        ..of(Some(FOREIGN))
    };
    template.versions.insert(0, version(2, bigger));
    template.latest_version = 2;
    let imported = import(&facts);
    assert!(
        imported.spec.contains("instanceType: m5.2xlarge"),
        "{}",
        imported.spec
    );
    assert_eq!(
        imported.spec.matches("launchTemplateVersion: 1").count(),
        1,
        "{}",
        imported.spec
    );
    assert!(
        !imported.spec.contains("launchTemplateVersion: 2"),
        "{}",
        imported.spec
    );
    let floating = fate(&imported, "nodeGroups[d].launchTemplate.version");
    assert!(
        matches!(floating, Fate::Mapped { note: Some(note), .. } if note.contains("`$Latest`")),
        "{floating:?}"
    );
}

#[test]
fn everything_of_a_group_is_in_the_spec() {
    let mut one = group("a", "1");
    one.labels.insert("role".to_owned(), "worker".to_owned());
    one.taints.push(Taint {
        key: "gpu".to_owned(),
        value: None,
        effect: TaintEffect::NoExecute,
    });
    one.tags = [
        ("team", "a"),
        ("aws:cloudformation:stack-name", "x"),
        (OWNER_TAG, "blue"),
    ]
    .map(|(key, value)| (key.to_owned(), value.to_owned()))
    .into();
    one.capacity_type = Some("SPOT".to_owned());
    one.update_settings = Some(UpdateSettings {
        max_unavailable: MaxUnavailable::Percentage(20),
        strategy: UpdateStrategy::Minimal,
        force: false,
    });
    let imported = import(&facts(of(Some(FOREIGN)), vec![one]));
    for words in [
        "labels: {role: worker}",
        "effect: NoExecute",
        "tags: {team: a}",
        "capacityType: SPOT",
        "update: {maxUnavailablePercentage: 20, strategy: MINIMAL}",
        "scaling: {min: 1, max: 3, desired: 2}",
    ] {
        assert!(imported.spec.contains(words), "{words}:\n{}", imported.spec);
    }
    assert!(matches!(
        fate(&imported, "aws:cloudformation"),
        Fate::LeftOut { .. }
    ));
    assert!(!imported.spec.contains(OWNER_TAG), "{}", imported.spec);
}

#[test]
fn what_cannot_be_said_is_left_out_by_name() {
    type Break = fn(&mut AwsFacts);
    let rows: &[(&str, Break, &str, &str)] = &[
        (
            "no template of its own",
            |facts| facts.groups[0].launch_template = None,
            "node group a",
            "never get one",
        ),
        (
            "deleted template",
            |facts| facts.templates.clear(),
            "node group a",
            "does not exist any more",
        ),
        (
            "deleted version",
            |facts| {
                facts
                    .templates
                    .get_mut("lt-1")
                    .expect("it")
                    .versions
                    .clear();
            },
            "node group a",
            "version 1",
        ),
        (
            "deleted image",
            |facts| facts.images.clear(),
            "launch template demo",
            "does not exist any more",
        ),
        (
            "unread fields",
            |facts| {
                facts.templates.get_mut("lt-1").expect("it").versions[0].unread = true;
            },
            "launch template demo",
            "cannot hold",
        ),
        (
            "being deleted",
            |facts| facts.groups[0].status = "DELETING".to_owned(),
            "node group a",
            "DELETING",
        ),
        (
            "user data that is no base64",
            |facts| {
                facts.templates.get_mut("lt-1").expect("it").versions[0]
                    .data
                    .user_data = Some(UserDataBlob("***".to_owned()));
            },
            "launch template demo",
            "UserData would change",
        ),
        (
            "a label that a spec refuses",
            |facts| {
                facts.groups[0]
                    .labels
                    .insert("not a label!".to_owned(), String::new());
            },
            "node group a",
            "labels",
        ),
    ];
    for (name, change, path, words) in rows {
        let mut facts = facts(of(Some(FOREIGN)), vec![group("a", "1")]);
        change(&mut facts);
        let imported = import(&facts);
        let Fate::ToDo { what } = fate(&imported, path) else {
            panic!("{name}: {:#?}", imported.report);
        };
        assert!(what.contains(words), "{name}: {what}");
        assert!(
            !imported.spec.contains("nodeGroups:\n  - name: a"),
            "{name}:\n{}",
            imported.spec
        );
    }
}
