-- Who asks, and for what: sec.enter opens every request, sec.resume its later batches, sec.keep stores answers.
set local role hmis_owner;

-- Raising problems ---------------------------------------------------------------------------------

create or replace function sec.fail(status int, code text, errors jsonb default null) returns void
    language plpgsql as $$
begin
    raise exception using errcode = 'HM' || status, message = code, detail = coalesce(errors::text, '');
end
$$;
comment on function sec.fail is 'Ends the transaction with a problem: HTTP status, stable code, errors[]';

create or replace function sec.problem(pointer text, code text, detail text) returns jsonb
    language sql immutable
    return jsonb_build_array(jsonb_build_object('pointer', pointer, 'code', code, 'detail', detail));
comment on function sec.problem is 'One element of errors[]';

create or replace function sec.setting(wanted text, fallback text) returns text
    language plpgsql stable as $$
begin
    return coalesce((select s.value from sys.setting s
        where s.key = wanted and s.valid @> current_date
            and (s.tenant_id is null or s.tenant_id = nullif(current_setting('hmis.tenant', true), '')::bigint)
        order by s.tenant_id nulls last limit 1), fallback);
end
$$;
comment on function sec.setting is 'A setting of today, of the tenant before that of all';

-- Tickets: let the same request run another batch ----------------------------------------------------

create or replace function sec.ticket_mac(body text) returns text
    language plpgsql stable as $$
declare
    key bytea := (select s.value from sec.secret s where s.name = 'ticket');
begin
    return encode(sha256(key || sha256(key || convert_to(body, 'UTF8'))), 'hex');
end
$$;
comment on function sec.ticket_mac is 'Nested SHA-256 with the key of this database: only the database can make a ticket';

create or replace function sec.set_identity(tenant bigint, user_id bigint, session bigint, facility bigint,
    facilities text, request text, route text) returns void
    language plpgsql as $$
begin
    perform set_config('hmis.tenant', tenant::text, true), set_config('hmis.user', user_id::text, true),
        set_config('hmis.session', session::text, true), set_config('hmis.facility', facility::text, true),
        set_config('hmis.facilities', facilities, true), set_config('hmis.request', request, true),
        set_config('hmis.route', route, true);
end
$$;
comment on function sec.set_identity is 'The settings that policies and functions read; they end with the transaction';

-- Scope ------------------------------------------------------------------------------------------------

create or replace function sec.work_out_scope(tenant bigint, who bigint, wanted text, at_code text,
    out at bigint, out reach text, out number bigint) language plpgsql as $$
begin
    perform set_config('hmis.tenant', tenant::text, true);
    -- one statement, one snapshot: the epoch belongs to the grants that were read
    with tops as (
        select distinct g.facility_id from sec.grant g
        where g.tenant_id = tenant and g.user_id = who and g.valid @> current_date
            and (wanted = 'any' or exists (select from sec.role_permission p
                where p.role = g.role and p.permission = wanted))
    ), scope as (
        select f.facility_id, f.code, f.path, f.valid from org.facility f
        where f.tenant_id = tenant and exists (select from tops t where t.facility_id = any (f.path))
    ), chosen as (
        select s.facility_id from scope s
        left join sec.user u on u.tenant_id = tenant and u.user_id = who and u.home_facility_id = s.facility_id
        where at_code = '' or (s.code = at_code and s.valid @> current_date)
        order by (u.user_id is not null) desc, cardinality(s.path), s.facility_id limit 1
    )
    select (select c.facility_id from chosen c),
        (select array_agg(s.facility_id order by s.facility_id)::text from scope s
            where at_code = '' or (select c.facility_id from chosen c) = any (s.path)),
        coalesce((select e.epoch from sec.epoch e where e.tenant_id = tenant), 0)
        into at, reach, number;
    if at is null then
        if at_code <> '' and exists (select from sec.work_out_scope(tenant, who, wanted, '')) then
            perform sec.fail(403, 'facility.not_granted', sec.problem('?X-Facility', 'facility.not_granted', at_code));
        end if;
        perform sec.fail(403, 'permission.denied', sec.problem('', 'permission.denied', wanted));
    end if;
    insert into sec.scope as s (tenant_id, user_id, permission, facility_code, on_date, epoch, facility_id, facilities)
    values (tenant, who, wanted, at_code, current_date, number, at, reach)
    on conflict (tenant_id, user_id, permission, facility_code) do update
        set on_date = excluded.on_date, epoch = excluded.epoch, facility_id = excluded.facility_id,
            facilities = excluded.facilities;
