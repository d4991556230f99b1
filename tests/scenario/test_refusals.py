"""Whatever is sent to a route is answered or refused in our own words: no 500, no text of PostgreSQL's. The requests
are generated from the route tables: each member of each example body, and of the shapes that bodies are checked by,
takes each of the values that a careless or hostile client sends."""

import json
import re
import urllib.parse

import harness
import places
from test_examples import ROLES, World, routes

# What PostgreSQL says of bad values (errcodes of classes 22, 23, 42) and of itself.
SERVER_WORDS = re.compile(
    r"invalid input (syntax|value)|for type \w+|out of range for|violates|duplicate key|already exists|does not exist|relation \W|"
    r"null value in|character varying|cannot be cast|could not |malformed (array|record|range)|function \w+\(|operator |syntax error|field value|"
    r"invalid byte sequence|unexpected (end|array|right)|PL/pgSQL|numeric field|\bERROR\b|\bSQL\b|plpgsql|jsonb?_|record", re.IGNORECASE)
LONG = "x" * 70000
VALUES = [None, True, "", "x", LONG, "a\u0000b", "\ud800", "1e400", "2026-02-30", "2026-02-30T25:61:00+07:00", "infinity", "0001-01-01",
          -1, 1.5, 1e30, 99999999999999999999999999, [], [[]], {"x": 1}]
RAW = [b"", b"null", b"[]", b"7", b'"x"', b"{", b"{}", b"{]", b'{"a":1,}', b'{"a":1}x', b"\xff\xfe", b'{"a":"\xff"}', b'{"a":"\xed\xa0\x80"}',
       b'{"a":"\\u0000"}', b'{"a":"\\ud800"}', b'{"a":' * 2000 + b"1" + b"}" * 2000, b'{"a":1,"a":2}', b"\xef\xbb\xbf{}",
       "{\"a\":1e999999}".encode(), b"{\"" + b"k" * 5000 + b"\":1}"]
PARAMETERS = ["", "x", "-1", "0", "99999999999999999999", "1.5", "2026-02-30", "0001-01-01", "9999-12-31", "infinity", "%00", "%FF", "é", "'",
              "x" * 3000, "a,b", "%25", "null"]


