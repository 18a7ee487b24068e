"""Node groups made by boto3 alone, past all of nodemint's checks, and the user data that they are given."""

import base64

import yaml
from support import ACCOUNT, CLUSTER, ROOT, wait_for

NODE, SHELL = "application/node.eks.aws", "text/x-shellscript"
SUBNETS = ["subnet-0aa10000000000001", "subnet-0bb20000000000002", "subnet-0cc30000000000003"]
EKS = "/aws/service/eks/optimized-ami"
AL2_KUBERNETES = "1.32"
IMAGES = {
    "AL2": f"{EKS}/{AL2_KUBERNETES}/amazon-linux-2/recommended/image_id",
    "AL2023": f"{EKS}/1.34/amazon-linux-2023/x86_64/standard/recommended/image_id",
    "Bottlerocket": "/aws/service/bottlerocket/aws-k8s-1.34/x86_64/latest/image_id",
    "Ubuntu": "/aws/service/canonical/ubuntu/eks/24.04/1.34/stable/current/amd64/hvm/ebs-gp3/ami-id",
    "Windows": "/aws/service/ami-windows-latest/Windows_Server-2022-English-Core-EKS_Optimized-1.34/image_id",
}
AMI_TYPES = {
    "AL2": "AL2_x86_64",
    "AL2023": "AL2023_x86_64_STANDARD",
    "Bottlerocket": "BOTTLEROCKET_x86_64",
    "Windows": "WINDOWS_CORE_2022_x86_64",
}


def old_seed(folder):
    """The built-in account with a cluster of the last Kubernetes version that AL2 has images for."""
    text = (ROOT / "builder/sandbox/seed/eksworkshop.yaml").read_text()
    assert text.count('version: "1.34"') == 1
    path = folder / "seed.yaml"
    path.write_text(text.replace('version: "1.34"', f'version: "{AL2_KUBERNETES}"'))
    return path


def encoded(user_data):
    return base64.b64encode(user_data if isinstance(user_data, bytes) else user_data.encode()).decode()


def template(aws, name, family, user_data, own_image):
    data = {"InstanceType": "m5.large", "UserData": encoded(user_data)}
    if own_image:
        data["ImageId"] = aws.client("ssm").get_parameter(Name=IMAGES[family])["Parameter"]["Value"]
    aws.client("ec2").create_launch_template(LaunchTemplateName=name, LaunchTemplateData=data)


def settled(aws, name, family, user_data, own_image):
    """A node group of one node with this user data, once it is ACTIVE or has failed."""
    begin(aws, name, family, user_data, own_image)
    return end(aws, name)


def begin(aws, name, family, user_data, own_image):
    template(aws, name, family, user_data, own_image)
    more = {} if own_image else {"amiType": AMI_TYPES[family]}
    aws.client("eks").create_nodegroup(
        clusterName=CLUSTER,
        nodegroupName=name,
        nodeRole=f"arn:aws:iam::{ACCOUNT}:role/eksworkshop-node",
        subnets=SUBNETS,
        scalingConfig={"minSize": 1, "maxSize": 2, "desiredSize": 1},
        launchTemplate={"name": name, "version": "1"},
        **more,
    )


def end(aws, name):
    eks = aws.client("eks")
    group = {"clusterName": CLUSTER, "nodegroupName": name}

    def look():
        shown = eks.describe_nodegroup(**group)["nodegroup"]
        return shown if shown["status"] in ("ACTIVE", "CREATE_FAILED") else None

    shown = wait_for(f"{name} settles", look)
    eks.delete_nodegroup(**group)
    return shown


def mime(*parts):
    body = "".join(f"--B\nContent-Type: {kind}\n\n{text}\n" for kind, text in parts)
    return f'MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary="B"\n\n{body}--B--\n'


def node_config(**spec):
    return yaml.safe_dump({"apiVersion": "node.eks.aws/v1alpha1", "kind": "NodeConfig", "spec": spec})


def facts(aws):
    """(name, endpoint, certificate authority, service CIDR)"""
    shown = aws.client("eks").describe_cluster(name=CLUSTER)["cluster"]
    cidr = shown["kubernetesNetworkConfig"]["serviceIpv4Cidr"]
    return shown["name"], shown["endpoint"], shown["certificateAuthority"]["data"], cidr


def whole_cluster(aws, **other):
    name, endpoint, authority, cidr = facts(aws)
    cluster = {"name": name, "apiServerEndpoint": endpoint, "certificateAuthority": authority, "cidr": cidr}
    return {key: value for key, value in {**cluster, **other}.items() if value is not None}
