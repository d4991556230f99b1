"""hmis tenant: two legal units in one database, made from the command line, that do not see each other."""

import secrets
import subprocess

import harness

PASSWORD = secrets.token_urlsafe(16)


class Tenants(harness.Scenario):
    def setUp(self):
        self.database = self.create_database()
        self.password = self.directory / "password"
        self.password.write_text(PASSWORD + "\n", encoding="utf-8")

    def hmis(self, *words):
        return subprocess.run([harness.binary("cli/hmis"), "tenant", *words, "--database", self.database.url()], capture_output=True,
                              text=True, check=False, env=harness.clean_environment())

    def add(self, code="T1", facility="66001", username="quantri", **more):
        options = {"name": f"Trung tâm {code}", "facility_name": f"TTYT {facility}", **more}
        words = [w for k, v in options.items() for w in ("--" + k.replace("_", "-"), v)]
        return self.hmis("add", "--code", code, "--facility", facility, "--username", username, "--password-file", self.password, *words)

    def listed(self):
        done = self.hmis("list")
        self.assertEqual(done.returncode, 0, done.stderr)
        return [line.split("\t") for line in done.stdout.splitlines()]

    def test_two_tenants_from_nothing(self):
        self.assertEqual(self.listed(), [["code", "name", "facilities", "users", "visits"]])
        for code, facility in (("T1", "66001"), ("T2", "67001")):
            done = self.add(code, facility)
            self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertEqual(self.listed()[1:], [["T1", "Trung tâm T1", "1", "1", "f"], ["T2", "Trung tâm T2", "1", "1", "f"]])
        hmisd = self.service(self.database)
        seen = []
        for code, facility in (("T1", "66001"), ("T2", "67001")):
            client = hmisd.client()
            answer = client.post("/v1/sessions", {"username": "quantri", "password": PASSWORD, "tenant": code}, key=False)
            client.token = self.check(answer, 201)["token"]
            self.assertEqual([f["code"] for f in self.check(client.get("/v1/facilities"))["items"]], [facility])
            person = {"full_name": f"Nguyễn Văn {code}", "born_on": "1980-01-02", "sex": "1"}
            made = client.post("/v1/patients", person)
            seen.append((client, made))
            station = {"code": facility[:3] + "91", "name": "TYT xã", "kind": "station", "level": "initial",
                       "parent_id": self.check(client.get("/v1/facilities"))["items"][0]["id"]}
            self.check(client.post("/v1/facilities", station), 201)
        for client, (_, other) in zip([c for c, _ in seen], reversed(seen)):
            if other.status == 201:
                self.assertEqual(client.get(f"/v1/patients/{other.json['id']}").status, 404)
        self.assertEqual([row[2] for row in self.listed()[1:]], ["2", "2"])

    def test_what_cannot_be_made_is_named_and_leaves_nothing(self):
        self.assertEqual(self.add().returncode, 0)
        for more, said in (({}, "--code: "), ({"code": "T3"}, "--facility: "), ({"code": "T 3", "facility": "66009"}, "--code: "),
                           ({"code": "T3", "facility": "6600"}, "--facility: "), ({"code": "T3", "facility": "66009", "name": " "}, "--name: "),
                           ({"code": "T3", "facility": "66009", "kind": "castle"}, "--kind: "),
                           ({"code": "T3", "facility": "66009", "level": "9"}, "--level: "),
                           ({"code": "T3", "facility": "66009", "province": "00"}, "--province: "),
                           ({"code": "T3", "facility": "66009", "username": "Ánh"}, "--username: ")):
            done = self.add(**more)
            self.assertEqual(done.returncode, 2, done)
            self.assertIn(said, done.stderr)
        self.password.write_text("short\n", encoding="utf-8")
        done = self.add("T3", "66009")
        self.assertEqual(done.returncode, 2)
        self.assertIn("password", done.stderr)
        self.assertEqual(len(self.listed()), 2)
        self.assertEqual(self.hmis("add").returncode, 2)
