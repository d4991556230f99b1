-- Catalogues: one function for all of them, told by the rows of api.catalogue what to read.
set local role hmis_owner;

delete from api.catalogue;
insert into api.catalogue (name, name_vi, name_en, relation, local_kind, condition, label, sub, parent) values
    ('icd10', 'Bệnh (ICD-10)', 'Diagnoses (ICD-10)', 'ref.icd10', null, 'true', 't.name_vi', '''''', 't.parent_code'),
    ('services', 'Dịch vụ kỹ thuật (danh mục chung)', 'Services, national list', 'ref.service', null, 'true', 't.name_vi', '''''', null),
    ('drugs', 'Thuốc (danh mục chung)', 'Drugs, national list', 'ref.drug', null, 'true', 't.ingredient', 't.route_code', null),
    ('supplies', 'Vật tư y tế (danh mục chung)', 'Supplies, national list', 'ref.supply', null, 'true', 't.name_vi', '''''', 't.group_code'),
    ('local-services', 'Dịch vụ của đơn vị', 'Services of the centre', 'ref.local_service', 'service', 'true', 't.name_vi', 'coalesce(t.facility_id, 0)::text', null),
    ('local-drugs', 'Thuốc của đơn vị', 'Drugs of the centre', 'ref.local_drug', 'drug', 'true', 't.name_vi', 'coalesce(t.facility_id, 0)::text', null),
    ('local-supplies', 'Vật tư của đơn vị', 'Supplies of the centre', 'ref.local_supply', 'supply', 'true', 't.name_vi', 'coalesce(t.facility_id, 0)::text', null),
    ('indicators', 'Chỉ số xét nghiệm', 'Result indicators', 'ref.indicator', null, 'true', 't.name_vi', 't.service_code', 't.service_code'),
    ('departments', 'Mã khoa', 'Department codes', 'ref.department_code', null, 'true', 't.name_vi', '''''', null),
    ('visit-types', 'Loại khám chữa bệnh', 'Kinds of visit', 'ref.visit_type', null, 'true', 't.name_vi', '''''', null),
    ('object-codes', 'Đối tượng đến khám', 'Objects of a visit', 'ref.object_code', null, 't.variant = 1', 't.name_vi', '''''', null),
    ('cost-groups', 'Nhóm chi phí', 'Cost groups', 'ref.cost_group', null, 'true', 't.name_vi', '''''', null),
    ('accidents', 'Tai nạn', 'Accidents', 'ref.accident', null, 'true', 't.name_vi', '''''', null),
    ('exam-codes', 'Mã khám bệnh', 'Consultation codes', 'ref.exam_code', null, 'true', 't.name_vi', '''''', null),
    ('machine-groups', 'Nhóm máy', 'Machine groups', 'ref.machine_group', null, 'true', 't.name_vi', '''''', null),
    ('practice-scopes', 'Phạm vi hành nghề', 'Scopes of practice', 'ref.practice_scope', null, 'true', 't.name_vi', '''''', null),
    ('ethnic', 'Dân tộc', 'Ethnic groups', 'ref.ethnic', null, 'true', 't.name_vi', '''''', null),
    ('occupations', 'Nghề nghiệp', 'Occupations', 'ref.occupation', null, 'true', 't.name_vi', '''''', 't.parent_code'),
    ('nationalities', 'Quốc tịch', 'Nationalities', 'ref.nationality', null, 'true', 't.name_vi', '''''', null),
    ('admin-units', 'Đơn vị hành chính', 'Administrative units', 'ref.admin_unit', null, 'true', 't.name_vi', 't.level', 't.parent_code'),
    ('provinces', 'Tỉnh, thành phố', 'Provinces', 'ref.admin_unit', null, 't.level = ''province''', 't.name_vi', '''''', null),
    ('districts', 'Huyện (trước 01/07/2025)', 'Districts (until 2025-06-30)', 'ref.admin_unit', null, 't.level = ''district''', 't.name_vi', '''''', 't.parent_code'),
    ('communes', 'Xã, phường', 'Communes', 'ref.admin_unit', null, 't.level = ''commune''', 't.name_vi', '''''', 't.parent_code'),
    ('codes', 'Các danh mục mã nhỏ', 'Small code lists', 'ref.code', null, 'true', 't.name_vi', 't.catalogue', 't.catalogue');
