"""Registering, finding, mending and merging people, over HTTP."""

import unicodedata
import urllib.parse

import clinic
import places
from harness import Scenario

HAI = {"full_name": "Nguyễn Văn Hải", "born_on": "1980-05-02", "sex": "1", "citizen_id": "999080012345",
       "phone": "0912 345 678", "address": "12 Lê Duẩn", "province_code": "66", "commune_code": "24133"}


def but(**changes):
    """The person above with changes; None leaves a member out."""
    return {name: value for name, value in {**HAI, **changes}.items() if value is not None}


class Registry(Scenario):
    """A service with two tenants; self.reception registers at the centre."""

    def setUp(self):
        self.database = places.fill(self.create_database())
        self.hmisd = self.service(self.database)
        self.reception = self.client("registrar")

    def client(self, roles, *place):
        return self.hmisd.client().login(places.account(self, self.database, roles, *place))

    def other_tenant(self, roles="registrar"):
        return self.client(roles, places.OTHER_CENTRE, places.OTHER_TENANT)

    def register(self, client=None, **changes):
        return self.check((client or self.reception).post("/v1/patients", but(**changes)), 201)

    def refused(self, answer, status, code):
        """The errors of a problem with that status and code, as {pointer: code}."""
        self.assertEqual((answer.status, answer.json.get("code")), (status, code), answer)
        return {e["pointer"]: e["code"] for e in answer.json["errors"]}

    def found(self, q, client=None, **more):
        """Ids of the people found, in their order."""
        return [p["id"] for p in self.page(q, client, **more).json["items"]]

    def page(self, q, client=None, **more):
        answer = (client or self.reception).get("/v1/patients?" + urllib.parse.urlencode({"q": q, **more}))
        self.check(answer)
        return answer


