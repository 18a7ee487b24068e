"""The sandbox's public images and parameters, asked for by boto3: every family, partition and release."""

import json

import boto3
import botocore.config
import botocore.exceptions
import pytest
import yaml
from support import ROOT, sandbox_server

CONFIG = botocore.config.Config(retries={"max_attempts": 0}, parameter_validation=False)
EKS = "/aws/service/eks/optimized-ami/1.34/amazon-linux-2023/x86_64/standard/recommended"
BOTTLEROCKET = "/aws/service/bottlerocket/aws-k8s-1.34/arm64/latest"
WINDOWS = "/aws/service/ami-windows-latest/Windows_Server-2022-English-Core-EKS_Optimized-1.34"
UBUNTU = "/aws/service/canonical/ubuntu/eks/24.04/1.34/stable/current/amd64/hvm/ebs-gp3/ami-id"
GONE = "1.33.9-20261101"


@pytest.fixture(scope="module")
def url(tmp_path_factory):
    """The built-in account, and two releases that are not everywhere alike."""
    home = tmp_path_factory.mktemp("images")
    seed = yaml.safe_load((ROOT / "builder/sandbox/seed/eksworkshop.yaml").read_text())
    seed["publicImages"]["trains"] = {
        "al2023": [
            {"day": "2026-11-01", "versions": {"1.33": GONE}, "goneFrom": ["eu-west-1"]},
            {"day": "2026-11-18", "versions": {"1.34": "1.34.4-20261118"}, "notIn": ["eu-west-1"]},
        ]
    }
    (home / "seed.yaml").write_text(yaml.safe_dump(seed))
    with sandbox_server(home / "aws", "--seed", home / "seed.yaml") as aws:
        yield aws.url


def client(service, url, region="us-east-1"):
    return boto3.client(
        service,
        region_name=region,
        endpoint_url=url,
        aws_access_key_id="test",
        aws_secret_access_key="x",
        config=CONFIG,
    )


def value(url, region, name):
    return client("ssm", url, region).get_parameter(Name=name)["Parameter"]["Value"]


def code(call, **parameters):
    """The code of the error that a call must end in."""
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        call(**parameters)
    return caught.value.response["Error"]["Code"]


@pytest.mark.parametrize(
    ("region", "parameter", "owner", "root", "architecture"),
    [
        ("us-east-1", f"{EKS}/image_id", "602401143452", "/dev/xvda", "x86_64"),
        ("ap-east-1", f"{EKS}/image_id", "800184023465", "/dev/xvda", "x86_64"),
        ("cn-north-1", f"{EKS}/image_id", "918309763551", "/dev/xvda", "x86_64"),
        ("us-gov-west-1", f"{EKS}/image_id", "013241004608", "/dev/xvda", "x86_64"),
        ("us-east-1", f"{BOTTLEROCKET}/image_id", "092701018921", "/dev/xvda", "arm64"),
        ("eu-west-1", f"{BOTTLEROCKET}/image_id", "503807174151", "/dev/xvda", "arm64"),
        ("ap-southeast-2", f"{WINDOWS}/image_id", "687402702948", "/dev/sda1", "x86_64"),
        ("us-west-2", UBUNTU, "099720109477", "/dev/sda1", "x86_64"),
        ("us-gov-west-1", UBUNTU, "513442679011", "/dev/sda1", "x86_64"),
    ],
)
def test_a_parameter_names_an_image_of_its_owner(url, region, parameter, owner, root, architecture):
    image = value(url, region, parameter)
    (found,) = client("ec2", url, region).describe_images(ImageIds=[image], Owners=[owner])["Images"]
    assert (found["State"], found["Public"], found["VirtualizationType"]) == ("available", True, "hvm")
    assert (found["RootDeviceName"], found["RootDeviceType"]) == (root, "ebs")
    assert found["BlockDeviceMappings"][0]["DeviceName"] == root
    assert (found["Architecture"], found["ImageOwnerAlias"]) == (architecture, "amazon")
    assert found.get("Platform") == ("windows" if "Windows" in parameter else None)


@pytest.mark.parametrize(
    ("region", "partition"), [("us-east-1", "aws"), ("us-gov-west-1", "aws-us-gov"), ("cn-north-1", "aws-cn")]
)
def test_public_parameters_have_an_arn_without_an_account(url, region, partition):
    shown = client("ssm", url, region).get_parameter(Name=EKS)["Parameter"]
    assert shown["ARN"] == f"arn:{partition}:ssm:{region}::parameter{EKS}"
    document = json.loads(shown["Value"])
    assert document["release_version"] == value(url, region, f"{EKS}/release_version")
    assert document["image_id"] == value(url, region, f"{EKS}/image_id")