end
$$;
comment on function sec.work_out_scope is 'Facilities where a user may use a permission, and the one to work at; remembers them in sec.scope';

create or replace function sec.new_epoch() returns trigger
    language plpgsql security definer set search_path = pg_catalog as $$
begin
    if tg_table_name = 'role_permission' then
        update sec.epoch set epoch = epoch + 1;
    else
        insert into sec.epoch as e (tenant_id) select distinct c.tenant_id from changed c
        on conflict (tenant_id) do update set epoch = e.epoch + 1;
    end if;
    return null;
end
$$;
comment on function sec.new_epoch is 'Voids the scopes worked out so far';

create or replace function sec.end_sessions() returns trigger
    language plpgsql security definer set search_path = pg_catalog as $$
begin
    update sec.session set revoked_at = now()
    where tenant_id = new.tenant_id and user_id = new.user_id and revoked_at is null;
    return null;
end
$$;
comment on function sec.end_sessions is 'A locked user has no open session, so that sec.enter need not look at the user';

-- Entering ---------------------------------------------------------------------------------------------

create or replace function sec.claim_key(tenant bigint, who bigint, idem text, hash bytea, at_route text)
    returns void language plpgsql as $$
declare
    old sec.idempotency;
begin
    insert into sec.idempotency as i (tenant_id, user_id, key, route, body_hash, expires_at)
    values (tenant, who, idem, at_route, hash, now() + sec.setting('idempotency.keep', '48 hours')::interval)
    on conflict (tenant_id, user_id, key) do update
        set route = excluded.route, body_hash = excluded.body_hash, answer = null, created_at = now(),
            expires_at = excluded.expires_at
        where i.expires_at <= now();
    if found then
        perform set_config('hmis.idem_key', idem, true), set_config('hmis.body_hash', encode(hash, 'hex'), true);
        return;
    end if;
    select * into old from sec.idempotency i where i.tenant_id = tenant and i.user_id = who and i.key = idem;
    if old.body_hash <> hash or old.route <> at_route then
        perform sec.fail(409, 'idempotency.key_reused',
            sec.problem('?Idempotency-Key', 'idempotency.key_reused', 'used before with another request'));
    end if;
    raise exception using errcode = 'HMRPL', message = 'idempotency.replay', detail = old.answer::text;
end
$$;
comment on function sec.claim_key is 'First use of an Idempotency-Key takes it (a second one waits for the first); a later use is answered with the stored answer (HMRPL) or refused (HM409)';

create or replace function sec.enter(token_hash bytea, request_id text, facility_code text, permission text,
    idem_key text, body_hash bytea, route text, out ticket text)
    language plpgsql security definer set search_path = pg_catalog as $$
declare
    code text := coalesce(facility_code, '');
    s record;
    body text;
