"""Registering, finding, mending and merging people, over HTTP."""

import harness
import places

HAI = {"full_name": "Nguyễn Văn Hải", "born_on": "1980-05-02", "sex": "1", "citizen_id": "999080012345",
       "phone": "0912 345 678", "address": "12 Lê Duẩn", "province_code": "66", "commune_code": "24133"}


class Patients(harness.Scenario):
    def setUp(self):
        self.database = places.fill(self.create_database())
        self.service = self.started(harness.Service(self.database, self.new_directory("hmisd")))
        self.reception = self.client("registrar")

    def client(self, roles, tenant=places.TENANT, facility=places.CENTRE):
        account = places.account(self, self.database, roles, facility, tenant)
        return self.service.client().login(account)

    def other_tenant(self, roles="registrar"):
        return self.client(roles, places.OTHER_TENANT, places.OTHER_CENTRE)

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
