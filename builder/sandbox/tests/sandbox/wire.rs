//! Bytes in, bytes out: each protocol's own form of requests, answers and errors.

use nodemint_sandbox::Options;

use crate::support::Server;

#[test]
fn query_services() {
    let server = Server::start(Options::default());
    let who = server.form(
        "sts",
        "us-east-1",
        "Action=GetCallerIdentity&Version=2011-06-15",
    );
    assert_eq!(who.element("Account"), Some("111122223333"));
    assert!(
        who.body.contains("<GetCallerIdentityResult>")
            && who.body.contains("<ResponseMetadata><RequestId>")
    );
    let extra = server.form(
        "sts",
        "us-east-1",
        "Action=GetCallerIdentity&Version=2011-06-15&X=1",
    );
    assert_eq!(extra.element("Code"), Some("UnknownParameter"));
    let groups = server.form(
        "autoscaling",
        "us-east-1",
        "Action=DescribeAutoScalingGroups&Version=2011-01-01&AutoScalingGroupNames.member.1=x",
    );
    assert!(
        groups
            .body
            .contains("<AutoScalingGroups></AutoScalingGroups>"),
        "{}",
        groups.body
    );
    for (parameters, code) in [
        ("AutoScalingGroupNames.1=x", "UnknownParameter"),
        ("AutoScalingGroupNames.member.x=x", "UnknownParameter"),
        ("AutoScalingGroupNames.member.1=", "ValidationError"),
        ("Filters.member.1.Name=colour", "ValidationError"),
    ] {
        let refused = server.form(
            "autoscaling",
            "us-east-1",
            &format!("Action=DescribeAutoScalingGroups&Version=2011-01-01&{parameters}"),
        );
        assert_eq!(
            (refused.status, refused.element("Code")),
            (400, Some(code)),
            "{parameters}: {}",
            refused.body
        );
        assert!(refused.body.contains("<Type>Sender</Type>"));
    }
    let other = server.form(
        "autoscaling",
        "us-east-1",
        "Action=DescribePolicies&Version=2011-01-01",
    );
    assert_eq!(
        other.element("Message"),
        Some("DescribePolicies is not supported by the nodemint sandbox")
    );
}

#[test]
fn ssm_errors() {
    let server = Server::start(Options::default());
    let many: Vec<String> = (0..11).map(|n| format!("\"p{n}\"")).collect();
    for (operation, body, code) in [
        ("Nonsense", "{}".to_owned(), "UnknownOperationException"),
        ("SendCommand", "{}".to_owned(), "UnknownOperationException"),
        ("GetParameter", "{".to_owned(), "SerializationException"),
        ("GetParameter", "[]".to_owned(), "SerializationException"),
        (
            "GetParameter",
            "{\"Name\": 1}".to_owned(),
            "SerializationException",
        ),
        ("GetParameter", "{}".to_owned(), "ValidationException"),
        (
            "GetParameter",
            "{\"Name\": \"x\", \"Colour\": 1}".to_owned(),
            "ValidationException",
        ),
        (
            "GetParameter",
            "{\"Name\": \"arn:aws:ssm:us-east-1::parameter/x\"}".to_owned(),
            "ValidationException",
        ),
        (
            "GetParameter",
            "{\"Name\": \"x\"}".to_owned(),
            "ParameterNotFound",
        ),
        (
            "GetParameters",
            format!("{{\"Names\": [{}]}}", many.join(",")),
            "ValidationException",
        ),
        (
            "GetParameters",
            "{\"Names\": []}".to_owned(),
            "ValidationException",
        ),
        (
            "GetParametersByPath",
            "{\"Path\": \"x\"}".to_owned(),
            "ValidationException",
        ),
        (
            "GetParametersByPath",
            "{\"Path\": \"/x\", \"NextToken\": \"y\"}".to_owned(),
            "InvalidNextToken",
        ),
        (
            "PutParameter",
            "{\"Name\": \"/aws/service/x\", \"Value\": \"1\", \"Type\": \"String\"}".to_owned(),
            "AccessDeniedException",
        ),
        (
            "PutParameter",
            "{\"Name\": \"awsx\", \"Value\": \"1\", \"Type\": \"String\"}".to_owned(),
            "ValidationException",
        ),
        (
            "PutParameter",
            "{\"Name\": \"a/b\", \"Value\": \"1\", \"Type\": \"String\"}".to_owned(),
            "ValidationException",
        ),
        (
            "PutParameter",
            "{\"Name\": \"/a\", \"Value\": \"1\"}".to_owned(),
            "ValidationException",
        ),
        (
            "PutParameter",
            "{\"Name\": \"/a\", \"Value\": \"1\", \"Type\": \"Text\"}".to_owned(),
            "ValidationException",
        ),
        (
            "PutParameter",
            "{\"Name\": \"/a\", \"Value\": \"1\", \"Type\": \"SecureString\"}".to_owned(),
            "ValidationException",
        ),
        (
            "PutParameter",
            "{\"Name\": \"/a\", \"Value\": \"1\", \"Type\": \"String\", \"Description\": \"d\"}"
                .to_owned(),
            "ValidationException",
        ),
    ] {
        let response = server.ssm(operation, &body);
        assert_eq!(response.status, 400, "{operation} {body}");
        assert_eq!(
            response.json()["__type"],
            code,
            "{operation} {body}: {}",
            response.body
        );
        assert!(response.json()["message"].is_string());
    }
}

