-- Finding people. The search tables are kept by triggers; reg.read_query understands what was typed;
-- reg.find_names walks reg.patient_word from the rarest word on, best matches first, newest first among equals.
set local role hmis_owner;

-- Keeping the search tables ------------------------------------------------------------------------------

create or replace function reg.words_of(name_fold text, born_on date) returns text[]
    language plpgsql immutable strict as $$
begin
    return (select array_agg(distinct w collate "C" order by w collate "C")
            || ('=' || string_agg(left(w, 1), '' order by no) collate "C") || ('#' || to_char(born_on, 'yyyy') collate "C")
        from unnest(string_to_array(name_fold, ' ')) with ordinality x (w, no));
end
$$;
comment on function reg.words_of is 'What reg.patient_word holds for a person: the words of the folded name, "=" with the initials, "#" with the year of birth';

-- Runs as whoever writes: the policies of the search tables apply to it as to the patient.
create or replace function reg.count_words() returns trigger
    language plpgsql as $$
begin
    -- Counting each word of each patient would make all registrations wait for the row of "nguyen". New words
    -- are noted at once; known ones are raised by 64 with a chance of n/64 (exactly, when n is 64 or more).
    insert into reg.name_word as d (tenant_id, word, uses)
    select x.tenant_id, x.word, x.n
    from (select n.tenant_id, w.word, count(*) as n from new_rows n
        cross join lateral (select unnest(reg.words_of(n.name_fold, n.born_on)) union all select '') w (word) group by 1, 2) x
    left join reg.name_word k on k.tenant_id = x.tenant_id and k.word = x.word
    where k.word is null or x.n >= 64 or random() < x.n / 64.0
    order by x.tenant_id, x.word collate "C"
    on conflict (tenant_id, word) do update set uses = d.uses + greatest(excluded.uses, 64);
    return null;
end
$$;
comment on function reg.count_words is 'Notes the words of new names in reg.name_word';

create or replace function reg.index_words() returns trigger
    language plpgsql as $$
begin
    insert into reg.patient_word (tenant_id, word, created_at, patient_id, words, born_on, birth_precision)
    select n.tenant_id, w.word, n.created_at, n.patient_id, ' ' || replace(n.name_key, ' ', '  ') || ' ', n.born_on, n.birth_precision
    from new_rows n cross join lateral unnest(reg.words_of(n.name_fold, n.born_on)) w (word);
    return null;
end
$$;
comment on function reg.index_words is 'Writes the words of new patients';

create or replace function reg.reindex_words() returns trigger
    language plpgsql as $$
begin
    if (old.name_key, old.name_fold, old.born_on, old.birth_precision) = (new.name_key, new.name_fold, new.born_on, new.birth_precision) then
        return null;
    end if;
    delete from reg.patient_word w where w.tenant_id = old.tenant_id and w.word = any (reg.words_of(old.name_fold, old.born_on))
        and w.created_at = old.created_at and w.patient_id = old.patient_id;
    insert into reg.name_word (tenant_id, word, uses)
    select new.tenant_id, w, 1 from unnest(reg.words_of(new.name_fold, new.born_on)) w order by w collate "C"
    on conflict (tenant_id, word) do nothing;
    insert into reg.patient_word (tenant_id, word, created_at, patient_id, words, born_on, birth_precision)
    select new.tenant_id, w, new.created_at, new.patient_id, ' ' || replace(new.name_key, ' ', '  ') || ' ', new.born_on, new.birth_precision
    from unnest(reg.words_of(new.name_fold, new.born_on)) w;
    return null;
end
$$;
comment on function reg.reindex_words is 'Rewrites the words of a patient whose name or birth date was mended';

drop trigger if exists index_words on reg.patient;
create trigger index_words after insert on reg.patient referencing new table as new_rows
    for each statement execute function reg.index_words();
drop trigger if exists count_words on reg.patient;
create trigger count_words after insert on reg.patient referencing new table as new_rows
    for each statement execute function reg.count_words();
drop trigger if exists reindex_words on reg.patient;
create trigger reindex_words after update of full_name, born_on, birth_precision on reg.patient
    for each row execute function reg.reindex_words();

