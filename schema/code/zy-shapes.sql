-- The short way through api.check_body, for bodies of the busiest route: a function that finds anything suspicious, made
-- from api.field at each upgrade. It may suspect what is right (long texts), never pass what is wrong: what it suspects is
-- judged the long way. Runs after every file that writes api.field.
set local role hmis_owner;

create or replace function api.member_path(f api.field) returns text
    language plpgsql immutable as $$
declare
    m text := '@.' || to_json(f.name);
    day text := '(18|19|20|21)[0-9]{2}-((0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])|(0[13-9]|1[0-2])-(29|30)|(0[13578]|1[02])-31)';
    fit text;
begin
    fit := case
        when f.kind in ('text', 'code', 'date', 'time') then m || '.type() == "string" && ' || m || ' like_regex ' || to_json(case f.kind
            when 'text' then case when coalesce(f.low, 0) > 0
                then format('^[^\s\u0001-\u001f\u007f][^\u0001-\u001f\u007f]{%s,%s}$', f.low - 1, least(coalesce(f.high, 64), 64) - 1)
                else format('^[^\u0001-\u001f\u007f]{0,%s}$', least(coalesce(f.high, 64), 64)) end
            when 'code' then format('^[A-Za-z0-9._-]{1,%s}$', least(coalesce(f.high, 64), 64))
            when 'date' then '^' || day || '$'
            when 'time' then '^' || day || 'T([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9](\.[0-9]{1,6})?)?(Z|[+-](0[0-9]|1[0-4]):[0-5][0-9])$' end)
        when f.kind = 'choice' then format('%s.type() == "string" && (%s)', m,
            (select string_agg(m || ' == ' || to_json(c), ' || ') from unnest(f.choices) c))
        when f.kind = 'bool' then m || '.type() == "boolean"'
        when f.kind = 'id' then format('%1$s.type() == "number" && %1$s >= 1 && %1$s <= 9007199254740991 && %1$s.floor() == %1$s', m)
        when f.kind in ('int', 'number') then concat_ws(' && ', m || '.type() == "number"', m || ' >= ' || f.low, m || ' <= ' || f.high,
            case f.kind when 'int' then format('%1$s.floor() == %1$s', m) else format('(%1$s * 1000).floor() == %1$s * 1000', m) end)
        when f.kind = 'ids' then format('%1$s.type() == "array" && %1$s.size() <= %2$s && !exists(%1$s[*].type() ? (@ != "number"))
            && !exists(%1$s[*] ? (@ < 1 || @ > 9007199254740991 || @.floor() != @))', m, coalesce(f.high, 20))
        when f.kind = 'codes' then format('%1$s.type() == "array" && %1$s.size() <= %2$s && !exists(%1$s[*].type() ? (@ != "string"))
            && !exists(%1$s[*] ? (!(@ like_regex "^[A-Za-z0-9._-]{1,64}$")))', m, coalesce(f.high, 20))
        else format('%1$s.type() == "array" && %1$s.size() >= %2$s && %1$s.size() <= %3$s', m, coalesce(f.low, 0), coalesce(f.high, 200)) end;
    return case when f.required then format('!exists(%1$s) || !(%2$s)', m, fit)
        else format('(exists(%1$s) && %1$s.type() != "null" && !(%2$s))', m, fit) end;
end
$$;
comment on function api.member_path is 'JSON path condition on an object: this member is suspicious';

create or replace function api.shape_path(wanted text, base text default '$') returns text
    language plpgsql stable as $$
begin
    return (select format('exists(%s ? (@.type() != "object" || %s))', base, string_agg(api.member_path(f), ' || ' order by f.name))
            || coalesce(string_agg(' || ' || api.shape_path(f.items, base || '.' || to_json(f.name) || '[*]'), '') filter (where f.kind = 'list'), '')
        from api.field f where f.shape = wanted);
end
$$;
comment on function api.shape_path is 'JSON path predicate: a known member somewhere in a body of this shape is suspicious';

-- PL/pgSQL text that returns true when an element of the lists in a body has a member nobody knows.
create or replace function api.shape_lists(wanted text, base text default '$', outer_list text default null) returns text
    language plpgsql stable as $$
begin
    return (select coalesce(string_agg(format(E'    if body ? %L and exists (select from jsonb_path_query(body, %L) e where e - %L::text[] <> ''{}'') then\n'
            '        return true;\n    end if;\n', coalesce(outer_list, f.name), p.path,
            (select array_agg(m.name) from api.field m where m.shape = f.items))
            || api.shape_lists(f.items, p.path, coalesce(outer_list, f.name)), ''), '')
        from api.field f cross join lateral (select base || '.' || to_json(f.name) || '[*]' as path) p
        where f.shape = wanted and f.kind = 'list');
end
$$;
comment on function api.shape_lists is 'Source of the part of api.suspect_… that looks for unknown members inside lists';

do $make$
declare
    wanted text;
begin
    foreach wanted in array array['visit'] loop
        execute format($f$create or replace function api.%I(body jsonb) returns boolean
    language plpgsql stable as %L$f$, 'suspect_' || wanted, format(E'\nbegin\n    if jsonb_typeof(body) <> ''object'' or coalesce(body @@ %L::jsonpath, true)'
            ' or body - %L::text[] <> ''{}'' then\n        return true;\n    end if;\n%s    return false;\nend\n', api.shape_path(wanted),
            (select array_agg(f.name) from api.field f where f.shape = wanted), api.shape_lists(wanted)));
        execute format('comment on function api.%I is %L', 'suspect_' || wanted, 'Whether api.check_body must look at a body of shape ' || wanted);
    end loop;
end
$make$;