#[test]
fn eks_paths_and_errors() {
    let server = Server::start(Options::default());
    let cluster = server.eks("GET /clusters/eksworkshop", "");
    assert_eq!(cluster.json()["cluster"]["status"], "ACTIVE");
    assert!(cluster.json()["cluster"]["createdAt"].is_number());
    let arn = "arn%3Aaws%3Aeks%3Aus-east-1%3A111122223333%3Acluster%2Feksworkshop";
    assert!(server.eks(&format!("GET /tags/{arn}"), "").json()["tags"].is_object());
    for (request, body, status, code) in [
        ("GET /clusters/none", "", 404, "ResourceNotFoundException"),
        (
            "GET /clusters/eksworkshop/addons",
            "",
            404,
            "UnknownOperationException",
        ),
        ("GET /nowhere", "", 404, "UnknownOperationException"),
        (
            "GET /clusters?maxResults=500",
            "",
            400,
            "InvalidParameterException",
        ),
        (
            "GET /clusters?maxResults=x",
            "",
            400,
            "InvalidParameterException",
        ),
        (
            "GET /clusters?colour=red",
            "",
            400,
            "InvalidParameterException",
        ),
        (
            "POST /clusters/eksworkshop/node-groups",
            "{",
            400,
            "SerializationException",
        ),
        (
            "POST /clusters/eksworkshop/node-groups",
            "{}",
            400,
            "InvalidParameterException",
        ),
        (
            "POST /clusters/eksworkshop/node-groups",
            "{\"colour\": 1}",
            400,
            "InvalidParameterException",
        ),
        (
            "POST /clusters/eksworkshop/node-groups",
            "{\"subnets\": \"s\"}",
            400,
            "SerializationException",
        ),
        (
            "POST /clusters/eksworkshop/node-groups",
            "{\"nodegroupName\": \"g\", \"nodeRole\": \"r\", \"subnets\": [], \"capacityType\": \"FREE\"}",
            400,
            "InvalidParameterException",
        ),
    ] {
        let response = server.eks(request, body);
        assert_eq!(
            response.status, status,
            "{request} {body}: {}",
            response.body
        );
        assert!(
            response
                .headers
                .contains(&format!("x-amzn-errortype: {}", code.to_ascii_lowercase())),
            "{}",
            response.headers
        );
        assert!(response.json()["message"].is_string(), "{}", response.body);
    }
}