-- Understanding what was typed -----------------------------------------------------------------------------

create or replace function reg.day_of(y text, m text, d text) returns date
    language plpgsql immutable as $$
declare
    t text := lpad(y, 4, '0') || '-' || lpad(m, 2, '0') || '-' || lpad(d, 2, '0');
begin
    return case when api.is_date(t) then t::date end;
end
$$;
comment on function reg.day_of is 'A day that exists, else null';

-- A birth date as people here write it: dd/MM/yyyy (also with - . or nothing between), MM/yyyy, yyyy, yyyy-MM-dd.
create or replace function reg.read_date(t text, out lo date, out hi date)
    language plpgsql immutable as $$
declare
    p text[];
begin
    if t ~ '^[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}$' then
        p := string_to_array(t, '-');
        lo := reg.day_of(p[1], p[2], p[3]);
        hi := lo;
    elsif t ~ '^[0-9]{1,2}([/.-])[0-9]{1,2}\1[0-9]{4}$' then
        p := regexp_split_to_array(t, '[/.-]');
        lo := reg.day_of(p[3], p[2], p[1]);
        hi := lo;
    elsif t ~ '^[0-9]{8}$' then
        lo := reg.day_of(substr(t, 5, 4), substr(t, 3, 2), substr(t, 1, 2));
        hi := lo;
    elsif t ~ '^[0-9]{1,2}[/.-][0-9]{4}$' then
        p := regexp_split_to_array(t, '[/.-]');
        lo := reg.day_of(p[2], p[1], '1');
        hi := lo + interval '1 month - 1 day';
    elsif t ~ '^(18[89]|19[0-9]|20[0-9]|21[0-9])[0-9]$' then
        lo := reg.day_of(t, '1', '1');
        hi := reg.day_of(t, '12', '31');
    end if;
end
$$;
comment on function reg.read_date is 'First and last day meant by a typed birth date; nulls when it is none';

-- Splits q into words of a name, a birth date and numbers (citizen id, card, insurance number, phone, code).
create or replace function reg.read_query(q text, out words text[], out lo date, out hi date, out numbers text[])
    language plpgsql immutable as $$
declare
    t text;
    d record;
    whole text := btrim(q);
    plain text := upper(regexp_replace(whole, '[[:space:].-]', '', 'g'));
begin
    words := '{}';
    numbers := '{}';
    -- numbers that people write in groups: 0912 345 678, DN 4 01 0123456789
    if exists (select from regexp_split_to_table(whole, '[[:space:]]+') w where (select x.lo from reg.read_date(w) x) is null)
        and (plain ~ '^\+?[0-9]{8,15}$' or plain ~ '^[A-Z]{2}[1-5][0-9]{12}$') then
        numbers := array[plain];
        return;
    end if;
    foreach t in array regexp_split_to_array(whole, '[[:space:],;]+') loop
        if t !~ '[0-9]' then
            words := words || string_to_array(sys.fold(t), ' ');
            continue;
        end if;
        select * into d from reg.read_date(t);
        if d.lo is not null and t !~ '^[0-9]{8}$' then
            if lo is not null and (lo, hi) <> (d.lo, d.hi) then
                perform api.fail(422, 'patient.query', jsonb_build_array(api.error('?q', 'two_dates', t)));
            end if;
            lo := d.lo;
            hi := d.hi;
        elsif t ~ '^[0-9]{1,2}[/.-]([0-9]{1,2}[/.-])?[0-9]{4}$' then
            perform api.fail(422, 'patient.query', jsonb_build_array(api.error('?q', 'value.bad_date', t)));
        else
            numbers := numbers || upper(regexp_replace(t, '[.]', '', 'g'));
        end if;
    end loop;
    words := array(select w from unnest(words) with ordinality x (w, no) where w <> '' order by no);
    if cardinality(words) > 10 or cardinality(numbers) > 1 then
        perform api.fail(422, 'patient.query', jsonb_build_array(api.error('?q', 'value.too_long', 'at most 10 words and one number')));
    elsif cardinality(words) = 0 and cardinality(numbers) = 0 and lo is null then
        perform api.fail(422, 'patient.query', jsonb_build_array(api.error('?q', 'value.too_short')));
    end if;
