use serde_json::{Value, json};

use super::handle;
use crate::caller::Caller;
use crate::seed::Seed;
use crate::world::World;
use crate::{Answer, Call, Service};

fn call(world: &mut World, region: &str, operation: &str, input: Value) -> Answer {
    let call = Call {
        service: Service::Ssm,
        operation,
        caller: &Caller::user("111122223333"),
        account: "111122223333",
        region,
        input,
    };
    handle(world, &call)
}

fn put(world: &mut World, value: &str) {
    let input = json!({"Name": "/team/ami", "Value": value, "Type": "String", "Overwrite": true});
    call(world, "us-east-1", "PutParameter", input).expect("a valid request");
}

#[test]
fn versions_are_found_by_number_and_label() {
    let mut world = World::from_seed(&Seed::builtin());
    for value in ["one", "two", "three"] {
        put(&mut world, value);
    }
    let mut label = |version: Option<i64>, labels: &[&str]| {
        let mut input = json!({"Name": "/team/ami", "Labels": labels});
        if let Some(version) = version {
            input["ParameterVersion"] = json!(version);
        }
        call(&mut world, "us-east-1", "LabelParameterVersion", input)
    };
    let answer = label(Some(1), &["stable", "2nd", "aws-x", "SSM", "a b"]).expect("labels");
    assert_eq!(
        answer["InvalidLabels"],
        json!(["2nd", "aws-x", "SSM", "a b"])
    );
    let answer = label(None, &["next"]).expect("the latest version");
    assert_eq!(answer["ParameterVersion"], 3);
    // moves away from version 1
    label(Some(2), &["stable"]).expect("labels");
    let many: Vec<String> = (0..10).map(|i| format!("l{i}")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    let error = label(Some(2), &many).expect_err("eleven labels");
    assert_eq!(error.code, "ParameterVersionLabelLimitExceeded");
    let error = label(Some(4), &["x"]).expect_err("no fourth version");
    assert_eq!(error.code, "ParameterVersionNotFound");
    for (name, expected) in [
        ("/team/ami", Ok("three")),
        ("/team/ami:1", Ok("one")),
        ("/team/ami:stable", Ok("two")),
        ("/team/ami:next", Ok("three")),
        ("/team/ami:l0", Err("ParameterVersionNotFound")),
        ("/team/ami:4", Err("ParameterVersionNotFound")),
        ("/team/other:1", Err("ParameterNotFound")),
    ] {
        let answer = call(
            &mut world,
            "us-east-1",
            "GetParameter",
            json!({"Name": name}),
        );
        match expected {
            Ok(value) => assert_eq!(answer.expect(name)["Parameter"]["Value"], value, "{name}"),
            Err(code) => assert_eq!(answer.expect_err(name).code, code, "{name}"),
        }
    }
}

#[test]
fn labels_are_for_parameters_of_ones_own() {
    let name = "/aws/service/bottlerocket/aws-k8s-1.34/x86_64/latest/image_id";
    for (name, code) in [
        (name, "AccessDeniedException"),
        ("/team/none", "ParameterNotFound"),
    ] {
        let mut world = World::from_seed(&Seed::builtin());
        let before = world.clone();
        let input = json!({"Name": name, "Labels": ["x"]});
        let error = call(&mut world, "af-south-1", "LabelParameterVersion", input).expect_err(name);
        assert_eq!(error.code, code);
        assert_eq!(world, before);
    }
}

#[test]
fn public_parameters_are_of_no_account_and_of_their_partition() {
    let mut world = World::from_seed(&Seed::builtin());
    let name = "/aws/service/bottlerocket/aws-k8s-1.34/x86_64/latest/image_version";
    for (region, arn) in [
        ("us-east-1", "arn:aws:ssm:us-east-1::parameter"),
        (
            "us-gov-west-1",
            "arn:aws-us-gov:ssm:us-gov-west-1::parameter",
        ),
        ("cn-north-1", "arn:aws-cn:ssm:cn-north-1::parameter"),
    ] {
        for (selector, value, version) in [("", "1.65.0-2b91f4e8", 3), (":1", "1.58.0-c5c37032", 1)]
        {
            let input = json!({"Name": format!("{name}{selector}")});
            let answer = call(&mut world, region, "GetParameter", input).expect(region);
            assert_eq!(answer["Parameter"]["ARN"], format!("{arn}{name}"));
            assert_eq!(answer["Parameter"]["Value"], value);
            assert_eq!(answer["Parameter"]["Version"], version);
        }
    }
}

#[test]
fn public_paths_are_paged_by_ten() {
    let mut world = World::from_seed(&Seed::builtin());
    let path = "/aws/service/bottlerocket/aws-k8s-1.34";
    let (mut names, mut sizes) = (Vec::new(), Vec::new());
    let mut input = json!({"Path": path, "Recursive": true});
    loop {
        let answer = call(
            &mut world,
            "us-east-1",
            "GetParametersByPath",
            input.clone(),
        )
        .expect("a page");
        let page = answer["Parameters"].as_array().expect("parameters").clone();
        sizes.push(page.len());
        names.extend(
            page.into_iter()
                .map(|one| one["Name"].as_str().expect("a name").to_owned()),
        );
        match answer["NextToken"].as_str() {
            Some(token) => input["NextToken"] = json!(token),
            None => break,
        }
    }
    // two architectures, latest and three releases by version, with and without build, two leaves each
    assert_eq!(
        (names.len(), sizes.as_slice()),
        (28, [10, 10, 8].as_slice())
    );
    assert!(names.is_sorted());
    assert!(
        names
            .iter()
            .all(|name| name.starts_with(&format!("{path}/"))),
        "nothing of -nvidia"
    );
    let input = json!({"Path": format!("{path}/x86_64/latest/")});
    let answer = call(&mut world, "us-east-1", "GetParametersByPath", input).expect("a page");
    assert_eq!(answer["Parameters"].as_array().map(Vec::len), Some(2));
}