#[test]
fn who_calls_must_be_said() {
    let server = Server::start(Options::default());
    let form = server
        .raw("POST / ", "", "Action=DescribeRegions&Version=2016-11-15")
        .expect("an answer");
    assert_eq!(
        (form.status, form.element("Code")),
        (403, Some("MissingAuthenticationToken"))
    );
    assert!(form.body.contains("<Response><Errors>"), "{}", form.body);
    let json = server
        .raw("POST / ", "x-amz-target: AmazonSSM.GetParameter\r\n", "{}")
        .expect("an answer");
    assert_eq!(
        (json.status, json.json()["__type"].as_str()),
        (403, Some("MissingAuthenticationTokenException"))
    );
    let rest = server.raw("GET /clusters ", "", "").expect("an answer");
    assert_eq!(rest.status, 403);
    assert!(
        rest.headers
            .contains("x-amzn-errortype: missingauthenticationtokenexception"),
        "{}",
        rest.headers
    );
    let garbage = server
        .raw("GET /clusters ", "authorization: Bearer x\r\n", "")
        .expect("an answer");
    assert_eq!(garbage.status, 403);
    let other = server.form("iam", "us-east-1", "Action=ListUsers&Version=2010-05-08");
    assert_eq!(
        other.element("Message"),
        Some("the service iam is not supported by the nodemint sandbox")
    );
}

#[test]
fn a_region_must_be_of_a_regions_form() {
    let server = Server::start(Options::default());
    for region in ["", "moon", "us-east", "us--1", "US-EAST-1", "us-east-1a"] {
        let refused = server.form("ec2", region, "Action=DescribeRegions&Version=2016-11-15");
        assert_eq!(
            (refused.status, refused.element("Code")),
            (403, Some("AuthFailure")),
            "{region}"
        );
    }
    let allowed = server.form(
        "ec2",
        "us-gov-west-1",
        "Action=DescribeRegions&Version=2016-11-15",
    );
    assert_eq!(allowed.status, 200);
}

#[test]
fn a_presigned_url_is_a_call_too() {
    let server = Server::start(Options::default());
    let url = "GET /?Action=GetCallerIdentity&Version=2011-06-15&X-Amz-Algorithm=AWS4-HMAC-SHA256\
               &X-Amz-Credential=test%2F20261120%2Fus-east-1%2Fsts%2Faws4_request&X-Amz-Signature=00 ";
    assert_eq!(
        server
            .raw(url, "", "")
            .expect("an answer")
            .element("Account"),
        Some("111122223333")
    );
}

#[test]
fn regions_and_accounts_are_apart() {
    let server = Server::start(Options::default());
    let create = "Action=CreateLaunchTemplate&LaunchTemplateName=demo&LaunchTemplateData.InstanceType=m5.large&Version=2016-11-15";
    assert_eq!(server.form("ec2", "us-east-1", create).status, 200);
    let elsewhere = server.form(
        "ec2",
        "eu-west-1",
        "Action=DescribeLaunchTemplates&Version=2016-11-15",
    );
    assert!(
        elsewhere
            .body
            .contains("<launchTemplates></launchTemplates>"),
        "{}",
        elsewhere.body
    );
    let other = "authorization: AWS4-HMAC-SHA256 Credential=999988887777/20261120/us-east-1/ec2/aws4_request, Signature=0\r\n";
    let other = server
        .raw(
            "POST / ",
            other,
            "Action=DescribeLaunchTemplates&Version=2016-11-15",
        )
        .expect("an answer");
    assert!(
        other.body.contains("<launchTemplates></launchTemplates>"),
        "{}",
        other.body
    );
    let failed = server.form(
        "ec2",
        "eu-south-2",
        "Action=DeleteLaunchTemplate&LaunchTemplateName=demo&Version=2016-11-15",
    );
    assert_eq!(
        failed.element("Code"),
        Some("InvalidLaunchTemplateName.NotFoundException")
    );
    assert!(
        server
            .sandbox
            .world()
            .region("111122223333", "eu-south-2")
            .is_none()
    );
}

#[test]
fn a_body_without_end_is_refused() {
    let server = Server::start(Options::default());
    let response = server.form("ec2", "us-east-1", &"x".repeat(1024 * 1024 + 1));
    assert_eq!(response.status, 413);
}