class Registering(Registry):
    def test_a_person_is_registered_and_read(self):
        answer = self.reception.post("/v1/patients", HAI)
        made = self.check(answer, 201)
        self.assertEqual((made["code"], made["phone"], made["nationality_code"]), ("00000001", "0912345678", "000"))
        self.assertEqual((answer.headers["location"], answer.etag), (f"/v1/patients/{made['id']}", '"1"'))
        read = self.reception.get(answer.headers["location"])
        self.assertEqual((self.check(read), read.etag), (made, '"1"'))
        self.assertEqual(made["commune_name"], "Phường Buôn Ma Thuột")  # the map of 2025-07-01

    def test_names_are_kept_in_one_form(self):
        made = self.register(full_name=unicodedata.normalize("NFD", "  Nguyễn   Văn Hải "))
        self.assertEqual(made["full_name"], "Nguyễn Văn Hải")
        self.assertTrue(unicodedata.is_normalized("NFC", made["full_name"]))

    def test_a_reading_is_recorded(self):
        made = self.register()
        self.reception.get(f"/v1/patients/{made['id']}")
        rows = self.database.rows("select patient_id, facility_id, what from audit.access where what = 'patient'")
        self.assertEqual(rows, [{"patient_id": str(made["id"]), "facility_id": "10", "what": "patient"}])

    def test_every_fault_is_named_at_once_and_nothing_is_written(self):
        body = but(full_name="12", born_on="2026-02-30", sex="male", citizen_id="99908001234x", phone="call me back",
                   ethnic_code="99", occupation_code="XX", commune_code="00001", nickname="Hai",
                   blood_type="C", coverages=[{"card_no": "XX", "valid_from": "2026-01-01"},
                                              {"card_no": "DN9669990000001", "valid_from": "2026-02-01", "valid_to": "2026-01-01"}])
        self.assertEqual(self.refused(self.reception.post("/v1/patients", body), 422, "body.invalid"), {
            "/full_name": "no_letter", "/born_on": "value.bad_date", "/sex": "value.refused", "/citizen_id": "value.malformed",
            "/phone": "value.malformed", "/ethnic_code": "reference.unknown", "/occupation_code": "reference.unknown",
            "/commune_code": "reference.unknown", "/nickname": "value.unknown_member", "/blood_type": "value.refused",
            "/coverages/0/card_no": "value.too_short"})
        body = but(coverages=[{"card_no": "DN9669990000001", "valid_from": "2026-02-01", "valid_to": "2026-01-01"}])
        self.assertEqual(self.refused(self.reception.post("/v1/patients", body), 422, "body.invalid"), {
            "/coverages/0/card_no": "value.malformed", "/coverages/0/valid_to": "before_start"})
        self.assertEqual(self.database.value("select count(*) from reg.patient"), "0")

    def test_what_must_be_there(self):
        self.assertEqual(self.refused(self.reception.post("/v1/patients", {}), 422, "body.invalid"),
                         dict.fromkeys(["/full_name", "/born_on", "/sex", "/address", "/province_code", "/commune_code"],
                                       "value.missing"))
        self.refused(self.reception.post("/v1/patients", [HAI]), 422, "body.invalid")

    def test_birth_dates(self):
        year = self.register(born_on="1950-01-01", birth_precision="year", citizen_id=None)
        self.assertEqual((year["born_on"], year["birth_precision"]), ("1950-01-01", "year"))
        wrong = [({"born_on": "1950-03-01", "birth_precision": "year"}, "/born_on", "precision"),
                 ({"born_on": "1950-03-02", "birth_precision": "month"}, "/born_on", "precision"),
                 ({"born_on": "2199-01-01"}, "/born_on", "in_future"),
                 ({"born_on": "1850-01-01"}, "/born_on", "value.out_of_range"),
                 ({"birth_precision": "minute"}, "/born_at_minute", "value.missing"),
                 ({"birth_precision": "day", "born_at_minute": 5}, "/born_at_minute", "not_allowed")]
        for changes, pointer, code in wrong:
            with self.subTest(changes):
                answer = self.reception.post("/v1/patients", but(**changes))
                self.assertEqual(self.refused(answer, 422, "body.invalid"), {pointer: code})

    def test_a_small_child_has_a_guardian(self):
        today = self.database.value("select sys.business_date(now()) - 300")
        child = but(full_name="Nguyễn Bé", born_on=today, citizen_id=None)
        self.assertEqual(self.refused(self.reception.post("/v1/patients", child), 422, "body.invalid"),
                         {"/guardian_name": "value.missing"})
        self.check(self.reception.post("/v1/patients", {**child, "guardian_name": "Nguyễn Văn Hải", "guardian_relation": "cha"}), 201)

    def test_addresses_are_of_today(self):
        gone = but(province_code="67", commune_code="24652")  # Đắk Nông became part of Lâm Đồng on 2025-07-01
        errors = self.refused(self.reception.post("/v1/patients", gone), 422, "body.invalid")
        self.assertEqual(errors["/province_code"], "reference.unknown")
        other = but(province_code="01")
        self.assertEqual(self.refused(self.reception.post("/v1/patients", other), 422, "body.invalid"),
                         {"/commune_code": "other_province"})

    def test_a_citizen_id_belongs_to_one_person(self):
        first = self.register()
        answer = self.reception.post("/v1/patients", but(full_name="Lê Thị Khác", accept_duplicate=True))
        self.assertEqual(self.refused(answer, 409, "patient.citizen_id_taken"), {"/citizen_id": "patient.citizen_id_taken"})
        self.assertEqual(answer.json["errors"][0]["patient_id"], first["id"])
        self.register(self.other_tenant())  # another centre has its own registry

    def test_two_receptions_cannot_register_one_citizen_at_once(self):
        clients = [self.client("registrar") for _ in range(4)]
        answers = clinic.together(4, lambda i: clients[i].post("/v1/patients", but(full_name=f"Người {'ABCD'[i]}")))
        self.assertEqual(sorted(a.status for a in answers), [201, 409, 409, 409])
        self.assertEqual({a.json["code"] for a in answers if a.status == 409}, {"patient.citizen_id_taken"})

    def test_possible_duplicates_are_offered(self):
        first = self.register()
        again = but(full_name="Hai Van Nguyen", citizen_id=None)
        answer = self.reception.post("/v1/patients", again)
        self.refused(answer, 409, "patient.possible_duplicate")
        self.assertEqual([e["patient_id"] for e in answer.json["errors"]], [first["id"]])
        self.refused(self.reception.post("/v1/patients", {**again, "born_on": "1980-01-01", "birth_precision": "year"}),
                     409, "patient.possible_duplicate")
        self.register(full_name="Hai Van Nguyen", citizen_id=None, accept_duplicate=True)
        self.register(full_name="Hai Van Nguyen", citizen_id=None, born_on="1981-05-02")
        self.assertEqual(self.database.value("select count(*) from reg.patient"), "3")

    def test_a_strange_citizen_id_is_only_a_warning(self):
        made = self.register(citizen_id="999185012345")  # says: a woman of 1985
        self.assertEqual({w["pointer"]: w["code"] for w in made["warnings"]},
                         {"/sex": "citizen_id_sex", "/born_on": "citizen_id_year"})
        self.assertEqual(self.register(citizen_id="999080012346", accept_duplicate=True)["warnings"], [])

    def test_a_repeated_request_registers_once(self):
        one = self.reception.post("/v1/patients", HAI, key="k1")
        two = self.reception.post("/v1/patients", HAI, key="k1")
        self.assertEqual((one.json, self.database.value("select count(*) from reg.patient")), (two.json, "1"))


