-- Indexes by which the checks across claims find the neighbours of a visit (claim.facts_near): what a practitioner
-- carried out or ordered, and what a machine or a shared bed was used for, by time. PostgreSQL keeps them up to date
-- as visits change. Patients' visits (care.visit_patient_idx) and beds (care.movement_bed_excl) have theirs already.
set local role hmis_owner;

-- Row-level security lets only leakproof expressions find rows: hence "case", where one would write coalesce().
-- Imaging, functional tests, operations, consultations and procedures only: those are carried out one at a time
create index charge_performer_idx on bill.charge (tenant_id,
    (case when performer_codes[1] is null then practitioner_codes[1] else performer_codes[1] end), performed_at)
    where group_code in (2, 3, 8, 13, 18) and not is_void and performed_at is not null;
create index charge_second_performer_idx on bill.charge (tenant_id, (performer_codes[2]), performed_at)
    where performer_codes[2] is not null and group_code in (8, 18) and not is_void;
create index charge_machine_idx on bill.charge (tenant_id, machine_code, performed_at)
    where machine_code is not null and group_code in (2, 3, 8, 18) and not is_void;
create index service_order_ordered_by_idx on care.service_order (tenant_id, ordered_by_id, ordered_at);
create index prescription_prescribed_by_idx on care.prescription (tenant_id, prescribed_by_id, prescribed_at);
create index movement_shared_bed_idx on care.movement (tenant_id, bed_id) where bed_id is not null and shared_by > 1;
