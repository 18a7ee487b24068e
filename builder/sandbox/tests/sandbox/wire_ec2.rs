//! Bytes in, bytes out: ec2Query.

use crate::support::Server;
use nodemint_sandbox::Options;

/// (parameters, status, code, text)
const EC2_ERRORS: &[(&str, u16, &str, &str)] = &[
    (
        "Action=Nonsense",
        400,
        "InvalidAction",
        "The action Nonsense is not valid for this web service.",
    ),
    (
        "Action=RunInstances",
        400,
        "InvalidAction",
        "RunInstances is not supported by the nodemint sandbox",
    ),
    (
        "Acton=x",
        400,
        "MissingAction",
        "The request must contain the parameter Action",
    ),
    (
        "Action=DescribeImages&Colour=red",
        400,
        "UnknownParameter",
        "The parameter Colour is not recognized",
    ),
    (
        "Action=DescribeImages&Filter.1.Nmae=name",
        400,
        "UnknownParameter",
        "The parameter Filter.1.Nmae is not recognized",
    ),
    (
        "Action=DescribeImages&Filter.a.Name=name",
        400,
        "UnknownParameter",
        "The parameter Filter.a is not recognized",
    ),
    (
        "Action=DescribeImages&ImageId.1.x=1",
        400,
        "UnknownParameter",
        "The parameter ImageId.1.x is not recognized",
    ),
    (
        "Action=DescribeImages&ImageId=ami-1",
        400,
        "UnknownParameter",
        "The parameter ImageId is not recognized",
    ),
    (
        "Action=DescribeImages&IncludeDeprecated=maybe",
        400,
        "InvalidParameterValue",
        "The value for parameter IncludeDeprecated is invalid. Expecting true or false.",
    ),
    (
        "Action=DescribeImages&MaxResults=many",
        400,
        "InvalidParameterValue",
        "The value for parameter MaxResults is invalid. Expecting an integer.",
    ),
    (
        "Action=DescribeLaunchTemplates&MaxResults=500",
        400,
        "InvalidParameterValue",
        "Value ( 500 ) for parameter MaxResults is invalid. Expecting a value between 1 and 200.",
    ),
    (
        "Action=DescribeImages&Owner.1=self&Owner.1=x",
        400,
        "MalformedQueryString",
        "is given more than once",
    ),
    (
        "Action=DescribeImages&Filter.1.Name=colour&Filter.1.Value.1=x",
        400,
        "InvalidParameterValue",
        "The filter 'colour' is invalid",
    ),
    (
        "Action=DescribeImages&Filter.1.Value.1=x",
        400,
        "InvalidParameterValue",
        "The filter 'null' is invalid",
    ),
    (
        "Action=DescribeImages&ImageId.1=ami-0123456789abcdef0",
        400,
        "InvalidAMIID.NotFound",
        "The image id '[ami-0123456789abcdef0]' does not exist",
    ),
    (
        "Action=DescribeImages&ImageId.1=ami-x",
        400,
        "InvalidAMIID.Malformed",
        "Invalid id: &quot;ami-x&quot;",
    ),
    (
        "Action=DescribeSubnets&SubnetId.1=subnet-0123456789abcdef0",
        400,
        "InvalidSubnetID.NotFound",
        "The subnet ID",
    ),
    (
        "Action=DescribeSecurityGroups&GroupId.1=sg-00000000000000000",
        400,
        "InvalidGroup.NotFound",
        "The security group",
    ),
    (
        "Action=DescribeSecurityGroups&GroupId.1=sg-nope",
        400,
        "InvalidGroupId.Malformed",
        "Invalid id",
    ),
    (
        "Action=CreateLaunchTemplate&LaunchTemplateName=demo",
        400,
        "MissingParameter",
        "The request must contain the parameter LaunchTemplateData",
    ),
    (
        "Action=CreateLaunchTemplate&LaunchTemplateName=demo&LaunchTemplateData.Colour=red",
        400,
        "UnknownParameter",
        "The parameter LaunchTemplateData.Colour is not recognized",
    ),
    (
        "Action=CreateLaunchTemplate&LaunchTemplateName=demo&LaunchTemplateData.MetadataOptions.HttpTokens=maybe",
        400,
        "InvalidParameterValue",
        "Value (maybe) for parameter LaunchTemplateData.MetadataOptions.HttpTokens is invalid.",
    ),
    (
        "Action=CreateLaunchTemplate&LaunchTemplateName=demo\
         &LaunchTemplateData.InstanceRequirements.AllowedInstanceType.1=m5%20x\
         &LaunchTemplateData.InstanceRequirements.VCpuCount.Min=1\
         &LaunchTemplateData.InstanceRequirements.MemoryMiB.Min=1",
        400,
        "InvalidParameterValue",
        "Value (m5 x) for parameter LaunchTemplateData.InstanceRequirements.AllowedInstanceType.1 is invalid.",
    ),
    (
        "Action=CreateLaunchTemplate&LaunchTemplateName=demo&LaunchTemplateData.InstanceType=m5.huge",
        400,
        "InvalidParameterValue",
        "Value (m5.huge) for parameter LaunchTemplateData.InstanceType is invalid.",
    ),
    (
        "Action=CreateLaunchTemplate&LaunchTemplateName=de%20mo&LaunchTemplateData.InstanceType=m5.large",
        400,
        "InvalidLaunchTemplateName.MalformedException",
        "A launch template name must be between 3 and 128 characters",
    ),
    (
        "Action=CreateLaunchTemplate&LaunchTemplateName=demo&LaunchTemplateData.MetadataOptions.HttpPutResponseHopLimit=0",
        400,
        "InvalidParameterValue",
        "Value (0) for parameter HttpPutResponseHopLimit is invalid.",
    ),
    (
        "Action=CreateLaunchTemplate&LaunchTemplateName=demo&LaunchTemplateData.MetadataOptions.HttpPutResponseHopLimit=65",
        400,
        "InvalidParameterValue",
        "Value (65) for parameter HttpPutResponseHopLimit is invalid.",
    ),
    (
        "Action=CreateLaunchTemplate&LaunchTemplateName=demo&LaunchTemplateData.UserData=%2a",
        400,
        "InvalidUserData.Malformed",
        "Invalid BASE64 encoding of user data.",
    ),
    (
        "Action=CreateLaunchTemplate&LaunchTemplateName=demo&LaunchTemplateData.KeyName=a%01b",
        400,
        "InvalidCharacter",
        "A character in parameter LaunchTemplateData.KeyName is invalid.",
    ),
    (
        "Action=CreateLaunchTemplate&LaunchTemplateName=demo&LaunchTemplateData.InstanceType=m5.large&Operator.Principal=x",
        400,
        "UnsupportedOperation",
        "the parameter Operator is not supported by the nodemint sandbox",
    ),
    (
        "Action=CreateLaunchTemplate&LaunchTemplateName=demo&LaunchTemplateData.InstanceType=m5.large&DryRun=true",
        412,
        "DryRunOperation",
        "Request would have succeeded, but DryRun flag is set.",
    ),
];

