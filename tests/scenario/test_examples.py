"""Every route's example request works, and every role may do exactly what role_permission.tsv says."""

import csv
import json
import urllib.parse

import examples
import harness
import places
from harness import ROOT, Scenario

ROLES = "registrar clinician lab pharmacist cashier claims reporter admin integration".split()


def routes():
    return json.loads(harness.run_tool([harness.binary("server/hmisd"), "--dump-routes"], "dump"))


class World:
    """A service, and what examples may refer to."""

    def __init__(self, test, config=None):
        self.test = test
        self.database = places.fill(test.create_database())
        examples.fill(self.database)
        self.account = places.account(test, self.database, ",".join(ROLES))
        self.hmisd = test.service(self.database, {"session": {"login_burst": 10000}, **(config or {})})
        self.admin = self.hmisd.client().login(self.account)

    def made(self, path, body, status=201):
        """What a POST of the administrator made."""
        answer = self.admin.post(path, body)
        self.test.assertEqual(answer.status, status, f"POST {path}: {answer}")
        return answer.json

    def request(self, client, route, for_real=True):
        return client.request(*self.example(route, for_real))

    def example(self, route, for_real=True):
        """Method, path, body and headers of a route's example, with symbols made for this one request; 1 stands for
        each unless for_real."""
        known = {}

        def value(symbol):
            if not for_real:
                return 1
            if symbol not in known:
                if symbol not in examples.SYMBOLS:
                    raise AssertionError(f"tests/scenario/examples lacks @{symbol}")
                known[symbol] = examples.SYMBOLS[symbol](self)
            return known[symbol]

        def resolved(x):
            if isinstance(x, str) and x.startswith("@"):
                return value(x[1:])
            if isinstance(x, dict):
                return {k: resolved(v) for k, v in x.items()}
            return [resolved(v) for v in x] if isinstance(x, list) else x

        path, query, headers = route["path"], {}, {}
        for param in route["params"]:
            if "example" not in param:
                continue
            text = str(resolved(param["example"]))
            if param["in"] == "path":
                path = path.replace("{%s}" % param["name"], urllib.parse.quote(text, safe=""))
            elif param["in"] == "query":
                query[param["name"]] = text
            else:
                headers[param["name"]] = text
        if query:
            path += "?" + urllib.parse.urlencode(query)
        body = resolved(route["body"]) if route["body"] is not None else None
        if route["if_match"]:
            headers["If-Match"] = (for_real and self.admin.get(path).etag) or '"1"'
        return route["method"], path, body, headers


class Examples(Scenario):
    def test_every_example_works(self):
        world = World(self)
        for route in routes():
            with self.subTest(f"{route['method']} {route['path']}"):
                # of its own, because an example may end it or change its password
                world.account = places.account(self, world.database, ",".join(ROLES))
                client = world.hmisd.client().login(world.account)
                answer = world.request(client, route)
                self.assertEqual(answer.status, route["status"], answer)
                if answer.headers.get("content-type") == "application/json":
                    self.assertIsNotNone(answer.json)

    def test_every_post_may_be_repeated_with_its_key(self):
        world = World(self)
        for route in routes():
            if route["method"] != "POST" or not route["permission"] or route["reads"]:
                continue
            with self.subTest(route["path"]):
                method, path, body, headers = world.example(route)
                headers["Idempotency-Key"] = f"repeat {route['path']}".replace(" ", "-")
                first = world.admin.request(method, path, body, headers)
                again = world.admin.request(method, path, body, headers)
                self.assertEqual(first.status, route["status"], first)
                self.assertEqual((again.status, again.body), (first.status, first.body))
                self.assertIn("idempotent-replayed", again.headers)

    def test_every_role_may_do_its_part_and_no_more(self):
        with open(ROOT / "schema/seed/role_permission.tsv", encoding="utf-8") as file:
            granted = {(row["role"], row["permission"]) for row in csv.DictReader(file, delimiter="\t")}
        world = World(self)
        clients = {role: world.hmisd.client().login(places.account(self, world.database, role)) for role in ROLES}
        for route in routes():
            if route["permission"] in (None, "any"):
                continue
            self.assertTrue(any((role, route["permission"]) in granted for role in ROLES),
                            f"{route['path']}: no role has {route['permission']}")
            for role, client in clients.items():
                with self.subTest(f"{role}: {route['method']} {route['path']}"):
                    answer = world.request(client, route)
                    if (role, route["permission"]) in granted:
                        self.assertNotIn(answer.status, (401, 403, 500), answer)
                    else:
                        self.assertEqual(answer.status, 403, answer)
                        self.assertEqual(answer.json["code"], "permission.denied")

    def test_no_route_answers_without_a_session(self):
        world = World(self)
        nobody = world.hmisd.client()
        for route in routes():
            with self.subTest(f"{route['method']} {route['path']}"):
                if route["permission"] is not None:
                    self.assertEqual(world.request(nobody, route, for_real=False).status, 401)
