"""Insurance cards, and questions to the fund's gateway, over HTTP."""

import clinic
import places
import test_patient

CARD = {"card_no": "GD4669990000001", "registered_code": "66001", "valid_from": "2026-01-01", "valid_to": "2026-12-31"}


class Cards(test_patient.Registry):
    def setUp(self):
        super().setUp()
        self.person = self.register()["id"]
        self.path = f"/v1/patients/{self.person}/coverages"

    def add(self, status=201, **changes):
        body = {k: v for k, v in {**CARD, **changes}.items() if v is not None}
        answer = self.reception.post(self.path, body)
        self.assertEqual(answer.status, status, answer)
        return answer.json

    def faults(self, **changes):
        return {e["pointer"]: e["code"] for e in self.add(422, **changes)["errors"]}

    def test_a_card_is_added_read_and_listed(self):
        made = self.add(card_no=" gd 4 66 9990000001 ", area_code="K1", five_year_on="2025-06-01")
        self.assertEqual({k: made[k] for k in ("card_no", "object_group", "benefit_digit", "insurance_no", "valid_to", "warnings")},
                         {"card_no": "GD4669990000001", "object_group": "GD", "benefit_digit": "4", "insurance_no": "9990000001",
                          "valid_to": "2026-12-31", "warnings": []})
        self.assertEqual(self.check(self.reception.get(f"{self.path}/{made['id']}")), made)
        self.assertEqual([c["id"] for c in self.check(self.reception.get(self.path))["items"]], [made["id"]])
        self.assertEqual(self.found("9990000001"), [self.person])

    def test_rules_of_the_number(self):
        # spec: 2 letters, digit 1-5, province 01-99, 10 digits (QĐ 1351/QĐ-BHXH)
        for number in ("G14669990000001", "GD6669990000001", "GD4009990000001", "GD466999000000A"):
            with self.subTest(number):
                self.assertEqual(self.faults(card_no=number), {"/card_no": "value.malformed"})
        self.assertEqual(self.faults(card_no="GD46699900000012345678901"), {"/card_no": "value.malformed"})
        self.assertEqual(self.faults(card_no="XX966", registered_code="6601", valid_from="2026-13-01", colour="red"), {
            "/card_no": "value.too_short", "/registered_code": "value.malformed", "/valid_from": "value.bad_date",
            "/colour": "value.unknown_member"})
        self.assertEqual(self.faults(valid_to="2025-12-31", paid_copay=5, registered_code=None), {
            "/valid_to": "before_start", "/paid_copay_year": "value.missing", "/registered_code": "value.missing"})

    def test_a_prefix_that_no_list_knows_is_a_warning(self):
        # the digit is not determined by the prefix: DN with digit 2 is nothing to warn of
        self.assertEqual(self.add(card_no="DN2669990000001")["warnings"], [])
        made = self.add(card_no="QQ4669990000001", valid_from="2027-01-01", valid_to=None)
        self.assertEqual(made["warnings"], [{"code": "prefix_unknown", "pointer": "/card_no"}])

    def test_a_childs_temporary_card(self):
        # TE1 + province + 10 digits, MA_DKBD = province + 000
        made = self.add(card_no="TE1669990000001", registered_code=None)
        self.assertEqual(made["registered_code"], "66000")
        self.assertEqual({w["code"] for w in made["warnings"]}, {"temporary", "child_card_age"})
        self.assertEqual(self.faults(registered_code="66000"), {"/registered_code": "temporary_only_te1"})
        self.assertEqual(self.faults(card_no="TE1669990000001", registered_code="01000"),
                         {"/registered_code": "temporary_other_province"})

    def test_cards_do_not_overlap(self):
        first = self.add()
        answer = self.add(409, card_no="DN4669990000001", valid_from="2026-12-31", valid_to=None)
        self.assertEqual((answer["code"], answer["errors"][0]["coverage_id"]), ("coverage.overlaps", first["id"]))
        self.add(card_no="DN4669990000001", valid_from="2027-01-01", valid_to=None)
        answer = self.reception.patch(f"{self.path}/{first['id']}", {"valid_to": "2027-01-01"}, '"1"')
        self.refused(answer, 409, "coverage.overlaps")

    def test_a_card_belongs_to_one_person(self):
        self.add()
        other = self.register(full_name="Lê Thị Khác", citizen_id=None)["id"]
        answer = self.reception.post(f"/v1/patients/{other}/coverages", CARD)
        self.refused(answer, 409, "coverage.card_of_another")
        self.assertEqual(answer.json["errors"][0]["patient_id"], self.person)
        self.check(self.reception.post(f"/v1/patients/{other}/coverages", {**CARD, "accept_duplicate": True}), 201)

    def test_a_card_comes_with_its_holder_or_not_at_all(self):
        self.add()
        answer = self.reception.post("/v1/patients", test_patient.but(full_name="Lê Khác", citizen_id=None, coverages=[CARD]))
        self.assertEqual(self.refused(answer, 409, "coverage.card_of_another"), {"/coverages/0/card_no": "card_of_another"})
        self.assertEqual(self.database.value("select count(*) from reg.patient"), "1")

    def test_mending_and_voiding(self):
        made = self.add()
        path = f"{self.path}/{made['id']}"
        answer = self.reception.patch(path, {"valid_to": None, "area_code": "K2", "paid_copay": 12345.67, "paid_copay_year": 2026}, '"1"')
        changed = self.check(answer)
        self.assertEqual((changed["valid_to"], changed["area_code"], changed["paid_copay"], answer.etag), (None, "K2", "12345.67", '"2"'))
        answer = self.reception.patch(path, {"valid_from": None, "card_no": "bad", "paid_copay_year": 1}, '"2"')
        self.assertEqual(self.refused(answer, 422, "body.invalid"), {
            "/valid_from": "value.missing", "/card_no": "value.too_short", "/paid_copay_year": "value.out_of_range"})
        self.refused(self.reception.patch(path, {"area_code": "K1"}, '"1"'), 412, "version.changed")
        self.assertTrue(self.check(self.reception.post(f"{path}/void", {"reason": "nhập nhầm"}))["is_void"])
        self.refused(self.reception.patch(path, {"area_code": "K1"}, "*"), 409, "coverage.void")
        self.add()  # its time is free again
        self.assertEqual([c["is_void"] for c in self.reception.get(self.path).json["items"]], [False, True])

    def test_a_card_of_another_patient_or_tenant_is_not_found(self):
        made = self.add()
        other = self.register(full_name="Lê Thị Khác", citizen_id=None)["id"]
        self.refused(self.reception.get(f"/v1/patients/{other}/coverages/{made['id']}"), 404, "coverage.not_found")
        stranger = self.other_tenant()
        self.refused(stranger.get(f"{self.path}/{made['id']}"), 404, "patient.not_found")
        self.refused(stranger.post(self.path, CARD), 404, "patient.not_found")