-- Lists of the centre that have no items and prices of their own; what they have no column for is made here.
insert into api.catalogue (name, name_vi, name_en, relation, local_kind, condition, label, sub, parent) values
    ('known-facilities', 'Cơ sở khám chữa bệnh cả nước', 'Facilities of the country', '(select x.*, sys.fold(x.code || '' '' || x.name_vi) as folded from ref.local_facility x)', null, '(t.facility_id is null or t.facility_id = (select sys.facility()))', 't.name_vi', 'coalesce(t.facility_id, 0)::text', 't.province_code'),
    ('drug-routes', 'Đường dùng thuốc', 'Routes of administration', '(select x.*, sys.fold(x.name_vi) as folded from ref.local_route x)', null, '(t.facility_id is null or t.facility_id = (select sys.facility()))', 't.name_vi', 'coalesce(t.facility_id, 0)::text', null),
    ('traditional-diseases', 'Bệnh y học cổ truyền', 'Traditional-medicine diseases', '(select x.*, sys.fold(x.name_vi) as folded from ref.local_traditional x)', null, '(t.facility_id is null or t.facility_id = (select sys.facility()))', 't.name_vi', 'coalesce(t.facility_id, 0)::text', null),
    ('icd-flags', 'Cờ của mã bệnh', 'Flags of disease codes', '(select x.*, x.icd_code as code, sys.fold(x.icd_code || '' '' || x.note) as folded from ref.local_icd_flag x)', null, '(t.facility_id is null or t.facility_id = (select sys.facility()))', 't.flag', 't.flag || '' '' || coalesce(t.facility_id, 0)::text', 't.flag'),
    ('local-indicators', 'Chỉ số xét nghiệm của đơn vị', 'Result indicators of the centre', '(select x.*, sys.fold(x.code || '' '' || x.name_vi) as folded from ref.local_indicator x)', null, '(t.facility_id is null or t.facility_id = (select sys.facility()))', 't.name_vi', 't.service_code || '' '' || coalesce(t.facility_id, 0)::text', 't.service_code'),
    ('drug-indications', 'Chỉ định của thuốc', 'Indications of drugs', '(select x.*, x.drug_code as code, sys.fold(x.drug_code || '' '' || x.icd_code) as folded from ref.local_drug_indication x)', null, '(t.facility_id is null or t.facility_id = (select sys.facility()))', 't.icd_code', 't.icd_code || '' '' || coalesce(t.facility_id, 0)::text', 't.drug_code'),
    ('drug-diseases', 'Chống chỉ định thuốc với bệnh', 'Diseases that forbid a drug', '(select x.*, x.drug_code as code, sys.fold(x.drug_code || '' '' || x.icd_code || '' '' || x.note) as folded from ref.local_drug_disease x)', null, '(t.facility_id is null or t.facility_id = (select sys.facility()))', 't.icd_code', 't.icd_code || '' '' || coalesce(t.facility_id, 0)::text', 't.drug_code'),
    ('drug-pairs', 'Tương tác thuốc chống chỉ định', 'Substances that must not be given together', '(select x.*, x.substance as code, sys.fold(x.substance || '' '' || x.other_substance) as folded from ref.local_drug_pair x)', null, '(t.facility_id is null or t.facility_id = (select sys.facility()))', 't.substance || '' × '' || t.other_substance', 't.other_substance || '' '' || coalesce(t.facility_id, 0)::text', null),
    ('drug-departments', 'Khoa được dùng thuốc', 'Departments a drug is paid in', '(select x.*, x.drug_code as code, sys.fold(x.drug_code || '' '' || x.department_code) as folded from ref.local_drug_department x)', null, '(t.facility_id is null or t.facility_id = (select sys.facility()))', 't.department_code', 't.department_code || '' '' || coalesce(t.facility_id, 0)::text', 't.drug_code'),
    ('service-pairs', 'Dịch vụ thành phần, dịch vụ loại trừ', 'Parts of services and services that exclude each other', '(select x.*, x.service_code as code, sys.fold(x.service_code || '' '' || x.other_code) as folded from ref.local_service_pair x)', null, '(t.facility_id is null or t.facility_id = (select sys.facility()))', 't.other_code', 't.relation || '' '' || t.other_code || '' '' || coalesce(t.facility_id, 0)::text', 't.relation'),
    ('service-diseases', 'Chỉ định của dịch vụ', 'Diseases that indicate a service', '(select x.*, x.service_code as code, sys.fold(x.service_code || '' '' || x.icd_code) as folded from ref.local_service_disease x)', null, '(t.facility_id is null or t.facility_id = (select sys.facility()))', 't.icd_code', 't.icd_code || '' '' || coalesce(t.facility_id, 0)::text', 't.service_code'),
    ('purchases', 'Số lượng mua và tồn đầu kỳ', 'Bought quantities and opening stock', '(select x.*, x.item_code as code, sys.fold(x.item_code || '' '' || x.tender) as folded from ref.local_purchase x)', null, '(t.facility_id is null or t.facility_id = (select sys.facility()))', 't.tender', 't.item_kind || '' '' || t.tender || '' '' || coalesce(t.facility_id, 0)::text', 't.item_kind'),
    ('holidays', 'Ngày nghỉ lễ', 'Public holidays', '(select x.*, to_char(lower(x.valid), ''YYYYMMDD'') as code, sys.fold(x.name) as folded from ref.local_holiday x)', null, '(t.facility_id is null or t.facility_id = (select sys.facility()))', 't.name', 't.name || '' '' || coalesce(t.facility_id, 0)::text', null),
    ('scope-services', 'Dịch vụ theo phạm vi hành nghề', 'Services of a scope of practice', '(select x.*, x.scope_code as code, sys.fold(x.scope_code || '' '' || x.service_code) as folded from ref.local_scope_service x)', null, '(t.facility_id is null or t.facility_id = (select sys.facility()))', 't.service_code', 't.service_code || '' '' || coalesce(t.facility_id, 0)::text', 't.scope_code'),
    ('staff-services', 'Dịch vụ giao thêm cho người hành nghề', 'Services a practitioner may do besides', '(select x.*, x.staff_code as code, sys.fold(x.staff_code || '' '' || x.service_code) as folded from ref.local_staff_service x)', null, '(t.facility_id is null or t.facility_id = (select sys.facility()))', 't.service_code', 't.service_code || '' '' || coalesce(t.facility_id, 0)::text', 't.staff_code');

