-- `hmis catalog import`: rows of a file are staged as text, judged column by column against
-- ref.catalog_column, compared with the centre's rows, and applied. All of it happens in one transaction
-- of the caller, in temporary tables that end with it.
set local role hmis_owner;

create or replace function ref.catalog_enter(tenant_code text) returns bigint
    language plpgsql as $$
declare
    the_tenant bigint;
begin
    select t.tenant_id into the_tenant from org.tenant t where t.code = tenant_code;
    if not found then
        raise exception 'no tenant "%"', tenant_code;
    end if;
    perform set_config('hmis.tenant', the_tenant::text, true);
    perform set_config('hmis.facilities',
        (select coalesce(array_agg(f.facility_id), '{}')::text from org.facility f where f.tenant_id = the_tenant), true);
    return the_tenant;
end
$$;
comment on function ref.catalog_enter is 'Works for a tenant with all its facilities until the transaction ends; its id';

create or replace function ref.catalog_begin(kind_name text, tenant_code text, facility_code text, effective date,
    keep_missing boolean) returns void
    language plpgsql as $$
declare
    k ref.catalog_kind;
    the_tenant bigint;
    the_facility bigint;
begin
    select * into k from ref.catalog_kind c where c.kind = kind_name;
    if not found then
        raise exception 'no kind "%": one of %', kind_name, (select string_agg(c.kind, ', ' order by c.kind) from ref.catalog_kind c);
    end if;
    the_tenant := ref.catalog_enter(tenant_code);
    if facility_code is not null then
        if k.facility_scope = 'none' then
            raise exception 'kind % belongs to the whole tenant: no facility can be named', kind_name;
        end if;
        select f.facility_id into the_facility from org.facility f
            where f.tenant_id = the_tenant and f.code = facility_code and f.valid @> effective;
        if not found then
            raise exception 'tenant % has no facility "%" on %', tenant_code, facility_code, effective;
        end if;
    elsif k.facility_scope = 'required' then
        raise exception 'kind % needs a facility', kind_name;
    end if;
    create temp table catalog_run on commit drop as
        select k.kind, k.target, split_part(k.target, '.', 2) || '_id' as id_column, k.is_dated,
            k.facility_scope <> 'none' as has_facility, the_tenant as tenant_id, the_facility as facility_id,
            effective as effective_on, keep_missing as keeps_missing, null::text[] as given;
    create temp table catalog_raw (line int primary key, cells text[] not null) on commit drop;
    create temp table catalog_error (line int, column_name text, message text) on commit drop;
    create temp table catalog_cell (line int, name text, value text, typed jsonb) on commit drop;
    create temp table catalog_stage (line int primary key, key jsonb, content jsonb, late_parent text,
        start_on date, stop_on date) on commit drop;
    create temp table catalog_diff (action text, line int, id bigint, key jsonb, old_valid daterange,
        new_valid daterange, before jsonb, content jsonb, late_parent text) on commit drop;
end
$$;
comment on function ref.catalog_begin is 'Opens an import: names kind, tenant and facility, makes the temporary tables. Rows are then copied into catalog_raw(line, cells)';

create or replace function ref.catalog_date(value text) returns date
    language plpgsql immutable strict as $$
begin
    return case
        when value ~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}$' then
            make_date(left(value, 4)::int, substr(value, 6, 2)::int, right(value, 2)::int)
        when value ~ '^[0-9]{8}$' then
            make_date(left(value, 4)::int, substr(value, 5, 2)::int, right(value, 2)::int)
        when value ~ '^[0-9]{1,2}/[0-9]{1,2}/[0-9]{4}$' then
            make_date(split_part(value, '/', 3)::int, split_part(value, '/', 2)::int, split_part(value, '/', 1)::int)
        end;
exception when datetime_field_overflow then
    return null;
end
$$;
comment on function ref.catalog_date is 'Date of a file: yyyy-mm-dd, yyyymmdd or dd/mm/yyyy; null when it is none';

-- Header ---------------------------------------------------------------------------------------------