class Mending(Registry):
    def test_a_change_needs_the_version(self):
        made = self.register()
        path = f"/v1/patients/{made['id']}"
        self.assertEqual(self.reception.patch(path, {"phone": "0900000000"}, None).status, 428)
        answer = self.reception.patch(path, {"phone": "+84 900 000 001", "citizen_id": None}, '"1"')
        self.assertEqual((self.check(answer)["phone"], answer.json["citizen_id"], answer.etag), ("0900000001", None, '"2"'))
        self.assertEqual(answer.json["full_name"], "Nguyễn Văn Hải")
        self.refused(self.reception.patch(path, {"phone": "0900000002"}, '"1"'), 412, "version.changed")

    def test_a_wrong_change_is_refused_whole(self):
        made = self.register()
        body = {"full_name": None, "phone": "0900000000", "sex": "9", "death_at": "1979-01-01T00:00:00+07:00", "id": 5}
        answer = self.reception.patch(f"/v1/patients/{made['id']}", body, '"1"')
        self.assertEqual(self.refused(answer, 422, "body.invalid"), {
            "/full_name": "value.missing", "/sex": "value.refused", "/death_at": "before_birth", "/id": "value.unknown_member"})
        self.assertEqual(self.reception.get(f"/v1/patients/{made['id']}").json, made)

    def test_a_new_name_is_found_and_the_old_one_not(self):
        made = self.register()
        self.check(self.reception.patch(f"/v1/patients/{made['id']}", {"full_name": "Trần Đức Ánh", "born_on": "1981-01-01"}, '"1"'))
        self.assertEqual(self.found("duc anh tran"), [made["id"]])
        self.assertEqual(self.found("anh 1981"), [made["id"]])
        self.assertEqual(self.found("hai"), [])
        self.assertEqual(self.found("1980"), [])

    def test_another_tenant_sees_nothing(self):
        made = self.register()
        stranger = self.other_tenant()
        self.assertEqual(stranger.get(f"/v1/patients/{made['id']}").status, 404)
        self.assertEqual(stranger.patch(f"/v1/patients/{made['id']}", {"phone": "0900000000"}, "*").status, 404)
        for q in ("hai", "hai van nguyen", "999080012345", "0912345678", "02/05/1980", made["code"]):
            self.assertEqual(self.found(q, stranger), [], q)

    def test_a_station_shares_the_registry_of_its_centre(self):
        made = self.register()
        self.assertEqual(self.found("hai", self.client("clinician", places.STATION_A)), [made["id"]])