begin
    select i.tenant_id, i.user_id, i.session_id, i.seen_at, c.facility_id, c.facilities into s
    from sec.session i
    left join sec.epoch e on e.tenant_id = i.tenant_id
    left join sec.scope c on c.tenant_id = i.tenant_id and c.user_id = i.user_id and c.permission = enter.permission
        and c.facility_code = code and c.on_date = current_date and c.epoch = coalesce(e.epoch, 0)
    where i.token_hash = enter.token_hash and i.revoked_at is null
        and i.expires_at > now() and i.seen_at + i.idle > now();
    if not found then
        perform sec.fail(401, 'session.invalid');
    end if;
    if s.facilities is null then
        select w.at, w.reach into s.facility_id, s.facilities
        from sec.work_out_scope(s.tenant_id, s.user_id, permission, code) w;
    end if;
    -- sec.set_identity written out, as an expression: this runs in every request, and `perform` would start the executor
    body := concat(set_config('hmis.tenant', s.tenant_id::text, true), set_config('hmis.user', s.user_id::text, true),
        set_config('hmis.session', s.session_id::text, true), set_config('hmis.facility', s.facility_id::text, true),
        set_config('hmis.facilities', s.facilities, true), set_config('hmis.request', request_id, true),
        set_config('hmis.route', route, true));
    if s.seen_at < now() - interval '1 minute' then
        update sec.session set seen_at = now() where tenant_id = s.tenant_id and session_id = (
            select x.session_id from sec.session x
            where x.tenant_id = s.tenant_id and x.session_id = s.session_id for update skip locked);
    end if;
    if idem_key is not null then
        perform sec.claim_key(s.tenant_id, s.user_id, idem_key, body_hash, route);
    end if;
    if route not like 'GET %' then
        body := concat_ws('|', s.tenant_id, s.user_id, s.session_id, s.facility_id, s.facilities, request_id,
            (extract(epoch from now()) + 120)::bigint);
        ticket := body || '|' || sec.ticket_mac(body);
    end if;
end
$$;
comment on function sec.enter is 'Begins a request: session, permission at the facility, settings of the caller, Idempotency-Key. The ticket lets sec.resume continue as the same actor for two minutes.';

create or replace function sec.resume(ticket text, request_id text, route text, out ok boolean)
    language plpgsql security definer set search_path = pg_catalog as $$
declare
    part text[] := string_to_array(ticket, '|');
begin
    if cardinality(part) is distinct from 8
        or part[8] <> sec.ticket_mac(array_to_string(part[1:7], '|'))
        or part[6] <> request_id or part[7]::bigint < extract(epoch from now()) then
        perform sec.fail(401, 'session.invalid');
    end if;
    perform sec.set_identity(part[1]::bigint, part[2]::bigint, part[3]::bigint, part[4]::bigint, part[5], part[6], route);
    ok := true;
end
$$;
comment on function sec.resume is 'Continues a request in a further transaction with the actor and scope of its ticket';

create or replace function sec.keep(reply api.reply) returns api.reply
    language plpgsql security definer set search_path = pg_catalog as $$
declare
    idem text := nullif(current_setting('hmis.idem_key', true), '');
begin
    if idem is not null then
        update sec.idempotency set answer = json_build_object('status', reply.status, 'body', reply.body,
            -- without the document it may bring along: a replay asks anew
            'etag', reply.etag, 'location', reply.location, 'followup', rtrim(split_part(reply.followup, '{', 1)))
        where tenant_id = sys.tenant() and user_id = sys.user_id() and key = idem;
    end if;
    return reply;
end
$$;
comment on function sec.keep is 'Stores the answer under the request''s Idempotency-Key, in the transaction of its effect';

-- Signing in -------------------------------------------------------------------------------------------

create or replace function sec.name_key(username text, tenant_code text) returns bytea language sql immutable
    return sha256(convert_to(lower(coalesce(tenant_code, '')) || '/' || lower(username), 'UTF8'));
comment on function sec.name_key is 'Key of sec.login_attempt';

create or replace function sec.find_user(wanted text, tenant_code text, out tenant bigint, out who bigint, out active boolean)
    language plpgsql as $$
declare
    u record;
    matches int := 0;
begin
    for u in select x.tenant_id, x.user_id, x.is_active from sec.user x where x.username = lower(wanted) loop
        perform set_config('hmis.tenant', u.tenant_id::text, true);
        if tenant_code is null or exists (select from org.tenant t
                where t.tenant_id = u.tenant_id and lower(t.code) = lower(tenant_code)) then
            matches := matches + 1;
            tenant := u.tenant_id;
            who := u.user_id;
            active := u.is_active;
        end if;
        perform set_config('hmis.tenant', '', true);
    end loop;
    -- the same name in two tenants needs the tenant's code
    if matches <> 1 then
        tenant := null;
        who := null;
        active := null;
    end if;
end
$$;
comment on function sec.find_user is 'The one user of that name (of that tenant), or nulls';