create or replace function ref.catalog_check_header(header text[]) returns text[]
    language plpgsql as $$
declare
    run record;
    names text[] := '{}';
    found_name text;
    h text;
begin
    select * into run from catalog_run;
    foreach h in array header loop
        select c.name into found_name from ref.catalog_column c
            where c.kind = run.kind and lower(btrim(h)) in (lower(c.name), lower(nullif(c.alias, '')));
        if found_name is null then
            insert into catalog_error values (1, h, 'no such column in files of kind ' || run.kind);
        elsif found_name = any (names) then
            insert into catalog_error values (1, h, 'column stands twice');
        end if;
        names := names || found_name;
    end loop;
    insert into catalog_error select 1, c.name, 'required column is missing'
        from ref.catalog_column c where c.kind = run.kind and c.is_required and c.name <> all (array_remove(names, null));
    return names;
end
$$;
comment on function ref.catalog_check_header is 'Names of the columns of a header line in file order; faults go to catalog_error';

-- Cells ----------------------------------------------------------------------------------------------

create or replace function ref.catalog_check_form(c ref.catalog_column) returns void
    language plpgsql as $$
declare
    form text := case c.type when 'integer' then '[0-9]{1,9}' when 'decimal2' then '[0-9]{1,15}(\.[0-9]{1,2})?'
        when 'decimal3' then '[0-9]{1,12}(\.[0-9]{1,3})?' when 'boolean' then '0|1|t|f|true|false|x' else '.*' end;
    wording text := case c.type when 'integer' then 'must be a whole number' when 'decimal2' then 'must be a number with at most 2 decimals and a dot'
        when 'decimal3' then 'must be a number with at most 3 decimals and a dot' when 'boolean' then 'must be 1 or 0' else '' end;
begin
    insert into catalog_error select x.line, c.name, 'is empty' from catalog_cell x
        where x.name = c.name and c.is_required and x.value is null;
    insert into catalog_error select x.line, c.name, format('is longer than %s characters', c.max_length) from catalog_cell x
        where x.name = c.name and length(x.value) > c.max_length;
    insert into catalog_error select x.line, c.name, wording from catalog_cell x
        where x.name = c.name and lower(x.value) !~ ('^(?:' || form || ')$');
    insert into catalog_error select x.line, c.name, 'must be a date: yyyy-mm-dd, yyyymmdd or dd/mm/yyyy' from catalog_cell x
        where x.name = c.name and c.type = 'date' and x.value is not null and ref.catalog_date(x.value) is null;
    insert into catalog_error select x.line, c.name, 'must match ' || c.pattern from catalog_cell x
        where x.name = c.name and c.pattern <> '' and x.value !~ ('^(?:' || c.pattern || ')$');
end
$$;
comment on function ref.catalog_check_form is 'Judges presence, length, type and pattern of one column';

create or replace function ref.catalog_check_list(c ref.catalog_column) returns void
    language plpgsql as $$
declare
    run record;
begin
    select * into run from catalog_run;
    insert into catalog_error
    select x.line, c.name, format('"%s" is not in the list of %s on %s', v.value, replace(c.lookup, '_', ' '), run.effective_on)
    from catalog_cell x
    cross join lateral (select btrim(p) as value from unnest(
        case when c.type = 'list' then string_to_array(x.value, ';') else array[x.value] end) p) v
    where x.name = c.name and v.value is not null and v.value <> '' and not case c.lookup
        when 'cost_group' then exists (select from ref.cost_group r where r.code = v.value and r.valid @> run.effective_on)
        when 'department_code' then exists (select from ref.department_code r where r.code = v.value and r.valid @> run.effective_on)
        when 'machine_group' then exists (select from ref.machine_group r where r.code = v.value and r.valid @> run.effective_on)
        when 'practice_scope' then exists (select from ref.practice_scope r where r.code = v.value and r.valid @> run.effective_on)
        when 'province' then exists (select from ref.admin_unit r where r.level = 'province' and r.code = v.value)
        when 'staff' then exists (select from org.staff r where r.tenant_id = run.tenant_id and r.code = v.value)
        when 'department' then exists (select from org.department r where r.tenant_id = run.tenant_id
            and r.facility_id = run.facility_id and r.code = v.value and r.valid @> run.effective_on)
        when 'facility' then exists (select from org.facility r where r.tenant_id = run.tenant_id and r.code = v.value)
            or (run.kind = 'facilities' and exists (select from catalog_cell earlier
                where earlier.name = 'code' and earlier.value = v.value and earlier.line < x.line))
        else true end;
