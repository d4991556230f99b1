-- Tenants from the command line: a legal unit with its first facility and its first administrator.
set local role hmis_owner;

create or replace function org.tenant_faults(code text, name text, facility text, facility_name text, kind text, level text, province text,
    username text) returns jsonb
    language plpgsql stable set search_path = pg_catalog as $$
begin
    return (select jsonb_agg(jsonb_build_object('pointer', f.field, 'code', f.code, 'detail', f.detail)) from (values
        ('--code', case when tenant_faults.code !~ '^[A-Za-z0-9_-]{1,32}$' then 'value.malformed'
            when exists (select from org.tenant t where lower(t.code) = lower(tenant_faults.code)) then 'tenant.exists' end,
            '1 to 32 letters, digits, - or _, of no other tenant'),
        ('--name', case when length(btrim(tenant_faults.name)) not between 2 and 255 then 'value.out_of_range' end, '2 to 255 characters'),
        ('--facility', case when facility !~ '^[0-9]{5}$' then 'value.malformed'
            when exists (select from org.facility f where f.code = facility and f.valid @> current_date) then 'facility.exists' end,
            'MA_CSKCB, five digits, of no other facility today'),
        ('--facility-name', case when length(btrim(facility_name)) not between 2 and 255 then 'value.out_of_range' end, '2 to 255 characters'),
        ('--kind', case when tenant_faults.kind not in ('department', 'centre', 'polyclinic', 'station') then 'value.not_in_list' end,
            'department, centre, polyclinic or station'),
        ('--level', case when tenant_faults.level not in ('initial', 'basic', 'specialised') then 'value.not_in_list' end,
            'initial, basic or specialised'),
        ('--province', case when not exists (select from ref.admin_unit u where u.level = 'province' and u.code = province)
            then 'reference.unknown' end, 'code of a province, as in MA_CSKCB'),
        ('--username', case when tenant_faults.username !~ '^[a-z0-9][a-z0-9._-]{1,63}$' then 'value.malformed' end,
            '2 to 64 of a-z, 0-9, . _ -, beginning with a letter or digit')
    ) f (field, code, detail) where f.code is not null);
end
$$;
comment on function org.tenant_faults is 'What keeps a tenant from being made as wanted; null when nothing does';

create or replace function org.tenant_bootstrap(code text, name text, facility text, facility_name text, kind text, level text,
    province text, username text, full_name text, password_hash text, out tenant_id bigint, out facility_id bigint, out user_id bigint)
    language plpgsql set search_path = pg_catalog as $$
declare
    bad jsonb;
begin
    -- two at once would both find the code free and only one be told why
    perform pg_advisory_xact_lock(hashtextextended('org.tenant_bootstrap', 0));
    bad := org.tenant_faults(code, name, facility, facility_name, kind, level, province, username);
    if bad is not null then
        perform sec.fail(422, 'tenant.refused', bad);
    end if;
    insert into org.tenant as t (code, name) values (tenant_bootstrap.code, btrim(tenant_bootstrap.name))
    returning t.tenant_id into tenant_id;
    insert into org.facility as f (tenant_id, code, name, kind, level, province_code)
    values (tenant_bootstrap.tenant_id, facility, btrim(facility_name), tenant_bootstrap.kind, tenant_bootstrap.level, province)
    returning f.facility_id into facility_id;
    user_id := sec.user_bootstrap(code, facility, username, full_name, array['admin'], password_hash);
end
$$;
comment on function org.tenant_bootstrap is 'Makes a tenant with its first facility and its first administrator, with an administrator''s connection';

create or replace function org.tenant_list() returns table (code text, name text, facilities bigint, users bigint, visits boolean)
    language plpgsql stable set search_path = pg_catalog as $$
begin
    return query select t.code, t.name,
        (select count(*) from org.facility f where f.tenant_id = t.tenant_id and f.valid @> current_date),
        (select count(*) from sec.user u where u.tenant_id = t.tenant_id and u.is_active),
        exists (select from care.visit v where v.tenant_id = t.tenant_id)
        from org.tenant t order by t.code;
end
$$;
comment on function org.tenant_list is 'The tenants of the database, for the command line';
