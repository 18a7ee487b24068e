#!/usr/bin/env python3
"""Cuts the part of the AWS service models that the sandbox speaks out of botocore.

    python3 ci/sandbox-model.py            writes builder/sandbox/model/*.json
    python3 ci/sandbox-model.py --check    exits 1 if they differ from what it would write

A model keeps what a wire protocol needs (shapes, names on the wire, constraints, errors) and nothing of the
documentation. Operations that AWS has and the sandbox has not are kept by name, so that a call of one is told
apart from a call that nobody ever had.
"""

import json
import pathlib
import sys

import botocore
import botocore.session

TARGET = pathlib.Path(__file__).resolve().parent.parent / "builder/sandbox/model"

OPERATIONS = {
    "ec2": """
        CreateLaunchTemplate CreateLaunchTemplateVersion DeleteLaunchTemplate DeleteLaunchTemplateVersions
        ModifyLaunchTemplate DescribeLaunchTemplates DescribeLaunchTemplateVersions DescribeImages
        DescribeInstances DescribeInstanceTypes DescribeInstanceTypeOfferings DescribeSubnets
        DescribeSecurityGroups DescribeVpcs DescribeAvailabilityZones DescribeRegions CreateTags DeleteTags
        DescribeTags
    """,
    "eks": """
        DescribeCluster ListClusters CreateNodegroup DescribeNodegroup ListNodegroups DeleteNodegroup
        UpdateNodegroupConfig UpdateNodegroupVersion DescribeUpdate ListUpdates TagResource UntagResource
        ListTagsForResource
    """,
    "ssm": """
        GetParameter GetParameters GetParametersByPath PutParameter LabelParameterVersion DescribeParameters
    """,
    "sts": "AssumeRole GetCallerIdentity",
    "autoscaling": "DescribeAutoScalingGroups",
}

SHAPE_KEYS = ("type", "required", "enum", "min", "max", "pattern", "flattened", "timestampFormat", "union")
MEMBER_KEYS = ("shape", "location", "locationName", "queryName", "flattened", "timestampFormat", "deprecated")


def pick(source, keys):
    return {key: source[key] for key in keys if key in source}


def shape(source):
    cut = pick(source, SHAPE_KEYS)
    if "members" in source:
        cut["members"] = {name: pick(member, MEMBER_KEYS) for name, member in source["members"].items()}
    for part in ("member", "key", "value"):
        if part in source:
            cut[part] = pick(source[part], MEMBER_KEYS)
    if source.get("exception"):
        error = source.get("error", {})
        cut["error"] = {
            "code": error.get("code"),
            "status": error.get("httpStatusCode", 500 if source.get("fault") else 400),
        }
    return cut


def reached(shapes, roots):
    """The names of all shapes that can be reached from the roots."""
    seen, todo = set(), list(roots)
    while todo:
        name = todo.pop()
        if name in seen:
            continue
        seen.add(name)
        source = shapes[name]
        todo += [member["shape"] for member in source.get("members", {}).values()]
        todo += [source[part]["shape"] for part in ("member", "key", "value") if part in source]
    return sorted(seen)


def operation(source):
    cut = {"method": source["http"]["method"], "uri": source["http"]["requestUri"]}
    for part in ("input", "output"):
        if part in source:
            cut[part] = source[part]["shape"]
    if "resultWrapper" in source.get("output", {}):
        cut["resultWrapper"] = source["output"]["resultWrapper"]
    if "errors" in source:
        cut["errors"] = [error["shape"] for error in source["errors"]]
    return cut


def model(session, service):
    full = session.get_service_model(service)._service_description
    wanted = OPERATIONS[service].split()
    operations = {name: operation(full["operations"][name]) for name in wanted}
    roots = [op[part] for op in operations.values() for part in ("input", "output") if part in op]
    roots += [error for op in operations.values() for error in op.get("errors", [])]
    metadata = full["metadata"]
    others = {}
    for name, source in sorted(full["operations"].items()):
        if name not in operations:
            http = source["http"]
            others[name] = f"{http['method']} {http['requestUri']}" if metadata["protocol"] == "rest-json" else ""
    return {
        "botocore": botocore.__version__,
        **pick(metadata, ("apiVersion", "protocol", "xmlNamespace", "targetPrefix")),
        "operations": operations,
        "otherOperations": others,
        "shapes": {name: shape(full["shapes"][name]) for name in reached(full["shapes"], roots)},
    }


def main():
    session = botocore.session.get_session()
    stale = []
    for service in OPERATIONS:
        path = TARGET / f"{service}.json"
        text = json.dumps(model(session, service), sort_keys=True, separators=(",", ":")) + "\n"
        if "--check" in sys.argv[1:]:
            if not path.exists() or path.read_text() != text:
                stale.append(path.name)
        else:
            TARGET.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
    if stale:
        sys.exit(f"not what botocore {botocore.__version__} gives: {', '.join(stale)}")


if __name__ == "__main__":
    main()