end
$$;
comment on function ref.catalog_check_list is 'Judges whether the values of one column are in their list';

create or replace function ref.catalog_type_cells(c ref.catalog_column) returns void
    language plpgsql as $$
declare
    run record;
    empty text := case c.fallback when '-' then '' else c.fallback end;
begin
    select * into run from catalog_run;
    update catalog_cell x set typed = case
            when c.lookup = 'staff' then to_jsonb((select max(r.staff_id) from org.staff r
                where r.tenant_id = run.tenant_id and r.code = x.value))
            when c.lookup = 'department' then to_jsonb((select r.department_id from org.department r
                where r.tenant_id = run.tenant_id and r.facility_id = run.facility_id and r.code = x.value
                    and r.valid @> run.effective_on))
            when c.lookup = 'facility' then to_jsonb((select max(r.facility_id) from org.facility r
                where r.tenant_id = run.tenant_id and r.code = x.value))
            when c.type = 'integer' then to_jsonb(coalesce(x.value, empty)::int)
            when c.type in ('decimal2', 'decimal3') then to_jsonb(coalesce(x.value, empty)::numeric)
            when c.type = 'boolean' then to_jsonb(lower(coalesce(x.value, empty)) in ('1', 't', 'true', 'x'))
            when c.type = 'date' then to_jsonb(ref.catalog_date(x.value))
            when c.type = 'list' then to_jsonb(array(select btrim(p) from unnest(string_to_array(x.value, ';')) p where btrim(p) <> ''))
            else to_jsonb(coalesce(x.value, empty)) end
    where x.name = c.name;
end
$$;
comment on function ref.catalog_type_cells is 'Gives the checked cells of one column their type; codes of own things become ids';

-- Rows -----------------------------------------------------------------------------------------------

create or replace function ref.catalog_stage_rows() returns void
    language plpgsql as $$
declare
    run record;
