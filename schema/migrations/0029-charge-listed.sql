-- What the list says of an item, kept apart from what the benefit engine applied to a visit: a visit that is priced
-- again starts from the list, not from the last answer (an uninsured visit's lines are all outside the scope).
-- Charges of before keep null and so what was applied; no visit of theirs is priced again unless it is reopened.
set local role hmis_owner;

alter table bill.charge
    add column scope_listed text,
    add column rate_insurance_listed sys.percent,
    add constraint charge_scope_listed_check check (scope_listed in ('1', '2', '3'));
comment on column bill.charge.scope_listed is 'PHAM_VI of the list where another one was applied; null = scope_code is the list''s';
comment on column bill.charge.rate_insurance_listed is 'TYLE_TT_BH of the list where another one was applied; null = rate_insurance is the list''s';