create or replace function sec.login_begin(username text, tenant_code text, max_failures int, first_delay_s int,
    out tenant_id bigint, out user_id bigint, out hash text, out wait_s int)
    language plpgsql security definer set search_path = pg_catalog as $$
declare
    a sec.login_attempt;
    key bytea := sec.name_key(username, tenant_code);
begin
    -- counted before the password is judged, so that parallel guesses cannot outrun the lock
    insert into sec.login_attempt as l (name_key, failures, last_at) values (key, 0, now())
    on conflict (name_key) do update set last_at = l.last_at returning * into a;
    if a.locked_until > clock_timestamp() then
        wait_s := ceil(extract(epoch from a.locked_until - clock_timestamp()));
        return;
    end if;
    if a.last_at < now() - interval '1 day' then
        a.failures := 0;
    end if;
    a.failures := a.failures + 1;
    update sec.login_attempt l set failures = a.failures, last_at = now(),
        locked_until = case when a.failures >= max_failures then clock_timestamp()
            + least(first_delay_s * power(2, least(a.failures - max_failures, 20)), 3600) * interval '1 second' end
    where l.name_key = key;
    select f.tenant, f.who, p.hash into tenant_id, user_id, hash
    from sec.find_user(username, tenant_code) f
    join sec.password p on p.tenant_id = f.tenant and p.user_id = f.who
    where f.active;
    wait_s := 0;
end
$$;
comment on function sec.login_begin is 'Counts an attempt and gives the hash to judge it by (null for an unknown or inactive user), or the seconds to wait';

create or replace function sec.session_body(tenant bigint, who bigint, session bigint) returns jsonb
    language plpgsql stable as $$
begin
    return (select jsonb_build_object('expires_at', least(s.expires_at, s.seen_at + s.idle),
        'user', jsonb_build_object('id', u.user_id, 'username', u.username, 'full_name', u.full_name,
            'staff_id', u.staff_id, 'facility', (select f.code from org.facility f
                where f.tenant_id = u.tenant_id and f.facility_id = u.home_facility_id)),
        'grants', (select coalesce(jsonb_agg(jsonb_build_object('role', g.role, 'facility', f.code,
                'facility_name', f.name) order by f.code, g.role), '[]')
            from sec.grant g join org.facility f on f.tenant_id = g.tenant_id and f.facility_id = g.facility_id
            where g.tenant_id = u.tenant_id and g.user_id = u.user_id and g.valid @> current_date),
        'permissions', (select coalesce(jsonb_agg(distinct p.permission), '[]')
            from sec.grant g join sec.role_permission p on p.role = g.role
            where g.tenant_id = u.tenant_id and g.user_id = u.user_id and g.valid @> current_date))
    from sec.session s join sec.user u on u.tenant_id = s.tenant_id and u.user_id = s.user_id
    where s.tenant_id = tenant and s.session_id = session and s.user_id = who);
end
$$;
comment on function sec.session_body is 'A session for its user';

create or replace function sec.session_open(tenant_id bigint, user_id bigint, hash text, token_hash bytea, idle_s int,
    lifetime_s int, address text, agent text, username text, tenant_code text) returns setof api.reply
    language plpgsql security definer set search_path = pg_catalog as $$
declare
    s sec.session;
    home bigint;
begin
    -- again: the password may have changed, or the user been locked, while the hash was judged
    select u.home_facility_id into home from sec.user u join sec.password p using (tenant_id, user_id)
    where u.tenant_id = session_open.tenant_id and u.user_id = session_open.user_id and u.is_active
        and p.hash = session_open.hash;
    if not found then
        perform sec.fail(401, 'session.wrong_password');
    end if;
    perform set_config('hmis.tenant', tenant_id::text, true), set_config('hmis.user', user_id::text, true);
    update sec.login_attempt l set failures = 0, locked_until = null
    where l.name_key = sec.name_key(username, tenant_code);
    insert into sec.session as n (tenant_id, user_id, token_hash, idle, expires_at, address, agent)
    values (tenant_id, user_id, token_hash, idle_s * interval '1 second', now() + lifetime_s * interval '1 second',
        address, left(agent, 200))
    returning * into s;
    return next row(201, sec.session_body(s.tenant_id, s.user_id, s.session_id)::text, null,
        '/v1/sessions/current', null, null)::api.reply;
