"""The sandbox's accounts, instance types, rates and denials, as boto3 finds them."""

import boto3
import botocore.config
import botocore.exceptions
import pytest
from support import ACCOUNT, BIN, REGION, environment, run, sandbox_server, wait_for

OTHER = "222233334444"
ROLE = f"arn:aws:iam::{OTHER}:role/deploy"
SEED = f"""
account: "{ACCOUNT}"
start: 2026-11-20T09:00:00Z
seed: 1
regions:
  us-east-1: {{zones: [us-east-1a]}}
  eu-west-1: {{zones: [eu-west-1a]}}
  ap-south-1: {{zones: [ap-south-1a]}}
accounts:
  "{OTHER}":
    roles:
      - {{name: deploy, assumableBy: ["{ACCOUNT}"]}}
    regions:
      us-east-1:
        zones: [us-east-1a]
        vpcs: [{{id: vpc-0a1b2c3d4e5f60001, cidr: 10.0.0.0/16}}]
"""


@pytest.fixture
def two_accounts(tmp_path):
    seed = tmp_path / "seed.yaml"
    seed.write_text(SEED)
    # at the machine's own pace, so that no session ends before its test
    with sandbox_server(tmp_path / "aws", "--seed", seed, speed=1) as aws:
        yield aws


@pytest.fixture(scope="module")
def ec2(tmp_path_factory):
    with sandbox_server(tmp_path_factory.mktemp("types") / "aws") as aws:
        yield aws.client("ec2")


def code(call, **parameters):
    with pytest.raises(botocore.exceptions.ClientError) as refused:
        call(**parameters)
    return refused.value.response["Error"]["Code"]


def played(aws, service, credentials, region=REGION):
    """A client with the credentials of a role."""
    return boto3.client(
        service,
        region_name=region,
        endpoint_url=aws.url,
        aws_access_key_id=credentials["AccessKeyId"],
        aws_secret_access_key=credentials["SecretAccessKey"],
        aws_session_token=credentials.get("SessionToken"),
        config=botocore.config.Config(retries={"total_max_attempts": 1}, proxies={}),
    )


def test_a_role_of_another_account(two_accounts):
    aws = two_accounts
    answer = aws.client("sts").assume_role(RoleArn=ROLE, RoleSessionName="ci")
    arn = f"arn:aws:sts::{OTHER}:assumed-role/deploy/ci"
    assert answer["AssumedRoleUser"]["Arn"] == arn
    credentials = answer["Credentials"]
    who = played(aws, "sts", credentials).get_caller_identity()
    assert (who["Account"], who["Arn"]) == (OTHER, arn)
    vpcs = played(aws, "ec2", credentials).describe_vpcs()["Vpcs"]
    assert [(vpc["VpcId"], vpc["OwnerId"]) for vpc in vpcs] == [("vpc-0a1b2c3d4e5f60001", OTHER)]
    assert aws.client("ec2").describe_vpcs()["Vpcs"] == []
    accounts = [(call["operation"], call["account"]) for call in aws.calls.all()]
    assert accounts == [
        ("AssumeRole", ACCOUNT),
        ("GetCallerIdentity", OTHER),
        ("DescribeVpcs", OTHER),
        ("DescribeVpcs", ACCOUNT),
    ]
    assert not any(call["writes"] for call in aws.calls.all())


def test_a_session_is_refused_in_parts(two_accounts):
    credentials = two_accounts.client("sts").assume_role(RoleArn=ROLE, RoleSessionName="ci")["Credentials"]
    del credentials["SessionToken"]
    refusals = {
        "sts": ("get_caller_identity", {}, "InvalidClientTokenId"),
        "ec2": ("describe_vpcs", {}, "AuthFailure"),
        "ssm": ("get_parameter", {"Name": "x"}, "UnrecognizedClientException"),
        "eks": ("list_clusters", {}, "UnrecognizedClientException"),
    }
    for service, (operation, parameters, expected) in refusals.items():
        client = played(two_accounts, service, credentials)
        assert code(getattr(client, operation), **parameters) == expected, service


def test_a_session_ends(tmp_path):
    seed = tmp_path / "seed.yaml"
    seed.write_text(SEED)
    # A quarter of an hour of the session's passes in a moment of the test's.
    with sandbox_server(tmp_path / "aws", "--seed", seed, speed=36000) as aws:
        given = aws.client("sts").assume_role(RoleArn=ROLE, RoleSessionName="ci", DurationSeconds=900)["Credentials"]

        def refusal():
            try:
                played(aws, "sts", given).get_caller_identity()
            except botocore.exceptions.ClientError as refused:
                return refused.response["Error"]["Code"]
            return None

        assert wait_for("the session ends", refusal) == "ExpiredToken"
        assert code(played(aws, "ec2", given).describe_vpcs) == "RequestExpired"
        assert code(played(aws, "eks", given).list_clusters) == "ExpiredTokenException"
        assert code(played(aws, "ssm", given).get_parameter, Name="x") == "ExpiredTokenException"


