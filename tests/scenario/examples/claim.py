"""A closed insured visit, its claim with a stored version, a run."""

import clinic
from examples import care


def insured_visit(world):
    made = care.visit(world, patient_id=clinic.INSURED, object_code="1.1")
    world.made(f"/v1/visits/{made}/close", {"result_code": "1", "outcome_code": "1"}, 200)
    return made


def claim(world):
    """MA_LK of a claim with version 1."""
    visit = insured_visit(world)
    return world.database.value(
        "with c as (select * from claim.claim where visit_id = :'visit'), v as (insert into claim.version (tenant_id, "
        "facility_id, claim_id, version_no, reason, content_sha256, envelope, is_signed, line_count) select tenant_id, "
        "facility_id, claim_id, 1, 'first', sha256('x'), '<GIAMDINHHS/>', false, 0 from c) select ma_lk from c", visit=visit)


def returned_claim(world):
    made = claim(world)
    world.database.rows(
        "update claim.version set is_signed = true where claim_id = (select claim_id from claim.claim where ma_lk = :'it'); "
        "update claim.claim set state = 'built' where ma_lk = :'it'; update claim.claim set state = 'signed', version_no = 1 where "
        "ma_lk = :'it'; update claim.claim set state = 'sent' where ma_lk = :'it'; update claim.claim set state = 'returned' where "
        "ma_lk = :'it'", it=made)
    return made


def draft_visit(world):
    """An open insured visit."""
    return care.visit(world, patient_id=clinic.INSURED, object_code="1.1")


RULE = ('rule TT-009 warning on XML3 field SO_LUONG\n  when SO_LUONG > 20\n  vi "Số lượng lớn" en "Large quantity"\n'
        '  example outpatient\n    set XML3[1].SO_LUONG = "21"')


def rule_preview(world):
    return world.made("/v1/rules/preview", {"text": RULE}, 202)["id"]


def claim_run(world):
    return world.made("/v1/claim-runs", {"facility": "66001", "month": "2026-11"}, 202)["id"]


SYMBOLS = {"insured_visit": insured_visit, "claim": claim, "returned_claim": returned_claim, "claim_run": claim_run,
           "draft_visit": draft_visit, "rule_preview": rule_preview}
