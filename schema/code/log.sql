-- What PostgreSQL writes to its own log about our sessions; run as the migrator's superuser, because roles belong to the cluster.
-- Details of errors carry values of rows (a key that exists already, a stored answer): they stay out of that log.
do $$
declare
    r record;
begin
    for r in select rolname from pg_roles x where rolname in ('hmis_worker', 'hmis_jobs', 'hmis_report') and not exists (
            select from pg_db_role_setting s where s.setrole = x.oid and s.setdatabase = 0
                and 'log_error_verbosity=terse' = any (s.setconfig)) loop
        execute format('alter role %I set log_error_verbosity = terse', r.rolname);
    end loop;
end
$$;
