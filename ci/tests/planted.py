"""A fleet that exists: clusters in five regions, launch templates with a history, and node groups on them, of any
size, in an embedded AWS that any client may talk to. Every tenth group is a version behind, and one launch template
has more versions than a page holds."""

import base64
import collections
import concurrent.futures
import dataclasses
import functools
import json

import yaml
from fleet import CERTIFICATE, REGIONS, document, write
from support import ACCOUNT, ROOT, wait_for

GROUPS, TEMPLATES = 10, 2
VERSION = "1.34"
# What DescribeLaunchTemplateVersions gives at once.
PAGE = 200
# In the user data of the version that the spec describes; older versions have another number in its place.
NEWEST = "generation 9999"


@dataclasses.dataclass
class Fleet:
    """How much of everything there is. Clusters are dealt to the regions in turn."""

    clusters: int
    regions: int = 5
    history: tuple = (5, 20)

    def places(self):
        """(region, cluster) of each cluster"""
        for number in range(self.clusters):
            region = REGIONS[number % self.regions]
            yield region, f"{region}-{number:03}"

    def versions(self, number):
        """How many versions the launch template of this number has."""
        fewest, most = self.history
        return PAGE + 5 if number == 0 else fewest + number * 7 % (most - fewest + 1)

    @property
    def groups(self):
        return self.clusters * GROUPS

    @property
    def templates(self):
        return self.clusters * TEMPLATES


def subnets(region, cluster):
    """Three of its own for each cluster, so that subnets too are too many for one call."""
    number = int(cluster.rpartition("-")[2])
    return [f"subnet-{number:04x}{REGIONS.index(region):012x}{zone}" for zone in range(3)]


def seed(fleet):
    base = yaml.safe_load((ROOT / "builder/sandbox/seed/eksworkshop.yaml").read_text())
    regions = {}
    for region, cluster in fleet.places():
        if region not in regions:
            vpc = {"id": "vpc-0a1b2c3d4e5f60001", "cidr": "10.0.0.0/8", "subnets": [], "securityGroups": []}
            regions[region] = {"zones": [f"{region}{zone}" for zone in "abc"], "vpcs": [vpc], "clusters": []}
        place = regions[region]
        number = len(place["clusters"])
        group = f"sg-{number:017x}"
        (vpc,) = place["vpcs"]
        vpc["securityGroups"].append({"id": group, "name": f"eks-cluster-sg-{cluster}"})
        for zone, subnet in enumerate(subnets(region, cluster)):
            cidr = f"10.{number}.{zone * 64}.0/18"
            there = {"id": subnet, "zone": place["zones"][zone], "cidr": cidr, "availableIps": 16000}
            vpc["subnets"].append(there)
        place["clusters"].append(
            {
                "name": cluster,
                "version": VERSION,
                "platformVersion": "eks.9",
                "createdAt": "2026-06-01T08:15:00Z",
                "endpoint": f"https://{cluster}.example.com",
                "certificateAuthority": CERTIFICATE,
                "role": f"arn:aws:iam::{ACCOUNT}:role/cluster",
                "vpc": vpc["id"],
                "subnets": subnets(region, cluster),
                "clusterSecurityGroup": group,
                "serviceCidr": "10.100.0.0/16",
            }
        )
    return {**base, "regions": {**base["regions"], **regions}}


def spec(fleet):
    """Everything is read from the clusters but for what a person would write."""
    clusters, templates, groups = [], [], []
    for region, cluster in fleet.places():
        clusters.append({"name": cluster, "region": region})
        for template in range(TEMPLATES):
            templates.append(
                {
                    "name": f"{cluster}-{template}",
                    "clusters": [cluster],
                    "family": "AL2023",
                    "ami": {"eksOptimized": "latest"},
                    "instanceType": "m5.large",
                    "metadataOptions": {"httpTokens": "required", "httpPutResponseHopLimit": 1},
                    "blockDevices": [{"device": "root", "size": 80, "type": "gp3", "encrypted": True}],
                    "tags": {"Name": f"{cluster}-{template}"},
                    "userData": {
                        "preBootstrap": [{"file": "userdata/10-sysctl.sh"}, {"run": f"logger {NEWEST}"}],
                        "kubelet": {"maxPods": 58},
                    },
                }
            )
        for number in range(GROUPS):
            groups.append(
                {
                    "name": f"group-{number}",
                    "cluster": cluster,
                    "launchTemplate": f"{cluster}-{number % TEMPLATES}",
                    "nodeRole": f"arn:aws:iam::{ACCOUNT}:role/node",
                    "subnets": subnets(region, cluster),
                    "scaling": {"min": 1, "max": 3, "desired": 2},
                    "labels": {"group": f"group-{number}"},
                }
            )
    return document(clusters, templates, groups)


