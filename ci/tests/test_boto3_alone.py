"""The whole story by boto3 alone, none of our commands in it: botocore checks every request, parses every answer
and waits with its own waiters. What it shows is the sandbox; what it asserts is what AWS does."""

import base64

import boto3
import botocore
import botocore.config
import botocore.exceptions
import pytest
from support import ACCOUNT, CLUSTER, REGION, TEMPLATE, sandbox_server

# Without all of its cluster, nodes on an image of one's own never join.
MIME = """MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="B"

--B
Content-Type: text/x-shellscript

#!/bin/bash
echo hello
--B
Content-Type: application/node.eks.aws

apiVersion: node.eks.aws/v1alpha1
kind: NodeConfig
spec:
  cluster:
    name: {name}
    apiServerEndpoint: {endpoint}
    certificateAuthority: {certificateAuthority[data]}
    cidr: {kubernetesNetworkConfig[serviceIpv4Cidr]}
--B--
"""
WAIT = {"Delay": 1, "MaxAttempts": 60}


@pytest.fixture
def aws(tmp_path):
    with sandbox_server(tmp_path) as server:
        yield server


def create_group(aws, **more):
    answer = aws.client("eks").create_nodegroup(
        clusterName=CLUSTER,
        nodegroupName="by-boto3",
        nodeRole=f"arn:aws:iam::{ACCOUNT}:role/eksworkshop-node",
        subnets=["subnet-0aa10000000000001", "subnet-0bb20000000000002"],
        scalingConfig={"minSize": 1, "maxSize": 3, "desiredSize": 2},
        **more,
    )
    return answer["nodegroup"]


def test_the_story(aws):
    ec2, eks, ssm = aws.client("ec2"), aws.client("eks"), aws.client("ssm")
    assert aws.client("sts").get_caller_identity()["Account"] == ACCOUNT
    cluster = eks.describe_cluster(name=CLUSTER)["cluster"]
    assert cluster["status"] == "ACTIVE"
    name = "/aws/service/eks/optimized-ami/1.34/amazon-linux-2023/x86_64/standard/recommended/image_id"
    image = ssm.get_parameter(Name=name)["Parameter"]["Value"]
    (described,) = ec2.describe_images(ImageIds=[image])["Images"]
    assert described["Architecture"] == "x86_64"

    user_data = base64.b64encode(MIME.format_map(cluster).encode()).decode()
    data = {"ImageId": image, "InstanceType": "m5.large", "UserData": user_data}
    made = ec2.create_launch_template(LaunchTemplateName=TEMPLATE, LaunchTemplateData=data)["LaunchTemplate"]
    assert (made["LatestVersionNumber"], made["DefaultVersionNumber"]) == (1, 1)
    # A version over another takes from it what it does not name itself.
    second = ec2.create_launch_template_version(
        LaunchTemplateId=made["LaunchTemplateId"], SourceVersion="1", LaunchTemplateData={"InstanceType": "m5.2xlarge"}
    )["LaunchTemplateVersion"]
    assert second["VersionNumber"] == 2
    assert second["LaunchTemplateData"] == {**data, "InstanceType": "m5.2xlarge"}

    group = create_group(aws, launchTemplate={"id": made["LaunchTemplateId"], "version": "1"})
    assert group["status"] == "CREATING"
    eks.get_waiter("nodegroup_active").wait(clusterName=CLUSTER, nodegroupName="by-boto3", WaiterConfig=WAIT)
    assert instance_types(ec2) == ["m5.large", "m5.large"]

    roll(eks, "2")
    assert instance_types(ec2) == ["m5.2xlarge", "m5.2xlarge"]
    roll(eks, "1")
    assert instance_types(ec2) == ["m5.large", "m5.large"]
    updates = eks.list_updates(name=CLUSTER, nodegroupName="by-boto3")["updateIds"]
    assert len(updates) == 2

    eks.delete_nodegroup(clusterName=CLUSTER, nodegroupName="by-boto3")
    eks.get_waiter("nodegroup_deleted").wait(clusterName=CLUSTER, nodegroupName="by-boto3", WaiterConfig=WAIT)
    assert instance_types(ec2) == []


def instance_types(ec2):
    """Of the group's running instances."""
    filters = [
        {"Name": "tag:eks:nodegroup-name", "Values": ["by-boto3"]},
        {"Name": "instance-state-name", "Values": ["running"]},
    ]
    pages = ec2.get_paginator("describe_instances").paginate(Filters=filters)
    return sorted(
        instance["InstanceType"] for page in pages for reservation in page["Reservations"]
        for instance in reservation["Instances"]
    )  # fmt: skip


def roll(eks, version):
    group = {"clusterName": CLUSTER, "nodegroupName": "by-boto3"}
    update = eks.update_nodegroup_version(**group, launchTemplate={"name": TEMPLATE, "version": version})["update"]
    assert (update["status"], update["type"]) == ("InProgress", "VersionUpdate")
    with pytest.raises(eks.exceptions.ResourceInUseException):
        eks.update_nodegroup_version(**group, launchTemplate={"name": TEMPLATE, "version": version})
    eks.get_waiter("nodegroup_active").wait(**group, WaiterConfig=WAIT)
    shown = eks.describe_update(name=CLUSTER, nodegroupName="by-boto3", updateId=update["id"])["update"]
    assert (shown["status"], shown["errors"]) == ("Successful", [])
    assert eks.describe_nodegroup(**group)["nodegroup"]["launchTemplate"]["version"] == version


# call → the error of AWS: a success that only an emulator grants proves nothing.
REFUSED = {
    "a version that does not exist": (
        lambda aws: aws.client("ec2").describe_launch_template_versions(LaunchTemplateName="none", Versions=["1"]),
        "InvalidLaunchTemplateName.NotFoundException",
    ),
    "a source version that does not exist": (
        lambda aws: [
            aws.client("ec2").create_launch_template(LaunchTemplateName="one", LaunchTemplateData={"KeyName": "k"}),
            aws.client("ec2").create_launch_template_version(
                LaunchTemplateName="one", SourceVersion="42", LaunchTemplateData={"KeyName": "k"}
            ),
        ],
        "InvalidLaunchTemplateId.VersionNotFound",
    ),
    "an unknown cluster": (
        lambda aws: aws.client("eks").describe_cluster(name="none"),
        "ResourceNotFoundException",
    ),
    "an unknown node group": (
        lambda aws: aws.client("eks").describe_nodegroup(clusterName=CLUSTER, nodegroupName="none"),
        "ResourceNotFoundException",
    ),
    "a node group on a launch template that does not exist": (
        lambda aws: create_group(aws, launchTemplate={"id": "lt-0123456789abcdef0", "version": "1"}),
        "InvalidParameterException",
    ),
    "an unknown parameter": (
        lambda aws: aws.client("ssm").get_parameter(Name="/none"),
        "ParameterNotFound",
    ),
    "an operation that the sandbox has not": (
        lambda aws: aws.client("ec2").run_instances(MinCount=1, MaxCount=1),
        "InvalidAction",
    ),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_aws_refuses(aws, what):
    call, code = REFUSED[what]
    with pytest.raises(botocore.exceptions.ClientError) as refused:
        call(aws)
    assert refused.value.response["Error"]["Code"] == code, refused.value


def test_a_call_without_credentials_is_refused(aws):
    config = botocore.config.Config(signature_version=botocore.UNSIGNED)
    unsigned = boto3.client("eks", region_name=REGION, endpoint_url=aws.url, config=config)
    with pytest.raises(botocore.exceptions.ClientError) as refused:
        unsigned.list_clusters()
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403
