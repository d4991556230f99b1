-- A close that the rules refuse leaves the visit as it was: not discharged.
set local role hmis_owner;

insert into sys.transition (machine, from_state, to_state, needs_reason) values
    ('care.visit', 'done', 'arrived', true),
    ('care.visit', 'done', 'admitted', true);
