"""Registering, finding, mending and merging people, over HTTP."""

import harness

HAI = {"full_name": "Nguyễn Văn Hải", "born_on": "1980-05-02", "sex": "1", "citizen_id": "999080012345",
       "phone": "0912 345 678", "address": "12 Lê Duẩn", "province_code": "66", "commune_code": "24133"}


class Patients(harness.Scenario):
    def setUp(self):
        self.database = self.create_database()
        self.district = harness.District(self.database)
        self.service = self.started(harness.Service(self.database, self.new_directory("hmisd")))
        self.reception = self.client("registrar")

    def client(self, roles, tenant=None, facility=None):
        account = self.account(self.database, roles, tenant or self.district.tenant, facility or self.district.centre)
        return self.service.client().login(account)

    def other_tenant(self, roles="registrar"):
        return self.client(roles, self.district.other_tenant, self.district.other_centre)

    def register(self, client=None, **changes):
        return self.check((client or self.reception).post("/v1/patients", {**HAI, **changes}), 201)

    def ids(self, q, client=None, **more):
        import urllib.parse
        query = urllib.parse.urlencode({"q": q, **more})
        return [p["id"] for p in self.check((client or self.reception).get(f"/v1/patients?{query}"))["items"]]

    def test_a_person_is_registered_read_and_found(self):
        made = self.register()
        answer = self.reception.get(f"/v1/patients/{made['id']}")
        self.assertEqual(self.check(answer)["full_name"], "Nguyễn Văn Hải")
        self.assertEqual(answer.etag, '"1"')
        self.assertEqual(self.ids("hai van nguyen"), [made["id"]])