end
$$;
comment on function sec.session_open is 'Opens a session for a user whose password was found right';

create or replace function api.session_current() returns setof api.reply
    language plpgsql security definer set search_path = pg_catalog as $$
begin
    return next row(200, sec.session_body(sys.tenant(), sys.user_id(), sys.need_setting('hmis.session')::bigint)::text,
        null, null, null, null)::api.reply;
end
$$;
comment on function api.session_current is 'The caller''s session';

create or replace function api.session_close() returns setof api.reply
    language plpgsql security definer set search_path = pg_catalog as $$
begin
    update sec.session set revoked_at = now()
    where tenant_id = sys.tenant() and session_id = sys.need_setting('hmis.session')::bigint;
    return next row(204, null, null, null, null, null)::api.reply;
end
$$;
comment on function api.session_close is 'Signs the caller out';

create or replace function sec.own_password(out hash text)
    language plpgsql security definer set search_path = pg_catalog as $$
begin
    select p.hash into hash from sec.password p where p.tenant_id = sys.tenant() and p.user_id = sys.user_id();
end
$$;
comment on function sec.own_password is 'Hash of the caller''s password';

create or replace function api.password_change(old_hash text, new_hash text) returns setof api.reply
    language plpgsql security definer set search_path = pg_catalog as $$
begin
    update sec.password set hash = new_hash, changed_at = now()
    where tenant_id = sys.tenant() and user_id = sys.user_id() and hash = old_hash;
    if not found then
        perform sec.fail(409, 'user.changed_meanwhile');
    end if;
    update sec.session set revoked_at = now() where tenant_id = sys.tenant() and user_id = sys.user_id()
        and session_id <> sys.need_setting('hmis.session')::bigint and revoked_at is null;
    return next row(204, null, null, null, null, null)::api.reply;
end
$$;
comment on function api.password_change is 'New password of the caller; ends the other sessions';

-- Users ------------------------------------------------------------------------------------------------

create or replace function sec.user_json(u sec.user) returns json language plpgsql stable as $$
begin
    return json_build_object('id', u.user_id, 'username', u.username, 'full_name', u.full_name,
        'staff_id', u.staff_id, 'is_active', u.is_active, 'version', u.version,
        'facility', (select f.code from org.facility f
            where f.tenant_id = u.tenant_id and f.facility_id = u.home_facility_id),
        'grants', (select coalesce(json_agg(json_build_object('role', g.role, 'facility', f.code,
                'from', lower(g.valid), 'to', upper(g.valid) - 1) order by f.code, g.role), '[]')
            from sec.grant g join org.facility f on f.tenant_id = g.tenant_id and f.facility_id = g.facility_id
            where g.tenant_id = u.tenant_id and g.user_id = u.user_id));
end
$$;
comment on function sec.user_json is 'A user for administrators';

create or replace function sec.is_in_reach(u sec.user) returns boolean language plpgsql stable as $$
begin
    return u.home_facility_id = any (sys.facilities()::bigint[]);
end
$$;
comment on function sec.is_in_reach is 'The caller may see and change users whose home is in the caller''s scope';

create or replace function api.user_list(q text, max_rows int, after text) returns setof api.reply
    language plpgsql security definer set search_path = pg_catalog as $$
declare
    rows json;
    last_name text;
    n int;
begin
    select json_agg(sec.user_json(x.u) order by (x.u).username) filter (where x.no <= max_rows),
        max((x.u).username) filter (where x.no = max_rows), count(*)
        into rows, last_name, n
    from (select u, row_number() over (order by u.username) as no from sec.user u
        where u.tenant_id = sys.tenant() and u.username > coalesce(convert_from(decode(after, 'hex'), 'UTF8'), '')
            and u.home_facility_id = any (sys.facilities()::bigint[])
            and (q is null or sys.fold(u.full_name) like '%' || sys.fold(q) || '%' or u.username like lower(q) || '%')
        order by u.username limit max_rows + 1) x;
    return next row(200, json_build_object('items', coalesce(rows, '[]'))::text, null, null,
        case when n > max_rows then encode(convert_to(last_name, 'UTF8'), 'hex') end, null)::api.reply;
