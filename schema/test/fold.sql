-- The search form of the database and that of the C code agree: one golden file for both.
begin;
select * from no_plan();
create temp table golden (input text, folded text, note text);
\copy golden from 'tests/golden/fold.tsv' with (format csv, delimiter E'\t', quote E'\b', header, null '\N')
select cmp_ok((select count(*) from golden), '>=', 50::bigint, 'the golden file is there');
select is(sys.fold(input), folded, note || ': ' || input) from golden;
select is(sys.name_key('Nguyễn Thị Ánh'), sys.name_key('anh NGUYEN thị'), 'words in any order give the same key');
select * from finish();
rollback;
