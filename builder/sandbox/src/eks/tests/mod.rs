//! The rules of EKS.

mod ami_types;
mod create;
mod golden;
mod merge;
mod update;

use serde_json::{Value, json};

use super::kit::*;
use crate::world::World;

const PARAMETER: &str = "InvalidParameterException";
const REQUEST: &str = "InvalidRequestException";
const IN_USE: &str = "ResourceInUseException";
const NOT_FOUND: &str = "ResourceNotFoundException";

#[test]
fn a_template_version_is_settled_when_it_is_asked_for() {
    let rows = [
        (json!("$Latest"), "2"),
        (json!("$Default"), "1"),
        (json!("2"), "2"),
        (Value::Null, "1"),
    ];
    for (asked, expected) in rows {
        let mut template = json!({"id": TEMPLATE, "version": asked});
        template
            .as_object_mut()
            .expect("an object")
            .retain(|_, member| !member.is_null());
        let request = create_request(&json!({"launchTemplate": template}));
        let answer = call(&mut lab(), "CreateNodegroup", request).expect("a valid request");
        assert_eq!(
            answer["nodegroup"]["launchTemplate"]["version"], expected,
            "{asked}"
        );
    }
}

#[test]
fn the_latest_version_is_the_highest_that_is_left() {
    let mut world = lab();
    let region = world.region_mut(ACCOUNT, REGION);
    let template = region.launch_templates.get_mut(TEMPLATE).expect("demo");
    template.versions.remove(&2).expect("a second version");
    let request =
        create_request(&json!({"launchTemplate": {"name": "demo", "version": "$Latest"}}));
    let answer = call(&mut world, "CreateNodegroup", request).expect("a valid request");
    assert_eq!(answer["nodegroup"]["launchTemplate"]["version"], "1");
}

#[test]
fn errors_name_their_subject() {
    let request = group_request(&json!({"nodegroupName": "nope"}));
    let error = call(&mut lab(), "DescribeNodegroup", request).expect_err("no such group");
    assert_eq!((error.status, error.code.as_str()), (404, NOT_FOUND));
    assert_eq!(error.message, "No node group found for name: nope.");
    assert_eq!(
        Value::from(error.members),
        json!({"clusterName": "eksworkshop", "nodegroupName": "nope"})
    );
}

#[test]
fn a_group_that_changes_takes_no_other_change() {
    let mut world = lab();
    call(&mut world, "CreateNodegroup", create_request(&json!({}))).expect("a valid request");
    let second = json!({"launchTemplate": {"name": "demo", "version": "2"}});
    let refuses_all = |world: &mut World, stage: &str| {
        for (operation, over) in [
            ("UpdateNodegroupVersion", second.clone()),
            (
                "UpdateNodegroupConfig",
                json!({"scalingConfig": {"desiredSize": 1}}),
            ),
            ("DeleteNodegroup", json!({})),
        ] {
            let answer = call(world, operation, group_request(&over));
            assert_eq!(
                answer.as_ref().map_err(|error| error.status),
                Err(409),
                "{stage}: {operation}"
            );
            assert_error(answer, IN_USE, "currently not in Active State", stage);
        }
    };
    refuses_all(&mut world, "CREATING");
    settle(&mut world);
    call(&mut world, "UpdateNodegroupVersion", group_request(&second)).expect("an update");
    refuses_all(&mut world, "UPDATING");
    settle(&mut world);
    call(&mut world, "DeleteNodegroup", group_request(&json!({}))).expect("a deletion");
    refuses_all(&mut world, "DELETING");
}

#[test]
fn a_client_token_makes_a_request_the_same() {
    let mut world = lab();
    create(&mut world, &json!({"clientRequestToken": "t"}));
    let before = world.clone();
    call(
        &mut world,
        "CreateNodegroup",
        create_request(&json!({"clientRequestToken": "t"})),
    )
    .expect("the same request again");
    assert_eq!(world, before);

    let roll = |version: &str| {
        group_request(&json!({
            "launchTemplate": {"name": "demo", "version": version}, "clientRequestToken": "u",
        }))
    };
    let first = call(&mut world, "UpdateNodegroupVersion", roll("2")).expect("an update");
    let again = call(&mut world, "UpdateNodegroupVersion", roll("2")).expect("the same update");
    assert_eq!(first["update"]["id"], again["update"]["id"]);
    let other = call(&mut world, "UpdateNodegroupVersion", roll("1"));
    assert_error(other, PARAMETER, "already used with other parameters", "");
}