class CardsInUse(clinic.Clinic):
    def test_a_card_with_an_open_visit_cannot_be_voided_and_its_bill_is_priced_anew(self):
        visit = self.check(self.staff.post("/v1/visits", {
            "patient_id": clinic.INSURED, "kind_code": "01", "object_code": "1.1", "department_id": clinic.EXAM,
            "practitioner_id": clinic.DOCTOR, "reason": "Sốt", "orders": [{"code": "SA", "quantity": 10, "status": "done"}]}), 201)  # above 15 % of the base salary
        path = f"/v1/patients/{clinic.INSURED}/coverages/{visit['coverage_id']}"
        answer = self.staff.post(f"{path}/void", {"reason": "nhập nhầm"})
        self.assertEqual((answer.status, answer.json["code"]), (409, "coverage.in_use"))
        before = self.check(self.staff.get(f"/v1/visits/{visit['id']}/bill"))
        self.check(self.staff.patch(path, {"card_no": "HT3669990010001"}, "*"))
        after = self.check(self.staff.get(f"/v1/visits/{visit['id']}/bill"))
        self.assertEqual([line["benefit_level"] for line in before["lines"] + after["lines"]], ["80.00", "95.00"])


class Checks(test_patient.Registry):
    def test_a_question_is_queued_with_its_job(self):
        person = self.register(coverages=[CARD])["id"]
        answer = self.reception.post("/v1/coverage-checks", {"patient_id": person})
        asked = self.check(answer, 202)
        self.assertEqual({k: asked[k] for k in ("card", "full_name", "born", "state", "verdict")},
                         {"card": "GD4669990000001", "full_name": "Nguyễn Văn Hải", "born": "02/05/1980", "state": "asked", "verdict": None})
        self.assertEqual(self.check(self.reception.get(answer.headers["location"])), asked)
        job = self.database.rows("select kind, payload ->> 'coverage_check_id' as id, state from job.queue")
        self.assertEqual(job, [{"kind": "coverage_check", "id": str(asked["id"]), "state": "ready"}])

    def test_by_citizen_id_when_there_is_no_card(self):
        person = self.register(born_on="1980-01-01", birth_precision="year")["id"]
        asked = self.check(self.reception.post("/v1/coverage-checks", {"patient_id": person}), 202)
        self.assertEqual((asked["card"], asked["born"]), ("999080012345", "1980"))

    def test_of_somebody_who_is_not_registered(self):
        body = {"card": "gd 4 66 9990000001", "full_name": "Lê Văn Mới", "born": "05/1980"}
        asked = self.check(self.reception.post("/v1/coverage-checks", body), 202)
        self.assertEqual((asked["card"], asked["born"], asked["patient_id"]), ("GD4669990000001", "05/1980", None))

    def test_every_fault_is_named(self):
        def faults(body):
            return self.refused(self.reception.post("/v1/coverage-checks", body), 422, "body.invalid")

        self.assertEqual(faults({}), {"/card": "value.missing", "/full_name": "value.missing", "/born": "value.missing"})
        self.assertEqual(faults({"card": "12345678901", "full_name": "Lê", "born": "31/02/1980", "urgent": True}), {
            "/card": "value.malformed", "/born": "value.bad_date", "/urgent": "value.unknown_member"})
        self.assertEqual(faults({"patient_id": 99, "visit_id": 98, "card": "9990000001", "full_name": "Lê", "born": "1980"}),
                         {"/patient_id": "reference.unknown", "/visit_id": "reference.unknown"})
        self.assertEqual(self.database.value("select count(*) from job.queue"), "0")

    def test_another_facilitys_question_is_not_found(self):
        body = {"card": "9990000001", "full_name": "Lê Văn Mới", "born": "1980"}
        asked = self.check(self.reception.post("/v1/coverage-checks", body), 202)
        for client in (self.other_tenant(), self.client("registrar", places.STATION_A)):
            self.refused(client.get(f"/v1/coverage-checks/{asked['id']}"), 404, "coverage_check.not_found")