end
$$;
comment on function api.user_list is 'Users in the caller''s scope, by name; the cursor is the last name in hex';

create or replace function sec.user_reply(status int, who bigint) returns setof api.reply
    language plpgsql stable as $$
declare
    u sec.user;
begin
    select * into u from sec.user x where x.tenant_id = sys.tenant() and x.user_id = who;
    if not found or not sec.is_in_reach(u) then
        perform sec.fail(404, 'user.not_found');
    end if;
    return next row(status, sec.user_json(u)::text, u.version::text,
        case when status = 201 then '/v1/users/' || who end, null, null)::api.reply;
end
$$;
comment on function sec.user_reply is 'One user as an answer, 404 outside the caller''s scope';

create or replace function api.user_get(id bigint) returns setof api.reply
    language plpgsql security definer set search_path = pg_catalog as $$
begin
    return query select * from sec.user_reply(200, id);
end
$$;
comment on function api.user_get is 'One user';

create or replace function sec.facility_in_scope(code text, pointer text) returns bigint language plpgsql stable as $$
declare
    id bigint;
begin
    select f.facility_id into id from org.facility f
    where f.tenant_id = sys.tenant() and f.code = facility_in_scope.code and f.valid @> current_date
        and f.facility_id = any (sys.facilities()::bigint[]);
    if id is null then
        perform sec.fail(422, 'facility.unknown', sec.problem(pointer, 'facility.unknown', code));
    end if;
    return id;
end
$$;
comment on function sec.facility_in_scope is 'Facility of that code in the caller''s scope';

create or replace function sec.text_of(body jsonb, name text, required boolean) returns text
    language plpgsql immutable as $$
begin
    if body -> name is null or body -> name = 'null' then
        if required then
            perform sec.fail(422, 'value.missing', sec.problem('/' || name, 'value.missing', name));
        end if;
        return null;
    end if;
    if jsonb_typeof(body -> name) <> 'string' then
        perform sec.fail(422, 'value.malformed', sec.problem('/' || name, 'value.malformed', 'expected a string'));
    end if;
    return body ->> name;
end
$$;
comment on function sec.text_of is 'A member that is a string';

create or replace function sec.refuse_unknown(body jsonb, known text[]) returns void language plpgsql immutable as $$
declare
    wrong jsonb;
begin
    if jsonb_typeof(body) is distinct from 'object' then
        perform sec.fail(422, 'value.malformed', sec.problem('', 'value.malformed', 'expected an object'));
    end if;
    select jsonb_agg(jsonb_build_object('pointer', '/' || k, 'code', 'value.unknown_member',
        'detail', 'known: ' || array_to_string(known, ' '))) into wrong
    from jsonb_object_keys(body) k where k <> all (known);
    if wrong is not null then
        perform sec.fail(422, 'value.unknown_member', wrong);
    end if;
end
$$;
comment on function sec.refuse_unknown is 'A misspelt member is an error, not silence';

create or replace function sec.set_grants(who bigint, grants jsonb) returns void language plpgsql as $$
declare
    g jsonb;
    at text;
begin
    if jsonb_typeof(grants) <> 'array' or jsonb_array_length(grants) > 100 then
        perform sec.fail(422, 'value.malformed', sec.problem('/grants', 'value.malformed', 'expected an array of at most 100'));
    end if;
    -- grants outside the caller's scope stay as they are
    delete from sec.grant x where x.tenant_id = sys.tenant() and x.user_id = who
        and x.facility_id = any (sys.facilities()::bigint[]);
    for i in 0 .. jsonb_array_length(grants) - 1 loop
        g := grants -> i;
        at := '/grants/' || i;
        perform sec.refuse_unknown(g, '{role,facility,from,to}');
        if not exists (select from sec.role r where r.role = g ->> 'role') then
            perform sec.fail(422, 'role.unknown', sec.problem(at || '/role', 'role.unknown', g ->> 'role'));
        end if;
        insert into sec.grant (tenant_id, user_id, role, facility_id, valid)
        values (sys.tenant(), who, g ->> 'role', sec.facility_in_scope(g ->> 'facility', at || '/facility'),
            daterange((g ->> 'from')::date, (g ->> 'to')::date, '[]'));
    end loop;