class Finding(Registry):
    def setUp(self):
        super().setUp()
        self.hai = self.register()["id"]
        self.hoa = self.register(full_name="Trần Thị Hoa", born_on="1980-01-01", birth_precision="year", sex="2",
                                 citizen_id=None, phone="0987654321")["id"]
        self.haianh = self.register(full_name="Nguyễn Hải Anh", born_on="1992-12-31", citizen_id=None, phone=None,
                                    other_id="c1234567")["id"]
        self.hill = self.register(full_name="H' Đơk Êban", born_on="2001-07-15", sex="2", citizen_id=None, phone=None,
                                  coverages=[{"card_no": "DT2 66 9990000077", "registered_code": "66001",
                                              "valid_from": "2026-01-01"}])["id"]

    def test_by_name(self):
        cases = [("nguyen van hai", [self.hai]), ("Hải Nguyễn", [self.haianh, self.hai]), ("HAI VAN", [self.hai]),
                 ("thi tran", [self.hoa]), ("nguyen", [self.haianh, self.hai]), ("ng", [self.haianh, self.hai]),
                 ("nguyen v", [self.hai]), ("hai anh nguyen", [self.haianh]), ("nguyen hai a", [self.haianh]),
                 ("dok", [self.hill]), ("dơk", [self.hill]), ("dok eban", [self.hill]), ("h dok", [self.hill]), ("eban", [self.hill]), ("h e", [self.hill]),
                 ("nvh", [self.hai]), ("n v h", [self.hai]), ("n v hai", [self.hai]), ("tran van hai", []),
                 ("hai, nguyen", [self.haianh, self.hai]), ("nguyen thi", [])]
        for q, ids in cases:
            with self.subTest(q):
                self.assertEqual(self.found(q), ids)

    def test_the_best_match_comes_first(self):
        exact = self.register(full_name="Hải Nguyễn", born_on="1970-01-01", citizen_id=None)["id"]
        turned = self.register(full_name="Nguyễn Hải", born_on="1971-01-01", citizen_id=None)["id"]
        longer = self.register(full_name="Hải Nguyễn Thu", born_on="1972-01-01", citizen_id=None)["id"]
        self.assertEqual(self.found("hai nguyen"), [exact, turned, longer, self.haianh, self.hai])
        self.assertEqual(self.found("nguyen hai"), [turned, exact, longer, self.haianh, self.hai])

    def test_by_birth_date(self):
        cases = [("02/05/1980", [self.hoa, self.hai]), ("2-5-1980", [self.hoa, self.hai]), ("02051980", [self.hoa, self.hai]),
                 ("1980", [self.hoa, self.hai]), ("05/1980", [self.hai]), ("1980-05-02", [self.hoa, self.hai]),
                 ("hai 02/05/1980", [self.hai]), ("1980 hai", [self.hai]), ("hoa 02/05/1980", [self.hoa]),
                 ("hai 1992", [self.haianh]), ("n v h 1980", [self.hai]), ("03/05/1980", [self.hoa]), ("31.12.1992", [self.haianh])]
        for q, ids in cases:
            with self.subTest(q):
                self.assertEqual(self.found(q), ids)

    def test_by_number(self):
        code = self.reception.get(f"/v1/patients/{self.hill}").json["code"]
        cases = [("999080012345", [self.hai]), ("999 080 012 345", [self.hai]), ("0912345678", [self.hai]),
                 ("0912 345 678", [self.hai]), ("+84 912 345 678", [self.hai]), ("84912345678", [self.hai]),
                 ("DT2669990000077", [self.hill]), ("dt 2 66 9990000077", [self.hill]), ("9990000077", [self.hill]),
                 (code, [self.hill]), ("C1234567", [self.haianh]), ("hai 0912345678", [self.hai]), ("hoa 0912345678", []),
                 ("0911111111", [])]
        for q, ids in cases:
            with self.subTest(q):
                self.assertEqual(self.found(q), ids)

    def test_what_cannot_be_understood(self):
        for q, code in (("31/02/1980", "value.bad_date"), ("hai 13/1980", "value.bad_date"), ("1980 1981", "two_dates"),
                        ("...", "value.too_short"), ("a b c d e f g h i j k", "value.too_long")):
            with self.subTest(q):
                answer = self.reception.get("/v1/patients?" + urllib.parse.urlencode({"q": q}))
                self.assertEqual(self.refused(answer, 422, "patient.query"), {"?q": code})
        self.assertEqual(self.reception.get("/v1/patients").status, 422)
        self.refused(self.reception.get("/v1/patients?q=hai&cursor=x"), 400, "cursor.invalid")

    def test_signs_of_patterns_are_only_text(self):
        for q in ("%", "_____", "ha%", "h_i", "'; drop table reg.patient; --", "\\", "hai\\"):
            with self.subTest(q):
                answer = self.reception.get("/v1/patients?" + urllib.parse.urlencode({"q": q}))
                self.assertIn(answer.status, (200, 422), answer)

    def test_pages_hold_everybody_once(self):
        names = ["Lê Minh", "Minh Lê", "Lê Thị Minh", "Lê Minh Châu", "Lê Văn Minhx"]
        ids = [self.register(full_name=names[i % 5], born_on=f"19{60 + i}-01-01", citizen_id=None, phone=None)["id"]
               for i in range(25)]
        whole = self.found("le minh", limit=200)
        self.assertEqual(sorted(whole), sorted(ids))
        pages, cursor = [], None
        while True:
            answer = self.page("le minh", limit=4, **({"cursor": cursor} if cursor else {}))
            pages += [p["id"] for p in answer.json["items"]]
            link = answer.headers.get("link")
            if not link:
                break
            cursor = urllib.parse.parse_qs(urllib.parse.urlsplit(link.split(">")[0].lstrip("<")).query)["cursor"][0]
        self.assertEqual(pages, whole)