def members(value, path=()):
    """Paths of all members inside a JSON value."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield path + (key,)
        yield from members(inner, path + (key,))


def changed(value, path, new):
    """A copy of a JSON value in which one member is new."""
    if not path:
        return new
    if isinstance(value, list):
        return [changed(v, path[1:], new) if i == path[0] else v for i, v in enumerate(value)]
    return {**value, path[0]: changed(value.get(path[0], {}), path[1:], new)}


class Refusals(harness.Scenario):
    def setUp(self):
        self.world = World(self, {"database": {"statement_timeout": "20 s"}})
        self.fresh_client()
        rows = self.world.database.rows("select shape, name, kind, items from api.field order by 1, 2")
        self.shapes = {}
        for row in rows:
            self.shapes.setdefault(row["shape"], {})[row["name"]] = row

    def fresh_client(self):
        self.world.account = places.account(self, self.world.database, ",".join(ROLES))
        self.client = self.world.hmisd.client().login(self.world.account)

    def shape_of(self, body):
        """The shape that an example body is of: one that has all its members, with the fewest others."""
        fitting = [s for s, fields in self.shapes.items() if set(body) <= set(fields)]
        return min(fitting, key=lambda s: len(self.shapes[s]), default=None)

    def judge(self, answer, what):
        self.assertLess(answer.status, 500, f"{what}: {answer}")
        if answer.status < 400:
            return
        problem = answer.json
        texts = [problem.get("detail") or ""] + [e.get("detail") or "" for e in problem["errors"]]
        for text in texts:
            said = SERVER_WORDS.search(text)
            self.assertFalse(said, f"{what}: {text!r} in {problem}")
        if answer.status == 422:
            self.assertTrue(problem["errors"], f"{what}: names no field: {problem}")

    def send(self, request, body):
        method, path, _, headers = request
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self.client.request(method, path, raw, {"Content-Type": "application/json", **headers})

    def try_body(self, route, request, body, what):
        """One request; the next one, made anew when this one had an effect."""
        answer = self.send(request, body)
        self.judge(answer, f"{route['method']} {route['path']} {what}")
        if answer.status == 401:
            self.fresh_client()
        return self.world.example(route) if answer.status < 300 or answer.status in (401, 409, 412) else request

    def bodies(self, body):
        """Bodies that differ from an example in one member, and what was done."""
        places_of = [(path, VALUES) for path in members(body)]
        shape = self.shape_of(body) if isinstance(body, dict) else None
        for name, field in self.shapes.get(shape, {}).items():
            if name not in body:
                places_of.append(((name,), VALUES[::3]))
            if field["items"] in self.shapes and name not in body:
                places_of += [((name, inner), VALUES[1::3]) for inner in self.shapes[field["items"]]]
        for path, values in places_of:
            for value in values:
                if len(path) == 2 and path[0] not in body:
                    yield {**body, path[0]: [{path[1]: value}]}, f"/{path[0]}/0/{path[1]} = {str(value)[:40]!r}"
                else:
                    yield changed(body, path, value), f"/{'/'.join(map(str, path))} = {str(value)[:40]!r}"
        yield {**body, "no_such_member": 1} if isinstance(body, dict) else [], "an unknown member"

    def test_bodies(self):
        count = 0
        # facilities and staff last: what is changed in them may keep claims of later examples from being right
        for route in sorted(routes(), key=lambda r: r["path"].startswith(("/v1/facilities", "/v1/staff"))):
            if route["body"] is None:
                continue
            with self.subTest(f"{route['method']} {route['path']}"):
                request = self.world.example(route)
                for raw in RAW:
                    request = self.try_body(route, request, raw, raw[:40])
                for body, what in self.bodies(request[2]):
                    request = self.try_body(route, request, body, what)
                    count += 1
        self.assertGreater(count, 1500)

    def test_parameters(self):
        for route in routes():
            if route["method"] not in ("GET", "DELETE"):
                continue
            with self.subTest(f"{route['method']} {route['path']}"):
                method, path, _, headers = self.world.example(route, for_real=False)
                path, _, query = path.partition("?")
                for value in PARAMETERS:
                    quoted = value if value.startswith("%") else urllib.parse.quote(value)
                    for param in route["params"]:
                        if param["in"] == "path":
                            target = route["path"].replace("{%s}" % param["name"], quoted)
                            target = re.sub(r"\{\w+\}", "1", target) + ("?" + query if query else "")
                        elif param["in"] == "query":
                            kept = "&".join(q for q in query.split("&") if q and not q.startswith(param["name"] + "="))
                            target = f"{path}?{kept}&{param['name']}={quoted}"
                        else:
                            continue
                        answer = self.client.request(method, target, None, headers)
                        self.judge(answer, f"{method} {target[:80]}")
                        if answer.status == 401 or (method == "DELETE" and answer.status < 300):
                            self.fresh_client()


class Keys(harness.Scenario):
    """Every POST takes an Idempotency-Key; the sign-in, whose answer is a secret that is not kept, does nothing twice
    that matters: each sign-in opens a session of its own."""

    def test_a_key_belongs_to_one_request(self):
        world = World(self)
        for route in routes():
            if route["method"] != "POST":
                continue
            with self.subTest(route["path"]):
                method, path, body, headers = world.example(route)
                headers["Idempotency-Key"] = f"one {route['path']}".replace(" ", "-")
                first = world.admin.request(method, path, body, headers)
                self.assertEqual(first.status, route["status"], first)
                other = world.admin.request(method, path, {**body, "other": 1}, headers)
                if route["idem"] and not route["reads"]:  # a question saves nothing, its key included
                    self.assertEqual((other.status, other.json["code"]), (409, "idempotency.key_reused"))
                else:
                    self.assertIn(route["path"], ("/v1/sessions", "/v1/visits/{id}/verdict"), "a POST without Idempotency-Key")
                bad = world.admin.request(method, path, body, {**headers, "Idempotency-Key": "a b"})
                self.assertEqual((bad.status, bad.json["errors"][0]["pointer"]), (422, "?Idempotency-Key"))
