"""Fleets of any size: specs whose clusters state all that user data needs, so that only images are looked up."""

import base64
import collections
import contextlib
import http.client
import http.server
import json
import re
import threading
import urllib.parse

import yaml

REGIONS = [
    "us-east-1", "us-east-2", "us-west-2", "eu-west-1", "eu-west-2", "eu-central-1", "eu-north-1", "ap-southeast-1",
    "ap-southeast-2", "ap-northeast-1", "ca-central-1", "sa-east-1",
]  # fmt: skip
VERSIONS = ["1.31", "1.32", "1.33", "1.34"]
CERTIFICATE = base64.b64encode(b"-----BEGIN CERTIFICATE-----\nc3R1Yg==\n-----END CERTIFICATE-----\n").decode()


def cluster(region, version, **more):
    """A cluster that is not there: the spec says all of it, and nobody asks EKS."""
    return {
        "name": f"{region}-{version.replace('.', '-')}",
        "region": region,
        "version": version,
        "endpoint": f"https://{region}.example.com",
        "certificateAuthority": CERTIFICATE,
        "serviceCidr": "10.100.0.0/16",
        "ipFamily": "ipv4",
        "securityGroupId": "sg-0123456789abcdef0",
        **more,
    }


def template(name, clusters, family="AL2023", arch="x86_64", instance_type="m5.large", **more):
    return {
        "name": name,
        "clusters": [cluster["name"] for cluster in clusters],
        "family": family,
        "arch": arch,
        "ami": {"eksOptimized": "latest"},
        "instanceType": instance_type,
        **more,
    }


def document(clusters, templates, groups=()):
    return {
        "apiVersion": "nodemint.dev/v1alpha1",
        "kind": "Fleet",
        "metadata": {"name": "fleet"},
        "clusters": clusters,
        "launchTemplates": templates,
        "nodeGroups": list(groups),
    }


def write(project, spec, keep_lock=False):
    project.spec.write_text(yaml.safe_dump(spec, sort_keys=False))
    if not keep_lock:
        project.lock.unlink(missing_ok=True)


def locked(project):
    """(launch template, cluster) → its entry in the lock"""
    templates = yaml.safe_load(project.lock.read_text())["launchTemplates"]
    return {(name, cluster): image for name, images in templates.items() for cluster, image in images.items()}


class Counter:
    """A proxy that counts, because not every AWS keeps a log that says which region was asked for what."""

    def __init__(self, url):
        self.target = urllib.parse.urlsplit(url).netloc
        self.calls = []
        self.names = collections.defaultdict(list)
        # (region, method and path, body): what was asked, whole.
        self.requests = []

    def saw(self, method, path, headers, body):
        scope = re.search(r"Credential=[^/]+/\d+/([^/]+)/([^/]+)/", headers.get("Authorization", ""))
        region, service = scope.groups() if scope else ("", "")
        operation = headers.get("X-Amz-Target", "").rpartition(".")[2]
        if not operation:
            operation = dict(urllib.parse.parse_qsl(body.decode())).get("Action", path)
        if operation == "GetParameters":
            self.names[region].extend(json.loads(body)["Names"])
        self.calls.append((region, f"{service}:{operation}"))
        self.requests.append((region, f"{method} {path}", body))

    def by_region(self):
        """region → how often each operation was called there"""
        found = collections.defaultdict(collections.Counter)
        for region, operation in self.calls:
            found[region][operation] += 1
        return {region: dict(counts) for region, counts in found.items()}

    def clear(self):
        self.calls.clear()
        self.names.clear()
        self.requests.clear()


@contextlib.contextmanager
def counting(url):
    """A counter in front of an AWS; ends with the block."""
    counter = Counter(url)

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def pass_on(self):
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            counter.saw(self.command, self.path, self.headers, body)
            behind = http.client.HTTPConnection(counter.target, timeout=60)
            try:
                behind.request(self.command, self.path, body, dict(self.headers))
                answer = behind.getresponse()
                content = answer.read()
            finally:
                behind.close()
            self.send_response(answer.status)
            for name, value in answer.getheaders():
                if name.lower() not in {"content-length", "connection", "transfer-encoding", "date", "server"}:
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PUT = do_DELETE = pass_on

        def log_message(self, *arguments):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    counter.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield counter
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