class Merging(Registry):
    def setUp(self):
        super().setUp()
        self.admin = self.client("admin,registrar")
        self.one = self.register()["id"]
        self.two = self.register(full_name="Nguyễn Văn Hai", born_on="1980-05-20", citizen_id=None, phone="0999999999")["id"]

    def merge(self, survivor, merged, status=200, **more):
        return self.check(self.admin.post(f"/v1/patients/{survivor}/merge", {"merged_id": merged, "reason": "một người", **more}), status)

    def test_a_merged_id_stands_for_the_survivor(self):
        card = {"card_no": "GD4669990000002", "registered_code": "66001", "valid_from": "2026-01-01"}
        self.check(self.admin.post(f"/v1/patients/{self.two}/coverages", card), 201)
        merged = self.merge(self.one, self.two)
        self.assertEqual([m["id"] for m in merged["merged"]], [self.two])
        self.assertEqual([c["card_no"] for c in merged["coverages"]], ["GD4669990000002"])
        self.assertEqual(self.admin.get(f"/v1/patients/{self.two}").json["id"], self.one)
        self.assertEqual(self.found("0999999999"), [self.one])
        self.assertEqual(self.found("van hai"), [self.one])
        answer = self.admin.patch(f"/v1/patients/{self.two}", {"phone": "0900000000"}, "*")
        self.refused(answer, 409, "patient.merged")
        self.assertEqual(answer.json["errors"][0]["patient_id"], self.one)
        # the person's cards are one list now: another card in that time is refused on either id
        answer = self.admin.post(f"/v1/patients/{self.one}/coverages", {**card, "card_no": "DN4669990000003"})
        self.refused(answer, 409, "coverage.overlaps")

    def test_a_merge_can_be_undone(self):
        self.merge(self.one, self.two)
        answer = self.admin.post(f"/v1/patients/{self.one}/unmerge", {"merged_id": self.two, "reason": "hai người"})
        self.assertEqual(self.check(answer)["merged"], [])
        self.assertEqual(self.admin.get(f"/v1/patients/{self.two}").json["phone"], "0999999999")
        rows = self.database.rows("select survivor_id, merged_id, reason, reverse_reason, reversed_at is not null as undone from reg.merge")
        self.assertEqual(rows, [{"survivor_id": str(self.one), "merged_id": str(self.two), "reason": "một người",
                                 "reverse_reason": "hai người", "undone": "t"}])
        self.merge(self.two, self.one)  # the other way round

    def test_merges_that_make_no_sense(self):
        path = f"/v1/patients/{self.one}/merge"
        for merged, code in ((self.one, "same"), (999, "reference.unknown")):
            answer = self.admin.post(path, {"merged_id": merged, "reason": "một người"})
            self.assertEqual(self.refused(answer, 422, "body.invalid"), {"/merged_id": code})
        self.assertEqual(self.admin.post("/v1/patients/999/merge", {"merged_id": self.one, "reason": "một người"}).status, 404)
        three = self.register(full_name="Ba", born_on="1980-05-21", citizen_id="999080000003")["id"]
        self.merge(self.one, self.two)
        self.merge(self.one, self.two, 409)
        self.assertEqual(self.merge(three, self.one, 409)["code"], "patient.is_survivor")
        self.assertEqual(self.merge(self.one, three, 409)["code"], "patient.different_people")
        self.assertEqual(len(self.merge(self.one, three, accept_different=True)["merged"]), 2)
        answer = self.admin.post(f"/v1/patients/{three}/unmerge", {"merged_id": self.two, "reason": "hai người"})
        self.refused(answer, 409, "patient.merged")

    def test_an_unmerge_cannot_make_two_owners_of_a_citizen_id(self):
        three = self.register(full_name="Ba", born_on="1980-05-21", citizen_id="999080000003")["id"]
        self.merge(self.two, three)
        self.check(self.admin.patch(f"/v1/patients/{self.two}", {"citizen_id": "999080000003"}, "*"))
        answer = self.admin.post(f"/v1/patients/{self.two}/unmerge", {"merged_id": three, "reason": "hai người"})
        self.refused(answer, 409, "patient.citizen_id_taken")

    def test_two_who_merge_each_other_do_not_block(self):
        clients = [self.client("admin") for _ in range(4)]
        pairs = [(self.one, self.two), (self.two, self.one)]
        answers = clinic.together(4, lambda i: clients[i].post(
            f"/v1/patients/{pairs[i % 2][0]}/merge", {"merged_id": pairs[i % 2][1], "reason": "một người"}))
        self.assertEqual(sorted(a.status for a in answers), [200, 409, 409, 409])

    def test_only_those_who_may_merge_do(self):
        answer = self.reception.post(f"/v1/patients/{self.one}/merge", {"merged_id": self.two, "reason": "một người"})
        self.refused(answer, 403, "permission.denied")
        stranger = self.other_tenant("admin")
        self.assertEqual(stranger.post(f"/v1/patients/{self.one}/merge", {"merged_id": self.two, "reason": "xyz"}).status, 422)