def older(data, age):
    """The same content, so many versions ago: other user data, and another size."""
    user_data = base64.b64decode(data["UserData"])
    assert NEWEST.encode() in user_data
    before = user_data.replace(NEWEST.encode(), f"generation {9999 - age}".encode())
    size = {"UserData": base64.b64encode(before).decode(), "InstanceType": ["m5.xlarge", "m6i.large"][age % 2]}
    return {**data, **size}


def plant(fleet, project, aws, workers=1):
    """Writes the spec and the lock, and makes what they describe: the newest version of each launch template is what
    `nodemint plan` would mint. Ids are the same every time with one worker alone."""
    write(project, spec(fleet))
    project.run("resolve", "--quiet")
    # A plan that is shown has no user data in it, and one that is saved has.
    project.run("plan", "--quiet", "--out", "planned.json")
    planned = json.loads((project.folder / "planned.json").read_text())["plan"]
    owner = {"nodemint:fleet": planned["fleet"]}
    clients = {(service, region): aws.client(service, region) for service in ("ec2", "eks") for region in REGIONS}
    steps = collections.defaultdict(list)
    for step in planned["steps"]:
        steps[step["op"]["do"]].append((step["site"], step["op"]))
    assert len(steps["createLaunchTemplate"]) == fleet.templates

    def template(numbered):
        number, (region, content) = numbered
        made = make_template(clients["ec2", region], content, owner, fleet.versions(number))
        return content["name"], (made, fleet.versions(number))

    def group(numbered):
        number, (region, group) = numbered
        made, count = newest[group["version"]["template"]]
        make_group(clients["eks", region], group, owner, made, count - (number % 10 == 0))

    with concurrent.futures.ThreadPoolExecutor(workers) as pool:
        newest = dict(pool.map(template, enumerate(steps["createLaunchTemplate"])))
        list(pool.map(group, enumerate(steps["createNodeGroup"])))
    last = {group["cluster"]: (region, group["group"]) for region, group in steps["createNodeGroup"]}
    for cluster, (region, name) in last.items():
        described = {"clusterName": cluster, "nodegroupName": name}
        look = functools.partial(clients["eks", region].describe_nodegroup, **described)
        wait_for(name, lambda look=look: look()["nodegroup"]["status"] == "ACTIVE")


def make_template(ec2, content, owner, count):
    tags = [{"Key": key, "Value": value} for key, value in owner.items()]
    data = [older(content["data"], age) for age in range(count - 1, 0, -1)] + [content["data"]]
    made = ec2.create_launch_template(
        LaunchTemplateName=content["name"],
        LaunchTemplateData=data[0],
        TagSpecifications=[{"ResourceType": "launch-template", "Tags": tags}],
    )["LaunchTemplate"]["LaunchTemplateId"]
    for number, one in enumerate(data[1:], 2):
        description = content["description"] if number == count else f"version {number}"
        ec2.create_launch_template_version(
            LaunchTemplateId=made, LaunchTemplateData=one, VersionDescription=description
        )
    return made


def make_group(eks, group, owner, template, version):
    scaling = group["scaling"]
    eks.create_nodegroup(
        clusterName=group["cluster"],
        nodegroupName=group["group"],
        nodeRole=group["nodeRole"],
        subnets=group["subnets"],
        scalingConfig={"minSize": scaling["min"], "maxSize": scaling["max"], "desiredSize": scaling["desired"]},
        labels=group["labels"],
        tags=owner,
        launchTemplate={"id": template, "version": str(version)},
    )
