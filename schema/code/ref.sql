-- Looking catalogues up.
set local role hmis_owner;

create or replace view ref.catalog_item as
select 'icd10' as catalogue, code, name_vi, name_en, valid, folded from ref.icd10
union all select 'services', code, name_vi, '', valid, folded from ref.service
union all select 'drugs', code, ingredient, '', valid, folded from ref.drug
union all select 'supplies', code, name_vi, '', valid, folded from ref.supply
union all select 'indicators', code, name_vi, '', valid, folded from ref.indicator
union all select 'ethnic', code, name_vi, '', valid, folded from ref.ethnic
union all select 'occupations', code, name_vi, name_en, valid, folded from ref.occupation
union all select 'nationalities', code, name_vi, '', valid, folded from ref.nationality
union all select 'departments', code, name_vi, '', valid, folded from ref.department_code
union all select 'visit-types', code, name_vi, name_en, valid, folded from ref.visit_type
union all select 'object-codes', code, name_vi, '', valid, folded from ref.object_code where variant = 1
union all select 'cost-groups', code, name_vi, name_en, valid, folded from ref.cost_group
union all select 'accidents', code, name_vi, name_en, valid, folded from ref.accident
union all select 'exam-codes', code, name_vi, '', valid, folded from ref.exam_code
union all select 'machine-groups', code, name_vi, name_en, valid, folded from ref.machine_group
union all select 'practice-scopes', code, name_vi, '', valid, folded from ref.practice_scope
union all select 'provinces', code, name_vi, name_en, valid, folded from ref.admin_unit where level = 'province'
union all select 'districts', code, name_vi, name_en, valid, folded from ref.admin_unit where level = 'district'
union all select 'communes', code, name_vi, name_en, valid, folded from ref.admin_unit where level = 'commune'
union all select catalogue, code, name_vi, name_en, valid, folded from ref.code;
comment on view ref.catalog_item is 'All national catalogues in one shape, for look-ups by name';

create or replace view ref.legal_parameter as
select key, valid, value, unit, source, certainty from ref.parameter
union all select key, valid, value, unit, source, certainty from ref.benefit_parameter;
comment on view ref.legal_parameter is 'Legal figures by date, those of the benefit rules included';

create or replace function ref.price_on(kind text, item text, facility bigint, payer text, on_day date)
    returns table (price_hospital numeric, price_bhyt numeric, item_price_id bigint)
    language plpgsql stable as $$
begin
    -- the price that a bill would take
    return query
        select p.price_hospital::numeric, coalesce(p.price_bhyt, p.price_hospital)::numeric, p.item_price_id
        from bill.price_on(sys.tenant(), facility, kind, item, payer, on_day) p;
end
$$;
comment on function ref.price_on is 'Price of an item (service, drug, supply) at a facility for a payer (bhyt, fee, request, foreign) on a business day; no row when there is none';

create or replace function ref.parameter_on(wanted text, on_day date) returns text
    language plpgsql stable as $$
begin
    return (select p.value from ref.legal_parameter p where p.key = wanted and p.valid @> on_day);
end
$$;
comment on function ref.parameter_on is 'Value of a legal figure on a business day; null when there is none';