def test_a_role_that_is_not_there(two_accounts):
    sts = two_accounts.client("sts")
    with pytest.raises(botocore.exceptions.ClientError) as refused:
        sts.assume_role(RoleArn=f"{ROLE}-nope", RoleSessionName="ci")
    error = refused.value.response["Error"]
    assert error["Code"] == "AccessDenied"
    user = f"arn:aws:iam::{ACCOUNT}:user/sandbox"
    assert error["Message"] == f"User: {user} is not authorized to perform: sts:AssumeRole on resource: {ROLE}-nope"
    # botocore asks for fifteen minutes at least and checks that itself; the longest is the role's
    assert code(sts.assume_role, RoleArn=ROLE, RoleSessionName="ci", DurationSeconds=3601) == "ValidationError"


def test_instance_types(ec2):
    pages = ec2.get_paginator("describe_instance_types").paginate(PaginationConfig={"PageSize": 10})
    types = {it["InstanceType"]: it for page in pages for it in page["InstanceTypes"]}
    assert types["m7g.large"]["SupportedBootModes"] == ["uefi"]
    assert types["m7g.large"]["ProcessorInfo"]["SupportedArchitectures"] == ["arm64"]
    assert types["t2.small"]["ProcessorInfo"]["SupportedArchitectures"] == ["i386", "x86_64"]
    (gpu,) = types["g5.xlarge"]["GpuInfo"]["Gpus"]
    assert (gpu["Manufacturer"], gpu["Name"], gpu["Count"]) == ("NVIDIA", "A10G", 1)
    (device,) = types["trn1.32xlarge"]["NeuronInfo"]["NeuronDevices"]
    assert (device["Name"], device["Count"], device["CoreInfo"]) == ("Trainium", 16, {"Count": 2, "Version": 2})
    assert types["inf2.xlarge"]["InferenceAcceleratorInfo"]["Accelerators"][0]["Name"] == "Inferentia2"
    assert "GpuInfo" not in types["m5.large"]
    for it in types.values():
        assert it["SupportedBootModes"], it
        assert it["NetworkInfo"]["MaximumNetworkInterfaces"] >= 2, it
        assert ("Hypervisor" in it) != it["BareMetal"], it


def test_instance_type_offerings(ec2):
    def places(kind, name):
        filters = [{"Name": "instance-type", "Values": [name]}]
        found = ec2.describe_instance_type_offerings(LocationType=kind, Filters=filters)["InstanceTypeOfferings"]
        return [it["Location"] for it in found]

    assert places("region", "inf1.*") == ["us-east-1"] * 3
    assert places("availability-zone", "inf1.xlarge") == ["us-east-1a", "us-east-1c"]
    ids = {zone["ZoneName"]: zone["ZoneId"] for zone in ec2.describe_availability_zones()["AvailabilityZones"]}
    assert places("availability-zone-id", "inf1.xlarge") == [ids["us-east-1a"], ids["us-east-1c"]]
    subnets = ec2.describe_subnets()["Subnets"]
    assert all(subnet["AvailabilityZoneId"] == ids[subnet["AvailabilityZone"]] for subnet in subnets)


def test_a_rate_is_kept_for_each_account_and_region(tmp_path):
    with sandbox_server(tmp_path, "--limit", "ssm:GetParameters=1") as aws:
        for client in (aws.client("ssm"), aws.client("ssm", "eu-west-1"), aws.client("ssm", key=OTHER)):
            assert client.get_parameters(Names=["none"])["InvalidParameters"] == ["none"]
            # another operation of the same group: nothing is left for it, but for a second that went by
            codes = {code(client.get_parameter, Name="/none") for _ in range(20)}
            assert "ThrottlingException" in codes <= {"ThrottlingException", "ParameterNotFound"}
        told = {(call["operation"], call["outcome"], call["status"]) for call in aws.calls.all()}
        assert {("GetParameters", "ok", 200), ("GetParameter", "throttled", 400)} <= told
        assert ("GetParameter", "ThrottlingException", 400) not in told


def test_an_operation_is_denied_in_one_region_of_three(two_accounts, tmp_path):
    seed = tmp_path / "seed.yaml"
    with sandbox_server(tmp_path / "denied", "--seed", seed, "--deny", "ec2:DescribeVpcs@eu-west-1") as aws:
        for region in ("us-east-1", "ap-south-1"):
            assert aws.client("ec2", region).describe_vpcs()["Vpcs"] == []
        for _ in range(2):
            assert code(aws.client("ec2", "eu-west-1").describe_vpcs) == "UnauthorizedOperation"


@pytest.mark.parametrize(
    ("flag", "value", "told"),
    [
        ("--limit", "ssm:GetParameters", "expected SERVICE:OPERATION=RATE"),
        ("--limit", "ssm:GetParameters=0", "a whole number of calls a second"),
        ("--limit", "s3:GetObject=4", "no service s3 here"),
        ("--deny", "eks:DescribeClusters", "no operation DescribeClusters of eks here"),
        ("--deny", "eks:DescribeCluster@Mars", "is not a region's name"),
    ],
)
def test_what_cannot_be_limited_or_denied(tmp_path, flag, value, told):
    done = run([BIN, "sandbox", flag, value], cwd=tmp_path, env=environment(tmp_path), code=None)
    assert done.code != 0
    assert told in done.err, done
