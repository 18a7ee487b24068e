"""What `nodemint plan` reads, in boto3, as people write it: a client a region, paginators, one call after the other.
Prints how many calls it made. Run by bench.py, with a spec and an endpoint."""

import collections
import pathlib
import sys

import boto3
import yaml


def read(spec, endpoint):
    calls = collections.Counter()

    def client(service, region):
        made = boto3.client(service, region_name=region, endpoint_url=endpoint)
        made.meta.events.register("before-send", lambda **_: calls.update([service]))
        return made

    def everything(made, operation, key, **parameters):
        pages = made.get_paginator(operation).paginate(**parameters)
        return [item for page in pages for item in page[key]]

    clusters, used = collections.defaultdict(list), collections.defaultdict(set)
    for cluster in spec["clusters"]:
        clusters[cluster["region"]].append(cluster["name"])
    for group in spec["nodeGroups"]:
        used[group["cluster"]].add(group["launchTemplate"])
    found = collections.Counter()
    client("sts", next(iter(clusters))).get_caller_identity()
    for region, names in clusters.items():
        eks, ec2 = client("eks", region), client("ec2", region)
        groups, images, types = [], set(), set()
        for name in names:
            eks.describe_cluster(name=name)
            for group in everything(eks, "list_nodegroups", "nodegroups", clusterName=name):
                groups.append(eks.describe_nodegroup(clusterName=name, nodegroupName=group)["nodegroup"])
        wanted = set().union(*(used[name] for name in names))
        templates = everything(ec2, "describe_launch_templates", "LaunchTemplates")
        for template in templates:
            if template["LaunchTemplateName"] in wanted:
                named = {"LaunchTemplateId": template["LaunchTemplateId"]}
                versions = everything(ec2, "describe_launch_template_versions", "LaunchTemplateVersions", **named)
                data = [version["LaunchTemplateData"] for version in versions]
                images.update(one["ImageId"] for one in data)
                types.update(one["InstanceType"] for one in data)
                found["versions"] += len(versions)
        subnets = sorted({subnet for group in groups for subnet in group["subnets"]})
        for start in range(0, len(subnets), 200):
            named = [{"Name": "subnet-id", "Values": subnets[start : start + 200]}]
            found["subnets"] += len(everything(ec2, "describe_subnets", "Subnets", Filters=named))
        ec2.describe_images(ImageIds=sorted(images))
        everything(ec2, "describe_instance_types", "InstanceTypes", InstanceTypes=sorted(types))
        named = [{"Name": "instance-type", "Values": sorted(types)}]
        everything(
            ec2, "describe_instance_type_offerings", "InstanceTypeOfferings",
            LocationType="availability-zone", Filters=named,
        )  # fmt: skip
        found["groups"] += len(groups)
    return {"calls": sum(calls.values()), **found}


if __name__ == "__main__":
    print(read(yaml.safe_load(pathlib.Path(sys.argv[1]).read_text()), sys.argv[2]))