create or replace function api.catalog_names() returns api.reply
    language plpgsql stable as $$
begin
    return (200, json_build_object('items', (select json_agg(row_to_json(x) order by x.name) from (
        select c.name, c.name_vi, c.name_en, c.relation like '%ref.local\_%' as is_local, c.parent is not null as has_parent,
            '/v1/catalogs/' || c.name as href from api.catalogue c
        union all
        select distinct k.catalogue, k.catalogue, k.catalogue, false, false, '/v1/catalogs/' || k.catalogue from ref.code k) x))::text,
        null, null, null, null)::api.reply;
end
$$;
comment on function api.catalog_names is 'GET /v1/catalogs';

-- A catalogue's row; a name that is none of them may be one of the small lists of ref.code.
create or replace function api.find_catalogue(wanted text) returns api.catalogue
    language plpgsql stable as $$
declare
    c api.catalogue;
begin
    select * into c from api.catalogue x where x.name = wanted;
    if not found then
        if not exists (select from ref.code k where k.catalogue = wanted) then
            perform api.fail(404, 'catalog.not_found');
        end if;
        select * into c from api.catalogue x where x.name = 'codes';
        c.condition := format('t.catalogue = %L', wanted);
        c.sub := quote_literal('');
        c.parent := null;
    end if;
    return c;
end
$$;
comment on function api.find_catalogue is 'What is known about a catalogue, or ends the request';

create or replace function api.cursor_parts(cursor text) returns text[]
    language plpgsql immutable as $$
begin
    return case when cursor ~ '^([0-9a-f]{2})+$' then string_to_array(convert_from(decode(cursor, 'hex'), 'UTF8'), U&'\001f') end;
exception when character_not_in_repertoire or untranslatable_character then
    return null;
end
$$;
comment on function api.cursor_parts is 'The parts of a hexadecimal cursor; null when it is none of ours';

-- Best first: the code itself, codes beginning so, names beginning so, names with all words (the last one cut
-- short or not); then by code. The cursor is rank, code and sub, in hexadecimal.
create or replace function api.catalog_list(name text, q text, on_date date, parent text, page int, cursor text) returns api.reply
    language plpgsql stable as $$