#[test]
fn ec2_errors() {
    let server = Server::start(Options::default());
    let before = server.sandbox.world();
    for (parameters, status, code, text) in EC2_ERRORS {
        let response = server.ec2(parameters);
        assert_eq!(
            (response.status, response.element("Code")),
            (*status, Some(*code)),
            "{parameters}: {}",
            response.body
        );
        let message = response
            .element("Message")
            .expect("a text")
            .replace("&apos;", "'");
        assert!(message.contains(text), "{parameters}: {message}");
        assert!(
            response.body.starts_with("<?xml") && response.element("RequestID").is_some(),
            "{}",
            response.body
        );
    }
    assert_eq!(
        server.sandbox.world(),
        before,
        "a refused call changed something"
    );
}

#[test]
fn ec2_wants_its_version() {
    let server = Server::start(Options::default());
    let none = server.form("ec2", "us-east-1", "Action=DescribeRegions");
    assert_eq!(none.element("Code"), Some("MissingParameter"));
    let other = server.form(
        "ec2",
        "us-east-1",
        "Action=DescribeRegions&Version=2010-01-01",
    );
    assert_eq!(other.element("Code"), Some("NoSuchVersion"));
}

#[test]
fn ec2_answers() {
    let server = Server::start(Options::default());
    let made = server.ec2(
        "Action=CreateLaunchTemplate&LaunchTemplateName=demo&LaunchTemplateData.InstanceType=m5.large\
         &LaunchTemplateData.TagSpecification.1.ResourceType=instance\
         &LaunchTemplateData.TagSpecification.1.Tag.1.Key=Name\
         &LaunchTemplateData.TagSpecification.1.Tag.1.Value=a%20%26%20%3Cb%3E%0D",
    );
    assert_eq!(made.status, 200, "{}", made.body);
    assert!(made.body.contains(
        "<CreateLaunchTemplateResponse xmlns=\"http://ec2.amazonaws.com/doc/2016-11-15/\">"
    ));
    assert!(
        made.headers.contains("content-type: text/xml"),
        "{}",
        made.headers
    );
    assert!(
        made.headers.contains("x-amzn-requestid: "),
        "{}",
        made.headers
    );
    assert_eq!(made.element("createTime"), Some("2026-11-20T09:00:00.000Z"));
    let shown = server.ec2("Action=DescribeLaunchTemplateVersions&LaunchTemplateName=demo");
    let tags = "<tagSpecificationSet><item><resourceType>instance</resourceType><tagSet><item><key>Name</key>\
                <value>a &amp; &lt;b&gt;&#13;</value></item></tagSet></item></tagSpecificationSet>";
    assert!(shown.body.contains(tags), "{}", shown.body);
    let tagged = server.ec2(&format!(
        "Action=CreateTags&ResourceId.1={}&Tag.1.Key=k&Tag.1.Value=v",
        made.element("launchTemplateId").expect("an id")
    ));
    assert_eq!(tagged.element("return"), Some("true"));
}
