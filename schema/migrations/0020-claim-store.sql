-- Storing a month's claims. A claim is built and signed in one transaction, so that it goes to signed at once.
-- Envelopes (base64 text of repeating XML, some 40 KB) are compressed with LZ4, where this PostgreSQL has it: a
-- tenth of the processor time of the default method, and smaller. What is stored already stays as it is.
set local role hmis_owner;

insert into sys.transition (machine, from_state, to_state, needs_reason) values
    ('claim.claim', 'draft', 'signed', false),
    ('claim.claim', 'judged', 'signed', false);

do $$
begin
    alter table claim.version alter column envelope set compression lz4;
exception when feature_not_supported then
    raise notice 'this PostgreSQL has no LZ4; envelopes are stored with pglz';
end
$$;

-- A run goes through the claims of a month in order of id, a chunk at a time.
create index claim_run_idx on claim.claim (tenant_id, month, claim_id);