end
$$;
comment on function sec.set_grants is 'Replaces the grants of a user inside the caller''s scope';

create or replace function api.user_create(body jsonb, password_hash text) returns setof api.reply
    language plpgsql security definer set search_path = pg_catalog as $$
declare
    who bigint;
    home bigint;
begin
    perform sec.refuse_unknown(body, '{username,full_name,staff_id,facility,grants,is_active}');
    home := case when body ? 'facility' then sec.facility_in_scope(sec.text_of(body, 'facility', true), '/facility')
        else sys.facility() end;
    insert into sec.user as u (tenant_id, username, full_name, staff_id, home_facility_id, is_active)
    values (sys.tenant(), sec.text_of(body, 'username', true), sec.text_of(body, 'full_name', true),
        (body ->> 'staff_id')::bigint, home, coalesce((body ->> 'is_active')::boolean, true))
    returning u.user_id into who;
    insert into sec.password (tenant_id, user_id, hash) values (sys.tenant(), who, password_hash);
    perform sec.set_grants(who, coalesce(body -> 'grants', '[]'));
    return query select * from sec.user_reply(201, who);
end
$$;
comment on function api.user_create is 'Creates a user with grants inside the caller''s scope';

create or replace function api.user_patch(id bigint, if_match text, body jsonb, password_hash text) returns setof api.reply
    language plpgsql security definer set search_path = pg_catalog as $$
declare
    u sec.user;
begin
    perform sec.refuse_unknown(body, '{full_name,staff_id,facility,grants,is_active}');
    select * into u from sec.user x where x.tenant_id = sys.tenant() and x.user_id = id for update;
    if not found or not sec.is_in_reach(u) then
        perform sec.fail(404, 'user.not_found');
    end if;
    if if_match not in ('*', u.version::text) then
        perform sec.fail(412, 'version.changed');
    end if;
    update sec.user x set version = x.version + 1,
        full_name = coalesce(sec.text_of(body, 'full_name', false), x.full_name),
        staff_id = case when body ? 'staff_id' then (body ->> 'staff_id')::bigint else x.staff_id end,
        home_facility_id = case when body ? 'facility'
            then sec.facility_in_scope(sec.text_of(body, 'facility', true), '/facility') else x.home_facility_id end,
        is_active = coalesce((body ->> 'is_active')::boolean, x.is_active)
    where x.tenant_id = u.tenant_id and x.user_id = id;
    if body ? 'grants' then
        perform sec.set_grants(id, body -> 'grants');
    end if;
    if password_hash is not null then
        update sec.password set hash = password_hash, changed_at = now() where tenant_id = u.tenant_id and user_id = id;
    end if;
    if password_hash is not null or (body ->> 'is_active')::boolean is false then
        update sec.session set revoked_at = now() where tenant_id = u.tenant_id and user_id = id and revoked_at is null;
    end if;
    return query select * from sec.user_reply(200, id);
end
$$;
comment on function api.user_patch is 'Changes a user; a new password or a lock ends the user''s sessions';

-- Outside requests -------------------------------------------------------------------------------------

create or replace function sec.user_bootstrap(tenant_code text, facility_code text, username text, full_name text,
    roles text[], password_hash text) returns bigint language plpgsql set search_path = pg_catalog as $$
declare
    tenant bigint := (select t.tenant_id from org.tenant t where t.code = tenant_code);
    at bigint := (select f.facility_id from org.facility f where f.tenant_id = tenant
        and f.code = facility_code and f.valid @> current_date);
    who bigint;
