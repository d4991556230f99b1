"""Facilities and what is in them, staff, catalogues, over HTTP."""

import clinic
import places


class Organisation(clinic.Clinic):
    def setUp(self):
        super().setUp()
        self.admin = self.client("admin")

    def client(self, roles, *place):
        return self.hmisd.client().login(places.account(self, self.database, roles, *place))

    def refused(self, answer, status, code):
        self.assertEqual((answer.status, answer.json.get("code")), (status, code), answer)
        return {e["pointer"]: e["code"] for e in answer.json["errors"]}

    def codes(self, answer):
        return [item["code"] for item in self.check(answer)["items"]]


class Facilities(Organisation):
    STATION = {"code": "66005", "name": "Trạm y tế xã C", "kind": "station", "level": "initial", "parent_id": clinic.CENTRE}

    def test_the_tree_in_scope(self):
        items = self.check(self.admin.get("/v1/facilities"))["items"]
        self.assertEqual([(f["code"], f["depth"], f["parent_id"]) for f in items],
                         [("66001", 0, None), ("66002", 1, 10), ("66003", 1, 10)])
        station = self.client("registrar", places.STATION_A)
        self.assertEqual(self.codes(station.get("/v1/facilities")), ["66002"])
        self.assertEqual(self.codes(station.get("/v1/facilities?scope=tenant")), ["66001", "66002", "66003", "66009"])
        self.assertFalse(station.get("/v1/facilities/10").json["in_scope"])
        self.refused(self.client("admin", places.OTHER_CENTRE, places.OTHER_TENANT).get("/v1/facilities/10"), 404, "facility.not_found")

    def test_a_new_station_and_its_place(self):
        made = self.check(self.admin.post("/v1/facilities", self.STATION), 201)
        self.assertEqual((made["province_code"], made["depth"]), ("66", 1))
        self.refused(self.admin.post("/v1/facilities", self.STATION), 409, "facility.code_taken")
        path = f"/v1/facilities/{made['id']}"
        moved = self.check(self.admin.patch(path, {"parent_id": clinic.STATION, "name": "Điểm trạm C"}, '"1"'))
        self.assertEqual((moved["depth"], moved["name"]), (2, "Điểm trạm C"))
        self.assertEqual(self.refused(self.admin.patch(f"/v1/facilities/{clinic.STATION}", {"parent_id": made["id"]}, "*"), 422,
                                      "body.invalid"), {"/parent_id": "below_itself"})
        # what moves takes along what is below it
        other = self.check(self.admin.post("/v1/facilities", {**self.STATION, "code": "66006"}), 201)
        self.check(self.admin.patch(f"/v1/facilities/{clinic.STATION}", {"parent_id": other["id"]}, "*"))
        self.assertEqual(self.admin.get(path).json["depth"], 3)
        self.check(self.admin.patch(path, {"valid_to": "2026-06-30"}, "*"))
        self.assertNotIn("66005", self.codes(self.admin.get("/v1/facilities?on=2026-07-01")))
        self.assertIn("66005", self.codes(self.admin.get("/v1/facilities?on=2026-06-30")))

    def test_every_fault_is_named(self):
        body = {"code": "6600X", "name": "", "kind": "hospital", "level": "basic", "parent_id": 20, "bills_under_id": 99,
                "valid_from": "2026-02-01", "valid_to": "2026-01-01", "beds": 5}
        self.assertEqual(self.refused(self.admin.post("/v1/facilities", body), 422, "body.invalid"), {
            "/code": "value.malformed", "/name": "value.too_short", "/kind": "value.refused", "/parent_id": "reference.unknown",
            "/bills_under_id": "reference.unknown", "/valid_to": "before_start", "/beds": "value.unknown_member"})

    def test_outside_the_scope_nothing_is_changed(self):
        station_admin = self.client("admin", places.STATION_A)
        self.refused(station_admin.patch("/v1/facilities/10", {"name": "Của tôi"}, "*"), 404, "facility.not_found")
        self.assertEqual(self.refused(station_admin.post("/v1/facilities", self.STATION), 422, "body.invalid"),
                         {"/parent_id": "reference.unknown"})
        self.refused(station_admin.patch(f"/v1/rooms/{clinic.ROOM}", {"name": "Của tôi"}, "*"), 404, "room.not_found")
        self.refused(station_admin.post("/v1/facilities/10/rooms", {}), 404, "facility.not_found")

    def test_departments_rooms_beds_machines(self):
        made = {}
        for plural, body in (
                ("departments", {"code": "K11", "name": "Truyền nhiễm", "kind": "clinical", "valid_from": "2026-01-01"}),
                ("rooms", {"department_id": clinic.EXAM, "code": "P9", "name": "Phòng khám 9"}),
                ("beds", {"department_id": clinic.MEDICAL, "code": "T001", "service_code": "BED2"}),
                ("machines", {"code": "SH.1.66001.7", "name": "Máy sinh hoá", "group_code": "SH"})):
            with self.subTest(plural):
                answer = self.admin.post(f"/v1/facilities/10/{plural}", body)
                made = self.check(answer, 201)
                self.assertEqual(made, {**made, **body, "facility_id": 10, "version": 1})
                self.assertEqual(self.check(self.staff.get(answer.headers["location"])), made)
                self.assertIn(made["id"], [x["id"] for x in self.check(self.staff.get(f"/v1/facilities/10/{plural}"))["items"]])
                self.assertEqual(self.admin.post(f"/v1/facilities/10/{plural}", body).json["code"], f"{plural[:-1]}.code_taken")
                change = {"is_active": False} if plural == "rooms" else {"valid_to": "2026-03-31"}
                changed = self.check(self.admin.patch(answer.headers["location"], change, '"1"'))
                self.assertEqual(changed, {**made, **change, "version": 2})
                self.assertEqual(self.admin.patch(answer.headers["location"], change, '"1"').status, 412)
                self.assertNotIn(made["id"], [x["id"] for x in self.check(self.staff.get(f"/v1/facilities/10/{plural}?on=2026-04-01"))["items"]])
                self.assertEqual(self.staff.post(f"/v1/facilities/10/{plural}", body).status, 403)

    def test_what_does_not_fit_a_department_room_bed_or_machine(self):
        for plural, body, errors in (
                ("departments", {"code": "KHOA", "name": "X", "kind": "ward"},
                 {"/code": "reference.unknown", "/name": "value.too_short", "/kind": "value.refused"}),
                ("rooms", {"department_id": 110, "code": "P9", "name": "Phòng", "floor": 1},
                 {"/department_id": "reference.unknown", "/floor": "value.unknown_member"}),
                ("beds", {"department_id": clinic.EXAM, "code": "X001", "service_code": "NO", "valid_from": "2026-02-01", "valid_to": "2026-01-01"},
                 {"/code": "value.malformed", "/service_code": "reference.unknown", "/valid_to": "before_start"}),
                ("machines", {"code": "SH.1.66001.8", "name": "Máy", "group_code": "QQ", "department_id": 110},
                 {"/code": "other_group", "/group_code": "reference.unknown", "/department_id": "reference.unknown"})):
            with self.subTest(plural):
                self.assertEqual(self.refused(self.admin.post(f"/v1/facilities/10/{plural}", body), 422, "body.invalid"), errors)

    def test_pages(self):
        first = self.admin.get("/v1/facilities?limit=2")
        self.assertEqual(self.codes(first), ["66001", "66002"])
        cursor = first.headers["link"].split("cursor=")[1].split(">")[0].split("&")[0]
        self.assertEqual(self.codes(self.admin.get(f"/v1/facilities?limit=2&cursor={cursor}")), ["66003"])
        first = self.admin.get("/v1/facilities/10/departments?limit=2")
        cursor = first.headers["link"].split("cursor=")[1].split(">")[0].split("&")[0]
        self.assertEqual(len(self.check(self.admin.get(f"/v1/facilities/10/departments?limit=2&cursor={cursor}"))["items"]), 1)


