"""The main job, one command at a time: what the story's tests and others say in one word."""

from support import CLUSTER, GROUP, TEMPLATE

OLD_TYPE, NEW_TYPE = "m5.large", "m5.2xlarge"


def apply(project, *more, code=0):
    return project.run("apply", *more, "--yes", *project.quick, code=code)


def nothing_left(project):
    """Plan after apply shows nothing: the test of every change."""
    done = project.run("plan", "--detailed-exitcode", code=0)
    assert "Nothing to do" in done.out, str(done)
    return done


def first_version(project):
    """Steps 1 and 2: the group runs version 1."""
    project.run("resolve")
    apply(project)
    nothing_left(project)


def change_type(project, old=OLD_TYPE, new=NEW_TYPE):
    project.edit(f"instanceType: {old}", f"instanceType: {new}")


def second_version(project):
    """Steps 1 to 3: the group runs version 2, another instance type."""
    first_version(project)
    change_type(project)
    apply(project)
    nothing_left(project)


def describe_group(aws):
    return aws.client("eks").describe_nodegroup(clusterName=CLUSTER, nodegroupName=GROUP)["nodegroup"]


def version_of(group):
    return int(group["launchTemplate"]["version"])


def versions(aws, template=TEMPLATE):
    """Version number → description of it, as EC2 shows it."""
    pages = aws.client("ec2").get_paginator("describe_launch_template_versions").paginate(LaunchTemplateName=template)
    return {version["VersionNumber"]: version for page in pages for version in page["LaunchTemplateVersions"]}


def version_updates(aws):
    """The version updates of the group, oldest first."""
    eks = aws.client("eks")
    ids = eks.list_updates(name=CLUSTER, nodegroupName=GROUP)["updateIds"]
    found = [eks.describe_update(name=CLUSTER, nodegroupName=GROUP, updateId=one)["update"] for one in ids]
    return sorted((one for one in found if one["type"] == "VersionUpdate"), key=lambda one: one["createdAt"])