@pytest.mark.parametrize(("region", "owner"), [("us-gov-west-1", "055189784373"), ("cn-north-1", "436023608783")])
def test_windows_outside_the_commercial_partition_has_no_alias(url, region, owner):
    image = value(url, region, f"{WINDOWS}/image_id")
    (found,) = client("ec2", url, region).describe_images(ImageIds=[image])["Images"]
    assert (found["OwnerId"], found.get("ImageOwnerAlias")) == (owner, None)


def test_the_windows_of_earlier_months_have_no_parameter_but_are_there(url):
    latest = json.loads(value(url, "us-east-1", WINDOWS))
    pattern = "Windows_Server-2022-English-Core-EKS_Optimized-1.34-*"
    filters = [{"Name": "name", "Values": [pattern]}, {"Name": "platform", "Values": ["windows"]}]
    found = client("ec2", url).describe_images(Owners=["amazon"], Filters=filters)["Images"]
    assert len(found) == 3
    assert max(found, key=lambda image: image["CreationDate"])["ImageId"] == latest["image_id"]


def test_a_release_reaches_one_region_and_not_another(url):
    found = {region: value(url, region, f"{EKS}/release_version") for region in ("us-east-1", "eu-west-1")}
    assert found == {"us-east-1": "1.34.4-20261118", "eu-west-1": "1.34.3-20261012"}


def test_an_image_is_gone_after_the_parameter_named_it(url):
    folder = EKS.replace("1.34", "1.33")
    for region, gone in (("us-east-1", False), ("eu-west-1", True)):
        assert value(url, region, f"{folder}/release_version") == GONE
        image, ec2 = value(url, region, f"{folder}/image_id"), client("ec2", url, region)
        if gone:
            assert code(ec2.describe_images, ImageIds=[image]) == "InvalidAMIID.NotFound"
        else:
            assert len(ec2.describe_images(ImageIds=[image])["Images"]) == 1


def test_pages_of_a_public_path(url):
    pages = client("ssm", url).get_paginator("get_parameters_by_path")
    path = "/aws/service/bottlerocket/aws-k8s-1.34"
    sizes = [len(page["Parameters"]) for page in pages.paginate(Path=path, Recursive=True)]
    assert sizes == [10, 10, 8]


def test_deprecated_images_are_shown_to_who_asks(url):
    ec2 = client("ec2", url)
    filters = [{"Name": "name", "Values": ["amazon-eks-*1.31-v20241109"]}]
    assert ec2.describe_images(Filters=filters)["Images"] == []
    found = ec2.describe_images(Filters=filters, IncludeDeprecated=True)["Images"]
    assert {image["DeprecationTime"] for image in found} == {"2026-11-09T18:30:00.000Z"}


def test_images_by_id_are_not_paged(url):
    image, ec2 = value(url, "us-east-1", f"{EKS}/image_id"), client("ec2", url)
    assert code(ec2.describe_images, ImageIds=[image], MaxResults=5) == "InvalidParameterCombination"
    assert code(ec2.describe_images, Owners=["canonical"]) == "InvalidUserID.Malformed"
    pages = ec2.get_paginator("describe_images").paginate(Owners=["amazon"], PaginationConfig={"PageSize": 200})
    names = [image["Name"] for page in pages for image in page["Images"]]
    assert len(names) == len(set(names)) > 400


def test_labels(url):
    ssm = client("ssm", url)
    for number in ("one", "two"):
        ssm.put_parameter(Name="/team/ami", Value=number, Type="String", Overwrite=True)
    answer = ssm.label_parameter_version(Name="/team/ami", ParameterVersion=1, Labels=["stable", "1st"])
    assert (answer["InvalidLabels"], answer["ParameterVersion"]) == (["1st"], 1)
    found = {name: value(url, "us-east-1", f"/team/ami{name}") for name in ("", ":1", ":2", ":stable")}
    assert found == {"": "two", ":1": "one", ":2": "two", ":stable": "one"}
    assert code(ssm.label_parameter_version, Name="/team/none", Labels=["x"]) == "ParameterNotFound"
    more = {"Name": "/team/ami", "ParameterVersion": 9, "Labels": ["x"]}
    assert code(ssm.label_parameter_version, **more) == "ParameterVersionNotFound"
    many = {"Name": "/team/ami", "ParameterVersion": 1, "Labels": [f"l{number}" for number in range(10)]}
    assert code(ssm.label_parameter_version, **many) == "ParameterVersionLabelLimitExceeded"
    assert code(ssm.label_parameter_version, Name=EKS, Labels=["x"]) == "AccessDeniedException"
