-- Background work: identity of a job, taking and ending work. The jobs process runs these as hmis_jobs.
set local role hmis_owner;

create or replace function job.enter(tenant bigint, request text) returns text
    language plpgsql security definer set search_path = pg_catalog as $$
begin
    perform set_config('hmis.tenant', tenant::text, true), set_config('hmis.user', '', true),
        set_config('hmis.request', request, true);
    perform set_config('hmis.facilities',
        coalesce((select array_agg(f.facility_id)::text from org.facility f where f.tenant_id = tenant), '{}'), true);
    return (select t.code from org.tenant t where t.tenant_id = tenant);
end
$$;
comment on function job.enter is 'Makes the transaction work for all facilities of one tenant, for the jobs process; returns the tenant''s code';

create or replace function job.take(who text, most int, lease interval, running bigint[])
    returns table (queue_id bigint, tenant_id bigint, facility_id bigint, kind text, payload text, attempts int, max_attempts int)
    language plpgsql security definer set search_path = pg_catalog as $$
begin
    -- what nobody runs becomes ready again; it keeps its attempts. The taker knows best what it runs itself: the rest that
    -- stands in its name was ended, or taken, in a transaction that the database lost.
    update job.queue q set state = 'ready', locked_by = null, locked_until = null, last_error = 'the process that ran it ended'
        where q.state = 'running' and (q.locked_until < now() or q.locked_by = who and q.queue_id <> all (running));
    return query
        update job.queue q set state = 'running', locked_by = who, locked_until = now() + lease, attempts = q.attempts + 1
        where q.queue_id in (
            select r.queue_id from job.queue r where r.state = 'ready' and r.run_at <= now()
            order by r.run_at, r.queue_id limit most for update skip locked)
        returning q.queue_id, q.tenant_id, q.facility_id, q.kind, q.payload::text, q.attempts, q.max_attempts;
end
$$;
comment on function job.take is 'Takes up to `most` jobs that are due; a job belongs to its taker until the lease ends';

create or replace function job.hold(ids bigint[], who text, lease interval) returns int
    language plpgsql security definer set search_path = pg_catalog as $$
declare
    n int;
begin
    update job.queue q set locked_until = now() + lease where q.queue_id = any (ids) and q.state = 'running' and q.locked_by = who;
    get diagnostics n = row_count;
    return n;
end
$$;
comment on function job.hold is 'Extends the leases of jobs under way; how many were not lost';

create or replace function job.owners(who text) returns table (owner text)
    language plpgsql stable security definer set search_path = pg_catalog as $$
begin
    return query select distinct q.locked_by from job.queue q where q.state = 'running' and q.locked_by <> who;
end
$$;
comment on function job.owners is 'The other processes that hold leases';

create or replace function job.bury(owners text[]) returns int
    language plpgsql security definer set search_path = pg_catalog as $$
declare
    n int;
begin
    update job.queue q set state = 'ready', locked_by = null, locked_until = null, last_error = 'the process that ran it ended'
        where q.state = 'running' and q.locked_by = any (owners);
    get diagnostics n = row_count;
    return n;
end
$$;
comment on function job.bury is 'Frees at once what dead processes held; the caller has made sure that they are dead';

create or replace function job.finish(id bigint, who text) returns void
    language plpgsql security definer set search_path = pg_catalog as $$
begin
    update job.queue q set state = 'done', finished_at = now(), locked_by = null, locked_until = null, last_error = null
        where q.queue_id = id and q.state = 'running' and q.locked_by = who;
end
$$;
comment on function job.finish is 'The job is done';

create or replace function job.fail(id bigint, who text, problem text, delay_s int, for_good boolean) returns text
    language plpgsql security definer set search_path = pg_catalog as $$
declare
    result text;
begin
    update job.queue q set
        state = case when for_good or q.attempts >= q.max_attempts then 'failed' else 'ready' end,
        finished_at = case when for_good or q.attempts >= q.max_attempts then now() end,
        run_at = now() + make_interval(secs => delay_s), locked_by = null, locked_until = null, last_error = left(problem, 2000)
        where q.queue_id = id and q.state = 'running' and q.locked_by = who
        returning q.state into result;
    return result;
end
$$;
comment on function job.fail is 'The try failed: again after delay_s, or failed for good; returns the new state';

create or replace function job.postpone(id bigint, who text, problem text, delay_s int) returns void
    language plpgsql security definer set search_path = pg_catalog as $$
begin
    update job.queue q set state = 'ready', attempts = greatest(q.attempts - 1, 0), run_at = now() + make_interval(secs => delay_s),
        locked_by = null, locked_until = null, last_error = left(problem, 2000)
        where q.queue_id = id and q.state = 'running' and q.locked_by = who;
end
$$;
comment on function job.postpone is 'Later, and this try does not count: what hinders it is not the job''s fault';

create or replace function job.next_due() returns int
    language plpgsql stable security definer set search_path = pg_catalog as $$
begin
    return (select greatest(0, ceil(extract(epoch from min(q.run_at) - now())))::int from job.queue q where q.state = 'ready');
end
$$;
comment on function job.next_due is 'Seconds until the next job is due, null when none waits';

create or replace function job.plan_schedules() returns int
    language plpgsql security definer set search_path = pg_catalog as $$
declare
    n int;
begin
    -- every tenant (sec.epoch: with facilities) has these; a person may change or switch off a row, not lose it
    insert into job.schedule (tenant_id, kind, every, next_at)
    select t.tenant_id, k.kind, interval '1 day',
        (sys.business_date(now()) + 1)::timestamp at time zone 'Asia/Ho_Chi_Minh' + k.at
    from sec.epoch t cross join (values ('reconcile', interval '2 hours'), ('purge', interval '3 hours')) k (kind, at)
    on conflict do nothing;
    with due as (
        update job.schedule s set next_at = now() + s.every where s.is_on and s.next_at <= now()
        returning s.tenant_id, s.kind, s.payload)
    insert into job.queue (tenant_id, kind, dedup_key, payload)
    select tenant_id, kind, 'schedule', payload from due
    on conflict (tenant_id, kind, dedup_key) where state in ('ready', 'running') and dedup_key is not null do nothing;
    get diagnostics n = row_count;
    return n;
end
$$;
comment on function job.plan_schedules is 'Queues the repeating work that is due';

create or replace function job.purge(keep interval) returns bigint
    language plpgsql security definer set search_path = pg_catalog as $$
declare
    n bigint;
begin
    delete from job.queue q where q.state = 'done' and q.finished_at < now() - keep;
    get diagnostics n = row_count;
    perform sec.purge();
    return n;
end
$$;
comment on function job.purge is 'Forgets finished jobs older than `keep` (failed ones stay until someone looks), and sessions, sign-in attempts and Idempotency-Keys that have expired';

create or replace function job.wake() returns trigger
    language plpgsql as $$
begin
    notify hmis_job;
    return null;
end
$$;
comment on function job.wake is 'Tells the jobs process that there is work; it looks by itself now and then as well';

create trigger queue_wake after insert on job.queue for each statement execute function job.wake();