end
$$;
comment on function reg.read_query is 'What a person typed into the search field';

-- A birth date known by year or month only fits every day of it: the two days under which such people stand.
-- (Written out in each walk: a function would be called for each row.)
create or replace function reg.born_around(inout lo date, inout hi date, out in_year date, out in_month date)
    language plpgsql immutable as $$
begin
    if lo = hi then
        in_year := make_date(extract(year from lo)::int, 1, 1);
        in_month := make_date(extract(year from lo)::int, extract(month from lo)::int, 1);
    end if;
    lo := coalesce(lo, '-infinity');
    hi := coalesce(hi, 'infinity');
end
$$;
comment on function reg.born_around is 'Bounds of a wanted birth date, open when none is wanted, and the first days of its year and month when it is one day';

-- Walking ----------------------------------------------------------------------------------------------

-- The words of the tenant that begin so, with their uses; at most 300 (a letter has fewer than 100 in Vietnamese).
create or replace function reg.words_from(start text) returns table (word text, uses bigint)
    language plpgsql stable as $$
begin
    return query
        select d.word, d.uses from reg.name_word d
        where d.tenant_id = sys.tenant() and d.word >= start collate "C" and d.word < start || U&'\+10FFFF' collate "C"
        order by d.word limit 300;
end
$$;
comment on function reg.words_from is 'Known words with a beginning';

-- share: the part of the people whom all the words would leave if names were put together by chance.
create or replace function reg.rarest(words text[], out word text, out uses bigint, out share float8)
    language plpgsql stable as $$
declare
    people float8 := (select d.uses from reg.name_word d where d.tenant_id = sys.tenant() and d.word = '');
begin
    select (array_agg(x.word order by x.uses))[1], min(x.uses), exp(sum(ln(greatest(x.uses, 1) / greatest(people, 1))))
    into rarest.word, rarest.uses, rarest.share
    from (select distinct w.word, coalesce(d.uses, 0) as uses from unnest(words) w (word)
        left join reg.name_word d on d.tenant_id = sys.tenant() and d.word = w.word collate "C") x;
end
$$;
comment on function reg.rarest is 'The word that the fewest people bear; nulls for no words';

-- The walks: newest first, rows after (from_at, from_id), whose words are like must or like else_must, and like
-- neither of but and or_but. The case makes the pattern that refuses most be judged first: by itself PostgreSQL would
-- begin with the leakproof comparisons.
create or replace function reg.walk_key(key text, fold text, as_typed boolean, lo date, hi date,
    from_at timestamptz, from_id bigint, most int) returns table (at timestamptz, id bigint)
    language plpgsql stable as $$
declare
    b record;
begin
    select * into b from reg.born_around(lo, hi);
    return query
        select p.created_at, p.patient_id from reg.patient p
        where p.tenant_id = sys.tenant() and p.name_key = key collate "C" and (p.created_at, p.patient_id) < (from_at, from_id)
            and (p.name_fold = fold) = as_typed
            and (p.born_on between b.lo and b.hi or p.born_on = b.in_year and p.birth_precision = 'year'
                or p.born_on = b.in_month and p.birth_precision = 'month')
        order by p.created_at desc, p.patient_id desc limit most;
end
$$;
comment on function reg.walk_key is 'Patients with exactly these words, in the typed order or in another';

create or replace function reg.walk_word(wanted text, must text, else_must text, but text, or_but text, lo date, hi date,
    from_at timestamptz, from_id bigint, most int) returns table (at timestamptz, id bigint)
    language plpgsql stable as $$
declare
    b record;
begin
    select * into b from reg.born_around(lo, hi);
    return query
        select w.created_at, w.patient_id from reg.patient_word w
        where w.tenant_id = sys.tenant() and w.word = wanted collate "C" and (w.created_at, w.patient_id) < (from_at, from_id)
            and case when w.words like must or w.words like else_must then w.words not like but and w.words not like or_but
                and (w.born_on between b.lo and b.hi or w.born_on = b.in_year and w.birth_precision = 'year'
                    or w.born_on = b.in_month and w.birth_precision = 'month') end
        order by w.created_at desc, w.patient_id desc limit most;