class Staff(Organisation):
    BINH = {"code": "012345/DL-CCHN", "full_name": "Trần Thị Bình", "title": "doctor", "scopes": ["101", "102"],
            "licensed_on": "2020-01-01", "citizen_id": "999190000001",
            "posts": [{"department_id": clinic.EXAM, "hours": "2-6:0700-1130,1330-1700;7:0700-1130"}]}

    def test_a_person_is_added_and_found(self):
        made = self.check(self.admin.post("/v1/staff", self.BINH), 201)
        self.assertEqual((made["scopes"], made["has_citizen_id"], made["posts"][0]["department_code"]), (["101", "102"], True, "K01"))
        self.assertNotIn("citizen_id", made)
        for query in ("q=binh", "q=thi+tran", "q=012345", "title=doctor&facility=10"):
            self.assertEqual([s["id"] for s in self.check(self.staff.get(f"/v1/staff?{query}"))["items"]], [made["id"]], query)
        self.assertEqual(self.check(self.staff.get("/v1/staff?facility=11"))["items"], [])
        self.refused(self.admin.post("/v1/staff", self.BINH), 409, "staff.code_taken")

    def test_a_change_and_posts(self):
        made = self.check(self.admin.post("/v1/staff", self.BINH), 201)
        path = f"/v1/staff/{made['id']}"
        changed = self.check(self.admin.patch(path, {"scopes": ["103"], "valid_to": "2030-12-31"}, '"1"'))
        self.assertEqual((changed["scopes"], changed["valid_to"], changed["full_name"]), (["103"], "2030-12-31", "Trần Thị Bình"))
        self.assertEqual(self.admin.patch(path, {"title": "nurse"}, '"1"').status, 412)
        post = made["posts"][0]["id"]
        self.refused(self.admin.post(f"{path}/posts", {"department_id": clinic.EXAM}), 409, "staff.post_overlaps")
        self.check(self.admin.patch(f"{path}/posts/{post}", {"valid_to": "2026-06-30"}, '"1"'))
        self.check(self.admin.post(f"{path}/posts", {"department_id": clinic.EXAM, "valid_from": "2026-07-01"}), 201)
        self.assertEqual(len(self.check(self.admin.get(path))["posts"]), 2)

    def test_every_fault_is_named(self):
        body = {"code": "X", "full_name": "Y", "title": "king", "scopes": ["101", "xyz"], "licensed_on": "2199-01-01",
                "citizen_id": "12345678901a", "salary": 5, "posts": [{"department_id": 200, "hours": "Monday"}]}
        self.assertEqual(self.refused(self.admin.post("/v1/staff", body), 422, "body.invalid"), {
            "/code": "value.too_short", "/full_name": "value.too_short", "/title": "value.refused", "/scopes/1": "reference.unknown",
            "/licensed_on": "in_future", "/citizen_id": "value.malformed", "/salary": "value.unknown_member",
            "/posts/0/department_id": "reference.unknown", "/posts/0/hours": "value.malformed"})

    def test_another_tenant_sees_nobody(self):
        made = self.check(self.admin.post("/v1/staff", self.BINH), 201)
        stranger = self.client("admin", places.OTHER_CENTRE, places.OTHER_TENANT)
        self.refused(stranger.get(f"/v1/staff/{made['id']}"), 404, "staff.not_found")
        self.assertEqual(self.check(stranger.get("/v1/staff?q=binh"))["items"], [])