begin
    if at is null then
        perform sec.fail(404, 'facility.unknown', sec.problem('/facility', 'facility.unknown', facility_code));
    end if;
    perform set_config('hmis.tenant', tenant::text, true), set_config('hmis.facilities', format('{%s}', at), true),
        set_config('hmis.facility', at::text, true);
    insert into sec.user as u (tenant_id, username, full_name, home_facility_id)
    values (tenant, lower(username), full_name, at)
    on conflict on constraint user_username_key do update
        set full_name = excluded.full_name, home_facility_id = excluded.home_facility_id, is_active = true,
            version = u.version + 1
    returning u.user_id into who;
    insert into sec.password (tenant_id, user_id, hash) values (tenant, who, password_hash)
    on conflict (tenant_id, user_id) do update set hash = excluded.hash, changed_at = now();
    perform sec.set_grants(who, (select jsonb_agg(jsonb_build_object('role', r, 'facility', facility_code))
        from unnest(roles) r));
    update sec.session set revoked_at = now() where tenant_id = tenant and user_id = who and revoked_at is null;
    return who;
end
$$;
comment on function sec.user_bootstrap is 'Creates or resets a user from the command line, with an administrator''s connection';

create or replace function sec.purge() returns void
    language plpgsql security definer set search_path = pg_catalog as $$
begin
    delete from sec.idempotency where expires_at < now();
    delete from sec.session where expires_at < now() - interval '30 days';
    delete from sec.login_attempt where last_at < now() - interval '2 days';
end
$$;
comment on function sec.purge is 'Deletes what has expired; run by the jobs process';

-- Triggers, policies, grants -----------------------------------------------------------------------------

do $$
declare
    t record;
    e text;
begin
    for t in select * from (values ('sec', 'grant'), ('org', 'facility')) v (nsp, rel) loop
        foreach e in array array['insert', 'update', 'delete'] loop
            execute format('drop trigger if exists scope_%s on %I.%I', e, t.nsp, t.rel);
            execute format('create trigger scope_%1$s after %1$s on %2$I.%3$I referencing %4$s table as changed
                for each statement execute function sec.new_epoch()',
                e, t.nsp, t.rel, case e when 'delete' then 'old' else 'new' end);
        end loop;
    end loop;
    drop trigger if exists user_locked on sec.user;
    create trigger user_locked after update of is_active on sec.user
        for each row when (not new.is_active) execute function sec.end_sessions();
    drop trigger if exists scope_change on sec.role_permission;
    create trigger scope_change after insert or update or delete or truncate on sec.role_permission
        for each statement execute function sec.new_epoch();
    for t in select * from (values ('user', 'user_id', 'home_facility_id'), ('grant', 'grant_id', 'facility_id')) v (rel, id, fac) loop
        perform audit.attach('sec', t.rel, t.id, t.fac);
    end loop;
    -- before a session is known there is no tenant; from then on only that tenant's rows exist. sec.enter finds
    -- session and scope by their keys in every request: their policy says only that nobody else comes near.
    for t in select c.relname as rel, c.relname in ('session', 'scope') as is_hot from pg_class c join pg_namespace n on n.oid = c.relnamespace
        join pg_attribute a on a.attrelid = c.oid and a.attname = 'tenant_id'
        where n.nspname = 'sec' and c.relkind = 'r' and c.relname <> 'epoch' loop
        execute format('alter table sec.%I enable row level security', t.rel);
        execute format('alter table sec.%I force row level security', t.rel);
        execute format('drop policy if exists tenant_scope on sec.%I', t.rel);
        execute format('create policy tenant_scope on sec.%I using ((select coalesce(current_setting(''hmis.tenant'', true), '''')) in ('''', tenant_id::text))', t.rel);
    end loop;
end
$$;

revoke all on all functions in schema sec from public;
grant execute on function sec.enter, sec.resume, sec.login_begin, sec.session_open, sec.own_password to hmis_worker;
grant execute on function sec.keep to hmis_worker, hmis_jobs;
grant execute on function sec.purge to hmis_jobs;
grant execute on function api.session_current, api.session_close, api.password_change, api.user_list, api.user_get,
    api.user_create, api.user_patch to hmis_worker;
