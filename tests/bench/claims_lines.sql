-- Every closed insured visit gets charges until it has 20, by repeating its own: the synthetic district's visits have five on
-- average, a month of a hospital some twenty. Foreign keys hold because the copies refer to what the originals refer to.
set session_replication_role = replica;
do $$
declare
    names text;
    copied text;
begin
    select string_agg(quote_ident(attname), ', ' order by attnum),
        string_agg(case attname when 'split_no' then 'h.split_no + 1000 * k' else 'h.' || quote_ident(attname) end, ', ' order by attnum)
        into names, copied from pg_attribute
        where attrelid = 'bill.charge'::regclass and attnum > 0 and not attisdropped and attname <> 'charge_id';
    execute format('insert into bill.charge (%s) select %s from (
            select h.*, row_number() over w as place, count(*) over (partition by h.tenant_id, h.visit_id) as have
            from bill.charge h join care.visit v on v.tenant_id = h.tenant_id and v.visit_id = h.visit_id
            where v.status = ''closed'' and v.coverage_id is not null and not h.is_void
            window w as (partition by h.tenant_id, h.visit_id order by h.charge_id)) h
        cross join generate_series(1, 19) k where k * have + place <= 20 order by visit_id, k, place', names, copied);
end
$$;
