//! The limit holds for fleets that are larger than anybody's.

use nodemint_core::desired::ContentHash;
use nodemint_core::launch_template::{Data, ImageNote, UserDataBlob, UserDataChange, changes};
use nodemint_core::plan::{Reason, ReasonKind, RollForecast, SCHEMA};
use nodemint_core::site::Site;

use super::*;

/// GitHub's own number.
const GITHUB: usize = 65_536;

fn site() -> Site {
    Site::from("us-east-1")
}

fn data(script: &str) -> Data {
    let document = format!(
        "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=\"X\"\n\n--X\nContent-Type: text/x-shellscript\n\n{script}\n--X\nContent-Type: application/node.eks.aws\n\nspec: {{kubelet: {{config: {{maxPods: {}}}}}}}\n--X--\n",
        script.len()
    );
    Data {
        user_data: Some(UserDataBlob::of(document.as_bytes())),
        ..Data::default()
    }
}

fn roll() -> RollForecast {
    serde_json::from_value(serde_json::json!({
        "nodes": 3, "zones": 3, "atATime": 1, "surge": 6, "strategy": "DEFAULT", "minutesLow": 20, "minutesHigh": 77,
        "estimate": {
            "join": {"low": 5, "high": 20}, "joins": 1, "batches": 3, "drain": {"low": 1, "high": 15}, "pause": 1,
            "terminate": {"low": 1, "high": 1}, "surplus": 6, "scaleDown": {"low": 1, "high": 1}
        },
        "freeAddresses": 300,
        "subnets": (0..3).map(|at| serde_json::json!({
            "id": format!("subnet-0aa1000000000000{at}"), "zone": format!("us-east-1{at}"), "freeAddresses": 100, "mayTake": 2
        })).collect::<Vec<_>>(),
    }))
    .expect("a forecast")
}

/// `own`: each cluster has user data of its own, so that nothing is told together.
fn fleet(groups: usize, own: bool, values: bool) -> Plan {
    let mut plan: Plan = serde_json::from_value(serde_json::json!({
            "schema": SCHEMA, "nodemint": "0.1.0", "purpose": "apply", "fleet": "large",
            "accounts": {"own": "111122223333"}, "created": "2026-11-20T09:00:00Z",
            "base": {"scope": {"clusters": {}, "templates": {}, "groups": {}}, "facts": {}},
            "launchTemplates": [], "nodeGroups": [], "steps": [], "blockers": [], "warnings": []
    }))
    .expect("a plan");
    let lines = |word: &str| -> String {
        let lines = (0..300).map(|at| format!("echo {word} {at}\n"));
        format!("#!/bin/sh\n{}", lines.collect::<String>())
    };
    // Comparing is what takes long: it is done once, and each group gets its own words.
    let common = changes(&data(&lines("old")), &data(&lines("new")));
    for at in 0..groups {
        let cluster = format!("cluster-with-a-long-name-{at:03}");
        let mut changed = common.clone();
        let parts = changed.iter_mut().filter_map(|one| one.user_data.as_mut());
        let parts = parts.flat_map(|user_data| &mut user_data.parts);
        for lines in parts.filter_map(|part| part.lines.as_mut()).filter(|_| own) {
            let diff = lines.diff.take();
            lines.diff = diff.map(|diff| diff.replace("echo new", &format!("echo new{at}")));
        }
        for change in changed.iter_mut().filter(|_| !values) {
            change.user_data = change
                .user_data
                .as_ref()
                .map(UserDataChange::without_values);
        }
        plan.launch_templates.push(TemplateOutlook {
            name: "demo".to_owned(),
            site: site(),
            clusters: vec![cluster.clone()],
            action: TemplateAction::NewVersion,
            version: at as i64 + 2,
            hash: ContentHash(format!("v1:sha256:{at:064}")),
            image: ImageNote::default(),
            instance_type: None,
            user_data_bytes: 5000,
            compared_with: Some(1),
            changes: changed.clone(),
            adopted: None,
        });
        plan.node_groups.push(GroupOutlook {
            name: format!("group-{at:03}"),
            cluster,
            site: site(),
            action: GroupAction::Roll,
            launch_template: "demo".to_owned(),
            from_version: Some(1),
            to_version: Some(at as i64 + 2),
            nodes: Some(3),
            reasons: vec![Reason {
                kind: ReasonKind::NewVersion,
                message: format!(
                    "version {} is minted: UserData differs from version 1",
                    at + 2
                ),
            }],
            changes: changed,
            forecast: Some(roll()),
            ..GroupOutlook::default()
        });
    }
    plan
}

#[test]
fn two_hundred_groups_stay_below_githubs_limit() {
    for (own, values) in [(false, false), (false, true), (true, false), (true, true)] {
        let fleet = fleet(200, own, values);
        let text = plan(&fleet);
        assert!(
            text.chars().count() < GITHUB,
            "{own} {values}: {}",
            text.len()
        );
        assert!(
            text.ends_with("\n<!-- nodemint plan: large -->\n"),
            "the marker"
        );
        for group in &fleet.node_groups {
            let name = format!("| `{}/{}` | rolls |", group.cluster, group.name);
            assert!(text.contains(&name), "{own} {values}: no row of {name}");
        }
        assert_eq!(text.contains("echo new"), values, "{own}");
        let open = text.matches("<details>").count();
        assert_eq!(open, text.matches("</details>").count());
        assert!(open > 0);
        assert_eq!(
            text.contains("Left out, because"),
            own && values,
            "{own} {values}"
        );
        assert_eq!(text, plan(&fleet), "twice the same");
    }
}

#[test]
fn what_is_left_out_is_counted() {
    let mut fleet = fleet(2000, true, true);
    for at in 0..500 {
        let text = format!("something is wrong with it, number {at}, and it takes a line to tell");
        fleet.warnings.push(
            serde_json::from_value(serde_json::json!({
                "kind": "warning", "subject": "node group a/b", "message": text
            }))
            .expect("a finding"),
        );
    }
    let text = plan(&fleet);
    assert!(text.chars().count() < GITHUB, "{}", text.len());
    for what in [" warnings, ", " rows of node groups, ", " details.**"] {
        assert!(text.contains(what), "{what}: {}", &text[text.len() - 500..]);
    }
    assert!(text.contains("--output json"));
}

#[test]
fn groups_of_which_the_same_is_told_share_it() {
    let text = plan(&fleet(200, false, true));
    assert_eq!(text.matches("echo new 7\n").count(), 1);
    assert!(text.contains("and 199 others with the same</summary>"));
}
