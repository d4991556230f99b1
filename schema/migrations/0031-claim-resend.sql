-- A returned claim whose content is right may be sent again, by a person who says why (gateway API §4.4, code 701).
set local role hmis_owner;

insert into sys.transition (machine, from_state, to_state, needs_reason) values ('claim.claim', 'returned', 'signed', true);
