-- The policy of failed sign-ins (docs/api.md): so many in a row lock a name, each further one twice as long up to an hour;
-- a success or a day without an attempt that was judged begins anew. Times are shifted instead of waited for.
begin;
select * from no_plan();
\ir two_tenants.psql
insert into sec.user (tenant_id, user_id, username, full_name, home_facility_id) values (1, 900, 'lan', 'Lan', 11);
insert into sec.password (tenant_id, user_id, hash) values (1, 900, '$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHQ$aGFzaGhhc2hoYXNo');

create function pg_temp.try(times int) returns int language plpgsql as $$
declare
    r record;
begin
    for i in 1..times loop
        select * into r from sec.login_begin('lan', 'T1', 5, 30);
    end loop;
    return r.wait_s;
end $$;
create function pg_temp.shift(by interval) returns void language sql as $$
    update sec.login_attempt set last_at = last_at - by, locked_until = locked_until - by $$;
create function pg_temp.lock() returns int language sql as $$
    select ceil(extract(epoch from locked_until - clock_timestamp()))::int from sec.login_attempt $$;
create function pg_temp.failures() returns int language sql as $$ select failures from sec.login_attempt $$;

select is(pg_temp.try(4), 0, 'four attempts are judged');
select is(pg_temp.lock(), null, 'and lock nothing');
select is(pg_temp.try(1), 0, 'the fifth is judged');
select is(pg_temp.lock(), 30, 'and locks for the first delay');
select is(pg_temp.try(1), 30, 'a locked name is told how long');
select is(pg_temp.failures(), 5, 'what is not judged does not count');
select is((select hash from sec.login_begin('lan', 'T1', 5, 30)), null, 'and gets no hash to judge by');
select is((select wait_s from sec.login_begin('LAN', 't1', 5, 30)), 30, 'whatever the case of the letters');

select pg_temp.shift('31 seconds');
select is(pg_temp.try(1), 0, 'after the lock one more is judged');
select is(pg_temp.lock(), 60, 'and locks twice as long');
select pg_temp.shift('2 minutes');
select is(pg_temp.try(1), 0, 'and so on');
select is(pg_temp.lock(), 120, 'doubled each time');
update sec.login_attempt set failures = 50, locked_until = null;
select is(pg_temp.try(1), 0, 'many failures later');
select is(pg_temp.lock(), 3600, 'an hour is the most');

select pg_temp.shift('23 hours 59 minutes');
select is(pg_temp.try(1), 0, 'a day that is not over');
select is(pg_temp.failures(), 52, 'forgets nothing');
select is(pg_temp.lock(), 3600, 'and locks again');
select pg_temp.shift('24 hours 1 minute');
select is(pg_temp.try(1), 0, 'after a quiet day');
select is(pg_temp.failures(), 1, 'counting begins anew');
select is(pg_temp.lock(), null, 'without a lock');
select is(pg_temp.try(3), 0, 'three more');
select is(pg_temp.lock(), null, 'are four');
select pg_temp.shift('23 hours');
select is(pg_temp.try(1), 0, 'and the fifth within a day of the fourth');
select is(pg_temp.lock(), 30, 'locks, however long ago the first was');

select pg_temp.shift('1 hour');
select lives_ok($$ select sec.session_open(1, 900, (select hash from sec.password where user_id = 900), sha256('t'), 60, 60, '127.0.0.1', 'test', 'lan', 'T1') $$,
    'the right password');
select is(pg_temp.failures(), 0, 'begins anew too');
select is(pg_temp.lock(), null, 'and unlocks');

select pg_temp.try(5);
select pg_temp.shift('47 hours');
select sec.purge();
select is((select count(*) from sec.login_attempt), 1::bigint, 'the purge keeps what may still count');
select pg_temp.shift('2 hours');
select sec.purge();
select is((select count(*) from sec.login_attempt), 0::bigint, 'and forgets the rest');
select is((select wait_s from sec.login_begin('nobody', 'T1', 2, 30)), 0, 'a name that does not exist');
select is((select wait_s from sec.login_begin('nobody', 'T1', 2, 30)), 0, 'is judged as often');
select is((select wait_s from sec.login_begin('nobody', 'T1', 2, 30)), 30, 'and locked as well');

select * from finish();
rollback;
