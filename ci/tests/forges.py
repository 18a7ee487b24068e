"""A GitHub and a GitLab that the pipelines' scripts talk to: the few endpoints that they use, as strict as the real
ones about tokens, sizes and what must not be there twice."""

import contextlib
import http.server
import json
import re
import threading
import urllib.parse

TOKEN = "token-of-a-robot"
PAGE = 100


class Forge:
    """Requests, comments and whatever was asked; `kind` is github or gitlab."""

    def __init__(self, kind):
        self.kind = kind
        self.requests = {}  # number → {branch, base, title, body}
        self.comments = {}  # number → [{id, body}]
        self.asked = []  # (method, path)
        self.ids = 1000
        self.url = None

    def open(self, branch, title="a change", base="main", body=""):
        """A request that a person opens."""
        number = len(self.requests) + 7
        self.requests[number] = {"branch": branch, "base": base, "title": title, "body": body, "state": "open"}
        self.comments[number] = []
        return number

    def by_branch(self, branch):
        (number,) = [number for number, it in self.requests.items() if (it["branch"], it["state"]) == (branch, "open")]
        return number

    def say(self, number, body):
        self.ids += 1
        self.comments[number].append({"id": self.ids, "body": body})

    def plans(self, number):
        """The comments that show a plan."""
        return [it["body"] for it in self.comments[number] if it["body"].startswith("<!-- nodemint plan of . -->")]

    def answer(self, method, path, query, headers, body):
        """(status, answer)"""
        token = headers.get("Authorization") if self.kind == "github" else headers.get("PRIVATE-TOKEN")
        if token != (f"Bearer {TOKEN}" if self.kind == "github" else TOKEN):
            return 401, {"message": "Bad credentials"}
        prefix = "/repos/owner/fleet" if self.kind == "github" else "/projects/owner%2Ffleet"
        if not path.startswith(prefix + "/"):
            return 404, {"message": "Not Found"}
        rest = path.removeprefix(prefix)
        routes = self.github() if self.kind == "github" else self.gitlab()
        for wanted, pattern, handler in routes:
            found = re.fullmatch(pattern, rest)
            if found and wanted == method:
                return handler(*map(int, found.groups()), query, body)
        return 404, {"message": f"no route for {method} {rest}"}

    def github(self):
        return [
            ("GET", r"/issues/(\d+)/comments", self.list_comments),
            ("POST", r"/issues/(\d+)/comments", self.add_comment),
            ("PATCH", r"/issues/comments/(\d+)", self.edit_comment),
            ("GET", r"/pulls", self.find_request),
            ("POST", r"/pulls", self.add_request),
            ("PATCH", r"/pulls/(\d+)", self.edit_request),
        ]

    def gitlab(self):
        notes = r"/merge_requests/(\d+)/notes"
        return [
            ("GET", notes, self.list_comments),
            ("POST", notes, self.add_comment),
            ("PUT", notes + r"/(\d+)", lambda _, comment, query, body: self.edit_comment(comment, query, body)),
            ("GET", r"/merge_requests", self.find_request),
            ("POST", r"/merge_requests", self.add_request),
            ("PUT", r"/merge_requests/(\d+)", self.edit_request),
        ]

    def list_comments(self, number, query, _):
        page, size = int(query.get("page", 1)), int(query.get("per_page", 30))
        assert size <= PAGE
        return 200, self.comments[number][(page - 1) * size : page * size]

    def too_long(self, body):
        limit = 65_536 if self.kind == "github" else 1_000_000
        return len(body["body"]) > limit or not body["body"]

    def add_comment(self, number, _, body):
        if self.too_long(body):
            return 422, {"message": "Validation Failed"}
        self.say(number, body["body"])
        return 201, self.comments[number][-1]

    def edit_comment(self, comment, _, body):
        if self.too_long(body):
            return 422, {"message": "Validation Failed"}
        for one in [one for comments in self.comments.values() for one in comments if one["id"] == comment]:
            one["body"] = body["body"]
            return 200, one
        return 404, {"message": "Not Found"}

    def find_request(self, query, _):
        if self.kind == "github":
            assert query["state"] == "open"
            branch = query["head"].removeprefix("owner:")
        else:
            assert query["state"] == "opened"
            branch = query["source_branch"]
        found = [n for n, it in self.requests.items() if it["branch"] == branch and it["state"] == "open"]
        return 200, [self.shown(number) for number in found]

    def add_request(self, _, body):
        names = ("head", "base", "body") if self.kind == "github" else ("source_branch", "target_branch", "description")
        branch, base, text = (body[name] for name in names)
        if any(it["branch"] == branch and it["state"] == "open" for it in self.requests.values()):
            return 409 if self.kind == "gitlab" else 422, {"message": "A request already exists"}
        number = self.open(branch, body["title"], base, text)
        return 201, self.shown(number)

    def edit_request(self, number, _, body):
        unknown = body.keys() - {"title", "body", "description", "remove_source_branch"}
        assert not unknown, f"an edit has {unknown}"
        self.requests[number]["title"] = body["title"]
        self.requests[number]["body"] = body.get("body", body.get("description"))
        return 200, self.shown(number)

    def shown(self, number):
        name, url = ("number", "html_url") if self.kind == "github" else ("iid", "web_url")
        return {name: number, url: f"https://forge.example/owner/fleet/{number}"}


@contextlib.contextmanager
def serving(forge):
    """The forge on a free port of loopback; ends with the block."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def handle_any(self):
            address = urllib.parse.urlsplit(self.path)
            query = dict(urllib.parse.parse_qsl(address.query))
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length)) if length else None
            forge.asked.append((self.command, address.path))
            status, answer = forge.answer(self.command, address.path, query, self.headers, body)
            payload = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(payload)))
            self.end_headers()
            self.wfile.write(payload)

        do_GET = do_POST = do_PATCH = do_PUT = handle_any

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    forge.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield forge
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