declare
    c api.catalogue := api.find_catalogue(name);
    day date := coalesce(on_date, sys.business_date(now()));
    fold text := nullif(sys.fold(coalesce(q, '')), '');
    typed text := nullif(btrim(lower(q)), '');
    part text[] := api.cursor_parts(cursor);
    body json;
    next text;
begin
    if cursor is not null and (cardinality(part) is distinct from 3 or part[1] !~ '^[0-3]$') then
        perform api.fail(400, 'cursor.invalid', jsonb_build_array(api.error('?cursor', 'cursor')));
    elsif parent is not null and c.parent is null then
        perform api.fail(422, 'request.parameter', jsonb_build_array(api.error('?parent', 'not_allowed', 'this list has no tree')));
    elsif q is not null and fold is null then
        perform api.fail(422, 'request.parameter', jsonb_build_array(api.error('?q', 'value.too_short')));
    end if;
    execute format($query$
        select json_agg(x.item order by x.rank, x.code, x.sub) filter (where x.no <= $5),
            encode(convert_to(max(x.rank || U&'\001f' || x.code || U&'\001f' || x.sub) filter (where x.no = $5 and x.total > $5), 'UTF8'), 'hex')
        from (select y.*, row_number() over (order by y.rank, y.code, y.sub) as no, count(*) over () as total from (
            select r.rank, t.code collate "C" as code, (%3$s) collate "C" as sub,
                jsonb_build_object('code', t.code, 'name', %2$s) || (to_jsonb(t) - '{tenant_id,folded,valid,batch_id}'::text[])
                || jsonb_build_object('valid_from', lower(t.valid), 'valid_to', upper(t.valid) - 1) || %6$s as item
            from %1$s t cross join lateral (select case when $1 is null or lower(t.code) = $2 then 0
                when lower(t.code) like $3 then 1 when t.folded like $1 || '%%' then 2 else 3 end as rank) r
            where t.valid @> $4 and %4$s and ($7 is null or %5$s = $7)
                and %7$s
                and (r.rank, t.code collate "C", (%3$s) collate "C") > ($6, $8, $9)
            order by r.rank, t.code collate "C", (%3$s) collate "C" limit $5 + 1) y) x $query$,
        c.relation, c.label, c.sub,
        c.condition || case when c.local_kind is null then '' else
            ' and t.tenant_id = (select sys.tenant()) and (t.facility_id is null or t.facility_id = (select sys.facility()))' end,
        coalesce(c.parent, 'null'),
        case when c.local_kind is null then quote_literal('{}') || '::jsonb' else format(
            'jsonb_build_object(''prices'', api.prices_json(%L, t.code, $4))', c.local_kind) end,
        -- one LIKE per word, as literals, so that the trigram index serves; a code is looked for when it may be one
        case when fold is null then 'true' else '(' || (select string_agg(format('t.folded like %L', '%' || w || '%'), ' and ')
            from unnest(string_to_array(fold, ' ')) w)
            || case when typed ~ '[0-9]' or length(typed) <= 3 then ' or lower(t.code) like $3' else '' end || ')' end)
    into body, next
    using fold, typed, replace(replace(replace(typed, '\', '\\'), '%', '\%'), '_', '\_') || '%', day, page,
        coalesce(part[1]::int, -1), parent,
        coalesce(part[2], ''), coalesce(part[3], '');
    return (200, json_build_object('catalog', name, 'date', day, 'items', coalesce(body, '[]'))::text, null, null, next, null)::api.reply;
end
$$;
comment on function api.catalog_list is 'GET /v1/catalogs/{name}';

create or replace function api.prices_json(kind text, code text, day date) returns jsonb
    language plpgsql stable as $$
begin
    return (select jsonb_object_agg(o.payer, jsonb_build_object('hospital', p.price_hospital, 'insurance', p.price_bhyt))
        from unnest('{bhyt,fee}'::text[]) o (payer)
        cross join lateral ref.price_on(kind, code, sys.facility(), o.payer, day) p);
end
$$;
comment on function api.prices_json is 'Prices of an item at the caller''s facility for insured and paying patients';

grant select on api.catalogue to hmis_worker, hmis_jobs;
