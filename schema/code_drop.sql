-- Drops what schema/code made the last time. Refuses when that would take something along that a
-- migration made (a default, a constraint, an index, a trigger of its own): migrations must not
-- depend on code.
do $$
declare
    o record;
    before bigint;
    after bigint;
    count_made constant text :=
        'select (select count(*) from pg_attrdef) + (select count(*) from pg_constraint where contype <> ''t'')
            + (select count(*) from pg_index) + (select count(*) from pg_attribute join pg_class on oid = attrelid
                where relkind in (''r'', ''p'') and not attisdropped)
            + (select count(*) from sys.code_candidate c where not exists (
                select from sys.code_object m where m.kind = c.kind and m.identity = c.identity))';
begin
    execute count_made into before;
    for o in
        select kind, identity from sys.code_object
        order by array_position(array['policy', 'trigger', 'view', 'function', 'procedure', 'aggregate'], kind), identity
    loop
        if o.kind in ('policy', 'trigger') then
            execute format('drop %s if exists %s', o.kind, o.identity);
        else
            execute format('drop %s if exists %s cascade', o.kind, o.identity);
        end if;
    end loop;
    execute count_made into after;
    if before <> after then
        raise exception 'a migration depends on an object of schema/code: dropping the code would remove % of its objects', before - after;
    end if;
    delete from sys.code_object;
end
$$