#[test]
fn updates_are_found_by_group() {
    let mut world = lab();
    create(&mut world, &json!({}));
    let config = json!({"scalingConfig": {"desiredSize": 3}});
    let mut ids = Vec::new();
    for _ in 0..3 {
        let answer =
            call(&mut world, "UpdateNodegroupConfig", group_request(&config)).expect("an update");
        ids.push(answer["update"]["id"].as_str().expect("an id").to_owned());
        settle(&mut world);
    }
    ids.sort();
    let list = |world: &mut World, over: Value| {
        let mut request = json!({"name": "eksworkshop"});
        request
            .as_object_mut()
            .expect("an object")
            .extend(over.as_object().cloned().unwrap_or_default());
        call(world, "ListUpdates", request).expect("a list")
    };
    assert_eq!(
        list(&mut world, json!({"nodegroupName": "mng-1"}))["updateIds"],
        json!(ids)
    );
    assert_eq!(list(&mut world, json!({}))["updateIds"], json!([]));
    let page = list(
        &mut world,
        json!({"nodegroupName": "mng-1", "maxResults": 2}),
    );
    let rest = json!({"nodegroupName": "mng-1", "nextToken": page["nextToken"]});
    assert_eq!(list(&mut world, rest), json!({"updateIds": [ids[2]]}));

    let missing = json!({"name": "eksworkshop", "nodegroupName": "mng-1", "updateId": "nope"});
    assert_error(
        call(&mut world, "DescribeUpdate", missing),
        NOT_FOUND,
        "No update found for ID: nope",
        "",
    );
    let cluster_wide = json!({"name": "eksworkshop", "updateId": ids[0]});
    assert_error(
        call(&mut world, "DescribeUpdate", cluster_wide),
        NOT_FOUND,
        "No update found",
        "",
    );
}

#[test]
fn clusters_and_tags_are_shown() {
    let mut world = lab();
    let cluster = call(
        &mut world,
        "DescribeCluster",
        json!({"name": "eksworkshop"}),
    )
    .expect("a cluster");
    let cluster = &cluster["cluster"];
    assert_eq!(
        cluster["kubernetesNetworkConfig"]["serviceIpv4Cidr"],
        "10.100.0.0/16"
    );
    let authority = cluster["certificateAuthority"]["data"]
        .as_str()
        .expect("a certificate");
    assert!(authority.starts_with("LS0tLS1CRUdJTi"));
    assert_eq!(
        call(&mut world, "ListClusters", json!({})).expect("a list"),
        json!({"clusters": ["eksworkshop"]})
    );

    create(&mut world, &json!({"tags": {"team": "a"}}));
    let arn = group(&mut world)["nodegroupArn"].clone();
    call(
        &mut world,
        "TagResource",
        json!({"resourceArn": arn, "tags": {"owner": "b"}}),
    )
    .expect("tagged");
    call(
        &mut world,
        "UntagResource",
        json!({"resourceArn": arn, "tagKeys": ["team"]}),
    )
    .expect("untagged");
    let tags = call(
        &mut world,
        "ListTagsForResource",
        json!({"resourceArn": arn}),
    )
    .expect("tags");
    assert_eq!(tags, json!({"tags": {"owner": "b"}}));
    let rows = [
        ("nonsense", "BadRequestException"),
        (
            "arn:aws-cn:eks:us-east-1:111122223333:cluster/eksworkshop",
            "BadRequestException",
        ),
        (
            "arn:aws:eks:us-east-1:111122223333:cluster/nope",
            "NotFoundException",
        ),
        (
            "arn:aws:eks:eu-west-1:111122223333:cluster/eksworkshop",
            "NotFoundException",
        ),
    ];
    for (arn, code) in rows {
        let answer = call(
            &mut world,
            "ListTagsForResource",
            json!({"resourceArn": arn}),
        );
        assert_error(answer, code, "", arn);
    }
}