end
$$;
comment on function reg.walk_word is 'Patients who bear a word';

create or replace function reg.walk_words(wanted text[], must text, else_must text, but text, or_but text, lo date, hi date,
    from_at timestamptz, from_id bigint, most int) returns table (at timestamptz, id bigint)
    language plpgsql stable as $$
declare
    b record;
begin
    select * into b from reg.born_around(lo, hi);
    return query
        select distinct x.created_at, x.patient_id from unnest(wanted) i (word)
        cross join lateral (
            select w.created_at, w.patient_id from reg.patient_word w
            where w.tenant_id = sys.tenant() and w.word = i.word collate "C" and (w.created_at, w.patient_id) < (from_at, from_id)
                and case when w.words like must or w.words like else_must then w.words not like but and w.words not like or_but
                    and (w.born_on between b.lo and b.hi or w.born_on = b.in_year and w.birth_precision = 'year'
                        or w.born_on = b.in_month and w.birth_precision = 'month') end
            order by w.created_at desc, w.patient_id desc limit most) x
        order by x.created_at desc, x.patient_id desc limit most;
end
$$;
comment on function reg.walk_words is 'Patients who bear any of some words';

-- LIKE patterns for reg.patient_word.words, where words stand in order. A beginning may stand before or after the
-- whole words that begin so ("thi th": "thao thi" or "thi thuy"): hence two patterns, the second null when equal.
create or replace function reg.patterns(whole text[], part text[], out must text, out else_must text)
    language plpgsql immutable as $$
begin
    select '%' || string_agg(x.p, '%' order by x.early, x.p collate "C") || '%',
        '%' || string_agg(x.p, '%' order by x.late, x.p collate "C") || '%' into must, else_must
    from (
        select ' ' || w || ' ' as p, w collate "C" as early, w collate "C" as late from unnest(whole) w
        union all
        select ' ' || w, w collate "C", (w || case when exists (select from unnest(whole) o where starts_with(o, w))
            then U&'\+10FFFF' else '' end) collate "C" from unnest(part) w) x;
    else_must := nullif(else_must, must);
end
$$;
comment on function reg.patterns is 'LIKE patterns for all of some whole words and beginnings of words';

-- Kinds of match, best first: 0 the name as typed, 1 its words in another order, 2 all words among others,
-- 3 the last word (and single letters) as beginnings, 4 initials. Rows after (kind, at, id); at most most.
create or replace function reg.find_names(words text[], lo date, hi date, after_kind int, after_at timestamptz, after_id bigint, most int)
    returns table (kind int, at timestamptz, id bigint)
    language plpgsql stable as $$
declare
    fold text := array_to_string(words, ' ');
    key text := sys.name_key(fold);
    exact text := ' ' || replace(key, ' ', '  ') || ' ';
    last text := words[cardinality(words)];
    whole text[] := array(select distinct w from unnest(words) w where length(w) > 1 and w <> last);
    initials text := case when cardinality(words) = 1 then last
        when (select max(length(w)) from unnest(words) w) = 1 then fold end;
    year text[] := case when lo is not null then array['#' || to_char(lo, 'yyyy')] else '{}' end;
    all_like text := (select p.must from reg.patterns(array(select distinct w from unnest(words) w), '{}') p);
    match record;
    rare record;
    begun record;
    have int := 0;
    n int;
    from_at timestamptz;
    from_id bigint;