begin
    select * into run from catalog_run;
    insert into catalog_stage
    select x.line,
        jsonb_object_agg(c.target_column, x.typed) filter (where c.is_key),
        jsonb_object_agg(c.target_column, x.typed) filter (where c.target_column not in ('valid_from', 'valid_to')),
        max(x.value) filter (where c.lookup = 'facility' and x.typed is null),
        coalesce((max(x.typed #>> '{}') filter (where c.target_column = 'valid_from'))::date,
            case when run.is_dated then run.effective_on end),
        (max(x.typed #>> '{}') filter (where c.target_column = 'valid_to'))::date + 1
    from catalog_cell x join ref.catalog_column c on c.kind = run.kind and c.name = x.name
    group by x.line;
    insert into catalog_error select s.line, 'valid_to', 'ends before it starts' from catalog_stage s where s.stop_on <= s.start_on;
    insert into catalog_error
    select d.line, d.names, format('the same as in line %s', d.first_line) from (
        select s.line, min(s.line) over (partition by s.key) as first_line,
            (select string_agg(c.name, ', ' order by c.position) from ref.catalog_column c where c.kind = run.kind and c.is_key) as names
        from catalog_stage s) d
    where d.line > d.first_line;
    if run.kind = 'prices' then
        insert into catalog_error
        select s.line, 'item_code', format('there is no %s "%s" in the centre''s list', s.key ->> 'item_kind', s.key ->> 'item_code')
        from catalog_stage s
        where not exists (
            select from ref.local_drug i where s.key ->> 'item_kind' = 'drug' and i.tenant_id = run.tenant_id and i.code = s.key ->> 'item_code'
            union all
            select from ref.local_supply i where s.key ->> 'item_kind' = 'supply' and i.tenant_id = run.tenant_id and i.code = s.key ->> 'item_code'
            union all
            select from ref.local_service i where s.key ->> 'item_kind' = 'service' and i.tenant_id = run.tenant_id and i.code = s.key ->> 'item_code');
    end if;
end
$$;
comment on function ref.catalog_stage_rows is 'Puts the typed cells together to rows and judges them against each other';

-- What the checks of the target table forbid is a fault of the file, told with the check's comment.
create or replace function ref.catalog_check_table() returns void
    language plpgsql as $$
declare
    run record;
    c record;
begin
    select * into run from catalog_run;
    for c in
        select o.conname, coalesce(obj_description(o.oid, 'pg_constraint'), 'breaks ' || o.conname) as message,
            pg_get_expr(o.conbin, o.conrelid) as expression,
            coalesce((select k.name from unnest(o.conkey) with ordinality u (no, place)
                join pg_attribute a on a.attrelid = o.conrelid and a.attnum = u.no
                join ref.catalog_column k on k.kind = run.kind and k.target_column = a.attname order by u.place limit 1), '') as column_name
        from pg_constraint o where o.conrelid = run.target::regclass and o.contype = 'c' order by o.conname
    loop
        execute format('insert into catalog_error select t.line, $1, $2 from (
            select s.line, r.* from catalog_stage s cross join lateral jsonb_populate_record(null::%s, s.content) r) t
            where not (%s)', run.target, c.expression) using c.column_name, c.message;
    end loop;
end
$$;
comment on function ref.catalog_check_table is 'Judges the staged rows by the checks of their table';

create or replace function ref.catalog_check(header text[]) returns table (line int, column_name text, message text)
    language plpgsql as $$
declare
    run record;
    names text[];
    c ref.catalog_column;
begin
    select * into run from catalog_run;
    names := ref.catalog_check_header(header);
    if not exists (select from catalog_error) then
        insert into catalog_error
        select r.line, '', format('has %s columns, the header has %s', cardinality(r.cells), cardinality(header))
        from catalog_raw r where cardinality(r.cells) <> cardinality(header);
        update catalog_run set given = (select array_agg(k.target_column) from ref.catalog_column k
            where k.kind = run.kind and k.name = any (names));
        insert into catalog_cell
        select r.line, k.name, nullif(btrim(r.cells[array_position(names, k.name)]), '')
        from catalog_raw r cross join ref.catalog_column k
        where k.kind = run.kind and cardinality(r.cells) = cardinality(header);
        create index on catalog_cell (name);
        create index on catalog_cell (line);
        analyze catalog_cell;
        for c in select * from ref.catalog_column k where k.kind = run.kind order by k.position loop
            perform ref.catalog_check_form(c);
            if c.lookup <> '' then
                perform ref.catalog_check_list(c);
            end if;
            if not exists (select from catalog_error) then
                perform ref.catalog_type_cells(c);
            end if;
        end loop;
        if not exists (select from catalog_error) then
            perform ref.catalog_stage_rows();
        end if;
        if not exists (select from catalog_error) then
            perform ref.catalog_check_table();
        end if;
    end if;
    return query select e.line, e.column_name, e.message from catalog_error e order by 1, 2, 3;
end
$$;
comment on function ref.catalog_check is 'Judges the staged file; returns every fault with its line and column';

-- Differences ----------------------------------------------------------------------------------------

create or replace function ref.catalog_find_existing() returns void
    language plpgsql as $$
declare
    run record;
    keys text[];
begin
    select * into run from catalog_run;
    keys := array(select k.target_column from ref.catalog_column k where k.kind = run.kind and k.is_key);
    create temp table catalog_existing (id bigint, key jsonb, content jsonb, valid daterange) on commit drop;
    execute format('insert into catalog_existing
        select t.%1$I, (select jsonb_object_agg(k, j.row -> k) from unnest($1) k), j.row, t.valid
        from %2$s t cross join lateral (select to_jsonb(t) as row) j
        where t.tenant_id = $2 and %3$s',
        run.id_column, run.target, case when run.has_facility then 't.facility_id is not distinct from $3' else 'true' end)
    using keys, run.tenant_id, run.facility_id;
    create index on catalog_existing (key);
    create index on catalog_stage (key);
    analyze catalog_existing;
    analyze catalog_stage;
end
$$;
comment on function ref.catalog_find_existing is 'The centre''s rows the file is compared with';

-- New range of a dated row: up to the next row of the same key. Of an undated row: the old start unless given.
create or replace function ref.catalog_compare() returns void
    language plpgsql as $$
declare
    run record;
begin
    select * into run from catalog_run;
    perform ref.catalog_find_existing();
    insert into catalog_diff
    select case when m.id is null then 'added' else 'changed' end, s.line, m.id, s.key, m.valid, m.new_valid, m.content,
        s.content || coalesce((select jsonb_object_agg(k.target_column, m.content -> k.target_column)
            from ref.catalog_column k where k.kind = run.kind and m.id is not null and k.target_column <> all (run.given)
                and k.target_column not in ('valid_from', 'valid_to')), '{}'),
        s.late_parent
    from catalog_stage s
    left join lateral (
        select e.id, e.content, e.valid,
            case when run.is_dated then daterange(s.start_on, least(s.stop_on, (select min(lower(n.valid))
                from catalog_existing n where n.key = s.key and lower(n.valid) > s.start_on)))
            else daterange(coalesce(s.start_on, lower(e.valid)), s.stop_on) end as new_valid
        from (select 1) one
        left join lateral (select x.* from catalog_existing x
            where x.key = s.key and (not run.is_dated or x.valid @> s.start_on)
            order by upper(x.valid) desc nulls first limit 1) e on true) m on true
    where m.id is null or upper(m.valid) is distinct from upper(m.new_valid)
        or (not run.is_dated and lower(m.valid) is distinct from lower(m.new_valid))
        or exists (select from jsonb_each(s.content) f
            where f.key = any (run.given) and f.value is distinct from m.content -> f.key)
        or s.late_parent is not null;
    if run.is_dated and not run.keeps_missing then
        insert into catalog_diff (action, id, key, old_valid, new_valid, before)
        select 'removed', e.id, e.key, e.valid, daterange(lower(e.valid), run.effective_on), e.content from catalog_existing e
        where e.valid @> run.effective_on and not exists (select from catalog_stage s where s.key = e.key);
    end if;
end
$$;
comment on function ref.catalog_compare is 'Fills catalog_diff: added, changed and removed rows';

create or replace function ref.catalog_diff_lines() returns table (action text, line int, key text, column_name text, before text, after text)
    language plpgsql as $$
declare
    run record;
begin
    select * into run from catalog_run;
    perform ref.catalog_compare();
    return query
        select d.action, d.line, coalesce(
                (select string_agg(coalesce(x.value, k.fallback), ' ' order by k.position) from catalog_cell x
                    join ref.catalog_column k on k.kind = run.kind and k.name = x.name and k.is_key where x.line = d.line),
                (select string_agg(v.value #>> '{}', ' ' order by v.key desc) from jsonb_each(d.key) v)),
            f.key, f.before, f.after
        from catalog_diff d
        left join lateral (
            select c.key, d.before ->> c.key as before, c.value #>> '{}' as after from jsonb_each(d.content) c
            where d.action = 'changed' and c.value is distinct from d.before -> c.key
            union all
            select 'valid', d.old_valid::text, d.new_valid::text
            where d.action <> 'added' and d.old_valid is distinct from d.new_valid) f on true
        order by array_position(array['added', 'changed', 'removed'], d.action), d.line, 3, f.key;
end
$$;
comment on function ref.catalog_diff_lines is 'The differences, one line per changed column';

-- Applying -------------------------------------------------------------------------------------------

create or replace function ref.catalog_target_columns(kind_name text) returns text
    language plpgsql as $$
begin
    return (select string_agg(quote_ident(k.target_column), ', ' order by k.position) from ref.catalog_column k
        where k.kind = kind_name and k.target_column not in ('valid_from', 'valid_to'));
end
$$;
comment on function ref.catalog_target_columns is 'Columns a kind of file writes, as SQL text';

-- All new dated rows in one statement.
create or replace function ref.catalog_add_rows(run record, batch bigint) returns void
    language plpgsql as $$
begin
    execute format('insert into %1$s (tenant_id, facility_id, %3$s, valid, batch_id)
        select $1, $2, %2$s, d.new_valid, $3
        from (select content as row_content, new_valid from catalog_diff where id is null) d
        cross join lateral jsonb_populate_record(null::%1$s, d.row_content) r',
        run.target, 'r.' || replace(ref.catalog_target_columns(run.kind), ', ', ', r.'),
        ref.catalog_target_columns(run.kind))
    using run.tenant_id, run.facility_id, batch;
    delete from catalog_diff where id is null;
end
$$;
comment on function ref.catalog_add_rows is 'Adds the new rows of a dated kind';

create or replace function ref.catalog_write_row(d record, run record, batch bigint) returns void
    language plpgsql as $$
declare
    columns text := ref.catalog_target_columns(run.kind);
    content jsonb := d.content;
begin
    if d.late_parent is not null then
        content := content || jsonb_build_object('parent_id', (select max(f.facility_id) from org.facility f
            where f.tenant_id = run.tenant_id and f.code = d.late_parent));
    end if;
    if d.id is null then
        execute format('insert into %1$s (tenant_id, %2$s%3$s, valid, batch_id)
            select $1, %4$s%3$s, $2, $3 from jsonb_populate_record(null::%1$s, $4)',
            run.target, case when run.has_facility then 'facility_id, ' else '' end, columns,
            case when run.has_facility then '$5, ' else '' end)
        using run.tenant_id, d.new_valid, batch, content, run.facility_id;
    else
        execute format('update %1$s set (%2$s, valid, batch_id) = (select %2$s, $1, $2 from jsonb_populate_record(null::%1$s, $3))
            where tenant_id = $4 and %3$I = $5', run.target, columns, run.id_column)
        using d.new_valid, batch, content, run.tenant_id, d.id;
    end if;
end
$$;
comment on function ref.catalog_write_row is 'Adds a row, or changes one in place';

-- A dated change ends the old row the day before; a row that started on the effective day itself was never in force.
create or replace function ref.catalog_end_rows(run record) returns void
    language plpgsql as $$
begin
    execute format('delete from %s t using catalog_diff d where t.tenant_id = $1 and t.%I = d.id and d.action = ''removed''
        and lower(d.old_valid) = $2', run.target, run.id_column) using run.tenant_id, run.effective_on;
    execute format('update %s t set valid = daterange(lower(t.valid), case d.action when ''removed'' then $2 else lower(d.new_valid) end)
        from catalog_diff d where t.tenant_id = $1 and t.%I = d.id and (d.action = ''removed''
            or (d.action = ''changed'' and lower(d.old_valid) is distinct from lower(d.new_valid)))', run.target, run.id_column)
    using run.tenant_id, run.effective_on;
    update catalog_diff d set id = null where d.action = 'changed' and lower(d.old_valid) is distinct from lower(d.new_valid);
end
$$;
comment on function ref.catalog_end_rows is 'Ends removed rows and the old rows of dated changes';

create or replace function ref.catalog_apply(file_name text, sha256 text) returns bigint
    language plpgsql as $$
declare
    run record;
    d record;
    batch bigint;
begin
    select * into run from catalog_run;
    if not exists (select from catalog_diff) then
        return null;
    end if;
    insert into ref.catalog_batch (tenant_id, kind, facility_id, file_name, sha256, row_count, added_count, changed_count,
        removed_count, effective_on)
    select run.tenant_id, run.kind, run.facility_id, file_name, sha256, (select count(*) from catalog_raw),
        count(*) filter (where action = 'added'), count(*) filter (where action = 'changed'),
        count(*) filter (where action = 'removed'), run.effective_on
    from catalog_diff
    returning batch_id into batch;
    if run.is_dated then
        perform ref.catalog_end_rows(run);
    end if;
    if run.is_dated then
        perform ref.catalog_add_rows(run, batch);
    end if;
    for d in select * from catalog_diff where action <> 'removed' order by line loop
        perform ref.catalog_write_row(d, run, batch);
    end loop;
    return batch;
end
$$;
comment on function ref.catalog_apply is 'Writes the differences as one batch; null when there are none';

-- Export ---------------------------------------------------------------------------------------------

create or replace function ref.catalog_export(kind_name text, tenant_code text, facility_code text, on_day date) returns setof text
    language plpgsql as $$
declare
    k ref.catalog_kind;
    the_tenant bigint;
    the_facility bigint;
    cells text;
begin
    select * into k from ref.catalog_kind c where c.kind = kind_name;
    if not found then
        raise exception 'no kind "%": one of %', kind_name, (select string_agg(c.kind, ', ' order by c.kind) from ref.catalog_kind c);
    end if;
    the_tenant := ref.catalog_enter(tenant_code);
    if facility_code is not null then
        if k.facility_scope = 'none' then
            raise exception 'kind % belongs to the whole tenant: no facility can be named', kind_name;
        end if;
        select f.facility_id into the_facility from org.facility f where f.tenant_id = the_tenant and f.code = facility_code and f.valid @> on_day;
        if not found then
            raise exception 'tenant % has no facility "%" on %', tenant_code, facility_code, on_day;
        end if;
    elsif k.facility_scope = 'required' then
        raise exception 'kind % needs a facility', kind_name;
    end if;
    return next (select string_agg(c.name, ',' order by c.position) from ref.catalog_column c where c.kind = kind_name);
    select string_agg(format('ref.catalog_cell(%s)', case
            when c.target_column = 'valid_from' then 'lower(t.valid)::text'
            when c.target_column = 'valid_to' then '(upper(t.valid) - 1)::text'
            when c.lookup = 'staff' then format('(select r.code from org.staff r where r.tenant_id = t.tenant_id and r.staff_id = t.%I)', c.target_column)
            when c.lookup = 'department' then
                format('(select r.code from org.department r where r.tenant_id = t.tenant_id and r.department_id = t.%I)', c.target_column)
            when c.lookup = 'facility' then
                format('(select r.code::text from org.facility r where r.tenant_id = t.tenant_id and r.facility_id = t.%I)', c.target_column)
            when c.type = 'list' then format('array_to_string(t.%I, '';'')', c.target_column)
            when c.type = 'boolean' then format('t.%I::int::text', c.target_column)
            else format('t.%I::text', c.target_column) end), ' || '','' || ' order by c.position)
    into cells from ref.catalog_column c where c.kind = kind_name;
    return query execute format('select x.line from (select %s as line, %s as rank from %s t
            where t.tenant_id = $1 and t.valid @> $3 and %s) x order by x.rank, x.line collate "C"', cells,
        case kind_name when 'facilities' then 'cardinality(t.path)' else '0' end, k.target, -- parents first
        case when k.facility_scope <> 'none' then 't.facility_id is not distinct from $2' else 'true' end)
    using the_tenant, the_facility, on_day;
end
$$;
comment on function ref.catalog_export is 'Lines of a CSV file with the rows that hold on a day: what ref.catalog_begin … takes in';

create or replace function ref.catalog_cell(cell text) returns text language sql immutable parallel safe
    return coalesce(case when cell ~ '[",;\t\n\r]' or cell ~ '^\s|\s$' then '"' || replace(cell, '"', '""') || '"' else cell end, '');
comment on function ref.catalog_cell is 'A cell of a CSV file, quoted when it must be';
