-- A received claim that was reopened and closed again without a change of content is received still.
set local role hmis_owner;

insert into sys.transition (machine, from_state, to_state, needs_reason) values
    ('claim.claim', 'draft', 'received', false),
    ('claim.claim', 'judged', 'received', false);