class Catalogues(Organisation):
    def look(self, name, **query):
        pairs = "&".join(f"{k}={v}" for k, v in query.items())
        return self.check(self.staff.get(f"/v1/catalogs/{name}?{pairs}"))["items"]

    def test_every_catalogue_can_be_read(self):
        for catalogue in self.check(self.staff.get("/v1/catalogs"))["items"]:
            with self.subTest(catalogue["name"]):
                self.assertIn("items", self.check(self.staff.get(catalogue["href"] + "?limit=3")))

    def test_the_best_match_comes_first(self):
        self.assertEqual(self.look("icd10", q="i10")[0]["code"], "I10")
        self.assertTrue(all("huyết áp" in x["name"].lower() for x in self.look("icd10", q="tang+huyet+ap")))
        self.assertEqual(self.look("ethnic", q="ede")[:1], [])
        self.assertEqual([x["code"] for x in self.look("ethnic", q="01")], ["01"])
        self.assertEqual(self.look("provinces", q="dak+lak")[0]["code"], "66")

    def test_rows_are_those_of_the_day(self):
        # Resolution 202/2025/QH15: Đắk Nông became part of Lâm Đồng on 2025-07-01
        self.assertEqual([x["code"] for x in self.look("provinces", q="dak+nong", on="2025-06-30")], ["67"])
        self.assertEqual(self.look("provinces", q="dak+nong", on="2025-07-01"), [])

    def test_the_tree(self):
        communes = self.look("communes", parent="66", on="2026-01-01", limit=200)
        self.assertIn("24133", [x["code"] for x in communes])
        self.assertEqual({x["province_code"] for x in communes}, {"66"})
        answer = self.staff.get("/v1/catalogs/ethnic?parent=1")
        self.assertEqual(self.refused(answer, 422, "request.parameter"), {"?parent": "not_allowed"})

    def test_the_centres_own_lists_have_prices(self):
        (item,) = self.look("local-services", q="sieu+am")
        self.assertEqual((item["code"], item["prices"]["fee"]["hospital"]), ("SA", "58600.000"))
        stranger = self.client("admin", places.OTHER_CENTRE, places.OTHER_TENANT)
        self.database.rows("delete from ref.local_service where tenant_id = 2")
        self.assertEqual(self.check(stranger.get("/v1/catalogs/local-services"))["items"], [])

    def test_lists_that_rules_look_into_can_be_read(self):
        self.database.rows('''insert into ref.local_drug_indication (tenant_id, drug_code, icd_code) values (1, '40.48', 'J02'), (1, '40.49', 'J02'), (2, '40.48', 'R51')''')
        self.database.rows('''insert into ref.local_holiday (tenant_id, name, valid) values (1, 'Quốc khánh 2026', '[2026-09-01,2026-09-03)')''')
        (item,) = self.look("drug-indications", parent="40.48")
        self.assertEqual((item["drug_code"], item["icd_code"], item["facility_id"]), ("40.48", "J02", None))
        self.assertEqual(len(self.look("drug-indications")), 2)
        (day,) = self.look("holidays", q="quoc+khanh", on="2026-09-02")
        self.assertEqual((day["name"], day["valid_from"], day["valid_to"]), ("Quốc khánh 2026", "2026-09-01", "2026-09-02"))
        self.assertEqual(self.look("holidays", on="2026-09-03"), [])
        local = {c["name"] for c in self.check(self.staff.get("/v1/catalogs"))["items"] if c["is_local"]}
        self.assertLessEqual({"local-drugs", "holidays", "service-pairs", "known-facilities", "purchases"}, local)
        self.assertNotIn("icd10", local)

    def test_small_lists_have_their_own_names(self):
        self.assertEqual([x["code"] for x in self.look("GIOI_TINH")], ["1", "2", "3"])
        self.refused(self.staff.get("/v1/catalogs/nothing"), 404, "catalog.not_found")

    def test_pages_hold_every_row_once(self):
        whole, cursor = [], ""
        while True:
            answer = self.staff.get(f"/v1/catalogs/drugs?q=natri&limit=7{cursor}")
            whole += [(x["code"], x["route_code"]) for x in self.check(answer)["items"]]
            if "link" not in answer.headers:
                break
            cursor = "&cursor=" + answer.headers["link"].split("cursor=")[1].split(">")[0].split("&")[0]
        count = self.database.value("select count(*) from ref.drug where folded like '%natri%' and valid @> sys.business_date(now())")
        self.assertEqual((len(whole), len(set(whole))), (int(count), int(count)))

    def test_signs_of_patterns_are_only_text(self):
        for q in ("%25", "_", "%27", "a%5C", "%25%27%3B--"):
            self.assertIn(self.staff.get(f"/v1/catalogs/icd10?q={q}").status, (200, 422), q)
        self.refused(self.staff.get("/v1/catalogs/icd10?cursor=zz"), 400, "cursor.invalid")
        self.refused(self.staff.get("/v1/catalogs/icd10?cursor=ff"), 400, "cursor.invalid")