begin
    for k in coalesce(after_kind, 0) .. 4 loop
        from_at := case when k = after_kind then after_at else 'infinity' end;
        from_id := case when k = after_kind then after_id else 0 end;
        n := most - have;
        if k <= 1 and cardinality(words) > 1 - k then
            return query select k, x.* from reg.walk_key(key, fold, k = 0, lo, hi, from_at, from_id, n) x;
        elsif k = 2 then
            select * into rare from reg.rarest(words || year);
            continue when rare.uses = 0; -- a word that nobody bears
            return query select k, x.* from reg.walk_word(rare.word, all_like, null, exact, '', lo, hi, from_at, from_id, n) x;
        elsif k = 3 then
            select * into match from reg.patterns(whole, array(select distinct w from unnest(words) w where w <> all (whole)));
            select * into rare from reg.rarest(whole || year);
            select array_agg(b.word) as words, sum(b.uses) as uses into begun from reg.words_from(last) b;
            continue when begun.words is null or rare.uses = 0;
            if rare.uses * least(1, n / (rare.share * begun.uses)) < begun.uses * least(1, cardinality(begun.words) * n / (rare.share * begun.uses)) then
                return query select k, x.* from reg.walk_word(rare.word, match.must, match.else_must, all_like, '', lo, hi,
                    from_at, from_id, n) x;
            else
                return query select k, x.* from reg.walk_words(begun.words, match.must, match.else_must, all_like, '', lo, hi,
                    from_at, from_id, n) x;
            end if;
        elsif k = 4 and length(initials) > 1 then
            select * into match from reg.patterns(whole, array(select distinct w from unnest(words) w where w <> all (whole)));
            return query select k, x.* from reg.walk_word('=' || replace(initials, ' ', ''), '%', null, match.must,
                coalesce(match.else_must, ''), lo, hi, from_at, from_id, n) x;
        else
            continue;
        end if;
        get diagnostics n = row_count;
        have := have + n;
        exit when have >= most;
    end loop;
end
$$;
comment on function reg.find_names is 'Patients by words of the name and birth date, best match first, then newest';

create or replace function reg.phone_of(t text) returns text
    language sql immutable parallel safe
    return regexp_replace(regexp_replace(t, '[[:space:].()-]', '', 'g'), '^(\+84|0084|84(?=[0-9]{9}$))', '0');
comment on function reg.phone_of is 'A telephone number as it is stored: digits, 0 for the country code 84';

-- By a number in any of the places where one stands: kind 6. Few rows each; a phone may be a family's.
create or replace function reg.find_number(n text, words text[], lo date, hi date, after_at timestamptz, after_id bigint, most int)
    returns table (kind int, at timestamptz, id bigint)
    language plpgsql stable as $$
declare
    b record;
    tenant bigint := sys.tenant();
    d record;
begin
    select * into b from reg.born_around(lo, hi);
    select * into d from reg.read_date(n) x;
    return query
        select 6, p.created_at, p.patient_id
        from (
            select x.patient_id from reg.patient x where x.tenant_id = tenant and x.code = n
            union select x.patient_id from reg.patient x where x.tenant_id = tenant and x.citizen_id = n and x.citizen_id is not null
            union select x.patient_id from reg.patient x where x.tenant_id = tenant and x.other_id = n
            union select x.patient_id from reg.patient x where x.tenant_id = tenant and x.phone = reg.phone_of(n)
            union select x.patient_id from reg.patient x where x.tenant_id = tenant and x.guardian_phone = reg.phone_of(n)
            union select c.patient_id from reg.coverage c where c.tenant_id = tenant and c.card_no = n and not c.is_void
            union select c.patient_id from reg.coverage c where c.tenant_id = tenant and c.insurance_no = n and not c.is_void
            union select x.id from reg.walk_word('#' || to_char(d.lo, 'yyyy'), '%', null, '', '', d.lo, d.hi, 'infinity', 0, 1000) x
        ) f
        join reg.patient p on p.tenant_id = tenant and p.patient_id = f.patient_id
        where (p.created_at, p.patient_id) < (coalesce(after_at, 'infinity'), coalesce(after_id, 0))
            and ' ' || p.name_key like all (array(select '% ' || w || '%' from unnest(words) w))
            and (p.born_on between b.lo and b.hi or p.born_on = b.in_year and p.birth_precision = 'year'
                or p.born_on = b.in_month and p.birth_precision = 'month')
        order by p.created_at desc, p.patient_id desc limit most;
end
$$;
comment on function reg.find_number is 'Patients by code, citizen id, other paper, telephone, card or insurance number; eight digits may be a birth date, too';
