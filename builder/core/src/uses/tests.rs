//! Who is found to use what, a table row a case.

use super::*;
use crate::observed::ObservedVersion;

fn template() -> ObservedTemplate {
    let versions = (1..=4).rev().map(|number| ObservedVersion {
        number,
        description: None,
        created_at: None,
        created_by: None,
        data: crate::launch_template::Data::default(),
        unread: false,
    });
    ObservedTemplate {
        id: "lt-1".to_owned(),
        name: "demo".to_owned(),
        default_version: 1,
        latest_version: 4,
        tags: BTreeMap::new(),
        versions: versions.collect(),
    }
}

fn named(id: Option<&str>, name: Option<&str>, version: Option<&str>) -> GroupTemplate {
    GroupTemplate {
        id: id.map(str::to_owned),
        name: name.map(str::to_owned),
        version: version.map(str::to_owned),
    }
}

fn group(template: Option<GroupTemplate>) -> ObservedGroup {
    ObservedGroup {
        name: "mng-1".to_owned(),
        cluster: "lab".to_owned(),
        arn: String::new(),
        status: "ACTIVE".to_owned(),
        version: None,
        release_version: None,
        ami_type: None,
        launch_template: template,
        capacity_type: None,
        instance_types: Vec::new(),
        subnets: Vec::new(),
        node_role: None,
        labels: BTreeMap::new(),
        taints: Vec::new(),
        scaling: None,
        update_settings: None,
        tags: BTreeMap::new(),
        health: Vec::new(),
        created_at: None,
        modified_at: None,
        last_update: None,
    }
}

fn update(id: &str, status: &str, minute: i64, to: &str) -> ObservedUpdate {
    ObservedUpdate {
        id: id.to_owned(),
        kind: "VersionUpdate".to_owned(),
        status: status.to_owned(),
        params: BTreeMap::from([("LaunchTemplateVersion".to_owned(), to.to_owned())]),
        created_at: jiff::Timestamp::from_second(minute * 60).ok(),
        errors: Vec::new(),
    }
}

/// version → users, as text; those of no known version under 0
fn told(survey: &Survey) -> Vec<(i64, String)> {
    let uses = Uses::of(&template(), survey);
    let unplaced = uses.unplaced.iter().map(|user| (0, user.to_string()));
    let placed = uses.by_version.iter();
    let placed = placed.flat_map(|(at, users)| users.iter().map(|user| (*at, user.to_string())));
    unplaced.chain(placed).collect()
}

#[test]
fn node_groups_by_id_by_name_and_floating() {
    let rows = [
        (Some("lt-1"), None, Some("2"), vec![2]),
        (Some("lt-1"), Some("demo"), Some("$Latest"), vec![4]),
        (None, Some("demo"), Some("$Default"), vec![1]),
        (None, Some("demo"), None, vec![0]),
        (Some("lt-1"), None, Some("newest"), vec![0]),
        // another template that had the name before, or has it in EKS's memory
        (Some("lt-2"), Some("demo"), Some("2"), vec![]),
        (None, None, Some("2"), vec![]),
    ];
    for (id, name, version, expected) in rows {
        let survey = Survey {
            node_groups: vec![group(Some(named(id, name, version)))],
            ..Survey::default()
        };
        let found: Vec<i64> = told(&survey).into_iter().map(|(at, _)| at).collect();
        assert_eq!(found, expected, "{id:?} {name:?} {version:?}");
    }
    let without = Survey {
        node_groups: vec![group(None)],
        ..Survey::default()
    };
    assert_eq!(told(&without), []);
}

#[test]
fn an_update_under_way_uses_both_ends() {
    let mut moving = group(Some(named(Some("lt-1"), None, Some("2"))));
    moving.last_update = Some(update("u-1", "InProgress", 1, "3"));
    let survey = Survey {
        node_groups: vec![moving.clone()],
        ..Survey::default()
    };
    let expected = [
        (2, "node group lab/mng-1".to_owned()),
        (3, "update u-1 of node group lab/mng-1".to_owned()),
    ];
    assert_eq!(told(&survey), expected);
    moving.last_update = Some(update("u-1", "Successful", 1, "3"));
    let survey = Survey {
        node_groups: vec![moving],
        ..Survey::default()
    };
    assert_eq!(told(&survey), expected[..1]);
}

#[test]
fn auto_scaling_groups_and_instances() {
    let instance = |id: &str, state: &str, version: Option<&str>| Instance {
        id: id.to_owned(),
        instance_type: "m5.large".to_owned(),
        image_id: "ami-1".to_owned(),
        zone: "us-east-1a".to_owned(),
        state: state.to_owned(),
        launched_at: None,
        template_version: version.map(str::to_owned),
    };
    let survey = Survey {
        auto_scaling_groups: vec![AutoScalingGroup {
            name: "mixed".to_owned(),
            templates: vec![
                named(Some("lt-1"), None, Some("$Latest")),
                named(None, Some("demo"), Some("2")),
                named(Some("lt-9"), None, Some("3")),
            ],
        }],
        instances: BTreeMap::from([
            (
                "lt-1".to_owned(),
                vec![
                    instance("i-1", "running", Some("1")),
                    instance("i-2", "stopped", Some("3")),
                    instance("i-3", "terminated", Some("2")),
                    instance("i-4", "shutting-down", Some("2")),
                    instance("i-5", "pending", None),
                ],
            ),
            (
                "lt-9".to_owned(),
                vec![instance("i-6", "running", Some("1"))],
            ),
        ]),
        ..Survey::default()
    };
    let expected = [
        (0, "instance i-5"),
        (1, "instance i-1"),
        (2, "Auto Scaling group mixed"),
        (3, "instance i-2"),
        (4, "Auto Scaling group mixed"),
    ];
    assert_eq!(
        told(&survey),
        expected.map(|(at, who)| (at, who.to_owned()))
    );
}

#[test]
fn the_last_good_version_is_that_of_the_newest_success_elsewhere() {
    let history = [
        update("a", "Successful", 1, "1"),
        update("b", "Successful", 2, "3"),
        update("c", "Failed", 4, "4"),
        update("d", "Successful", 3, "2"),
    ];
    for (current, taken, expected) in [
        (Some("2"), 4, Some(3)),
        (Some("3"), 4, Some(2)),
        (Some("1"), 1, None),
        (Some("2"), 0, None),
        (Some("$Latest"), 4, Some(2)),
    ] {
        let key = ("lab".to_owned(), "mng-1".to_owned());
        let survey = Survey {
            node_groups: vec![group(Some(named(Some("lt-1"), None, current)))],
            updates: BTreeMap::from([(key.clone(), history[..taken].to_vec())]),
            ..Survey::default()
        };
        let uses = Uses::of(&template(), &survey);
        assert_eq!(uses.groups[&key].last_good, expected, "{current:?} {taken}");
    }
}
