/* A script is cut where psql would cut it (PostgreSQL manual, 4.1 lexical structure), and lines are counted.
 */
#include "base/arena.h"
#include "schema/sql_split.h"
#include "tests/unit/unit.h"

static struct arena *arena;

static void
set_up(void)
{
	arena = arena_new(1024 * 1024);
}

static void
tear_down(void)
{
	arena_free(arena);
}

/* "line:statement" joined with " ## ". */
static struct slice
cut(const char *script)
{
	struct slice rest = slice_of(script), statement;
	size_t line = 1, start;
	const char *out = "";

	while (sql_next_statement(&rest, &line, &statement, &start))
		out =
		    arena_printf(arena, "%s%s%zu:%.*s", out, *out ? " ## " : "", start, SLICE_ARG(statement));
	return slice_of(out);
}

START_TEST(plain_statements)
{
	ck_slice(cut("select 1;\n\n  select 2 ;"), "1:select 1 ## 3:select 2 ");
	ck_slice(cut(";; select 1"), "1:select 1");
	ck_slice(cut("-- nothing\n/* at /* all */ ; */\n"), "");
}
END_TEST

START_TEST(semicolons_inside)
{
	ck_slice(cut("select ';' || 'it''s;' ; x"), "1:select ';' || 'it''s;'  ## 1:x");
	ck_slice(cut("select \"a;b\"; x"), "1:select \"a;b\" ## 1:x");
	ck_slice(cut("select E'\\';' ; x"), "1:select E'\\';'  ## 1:x");
	ck_slice(cut("select 'a\\'; x"), "1:select 'a\\' ## 1:x");
	ck_slice(cut("select 1 -- ; not here\n+ 1; x"), "1:select 1 -- ; not here\n+ 1 ## 2:x");
	ck_slice(cut("create rule r as on insert to t do (a; b); x"),
	    "1:create rule r as on insert to t do (a; b) ## 1:x");
}
END_TEST

START_TEST(dollar_quotes)
{
	ck_slice(cut("do $$ begin; end $$; x"), "1:do $$ begin; end $$ ## 1:x");
	ck_slice(cut("do $a$ $$;$b$; $a$;\nx"), "1:do $a$ $$;$b$; $a$ ## 2:x");
	ck_slice(cut("select $1; x"), "1:select $1 ## 1:x");
	ck_slice(cut("select a$b; x$c"), "1:select a$b ## 1:x$c");
}
END_TEST

START_TEST(atomic_bodies)
{
	ck_slice(cut("create function f() begin atomic select 1; select case when a then b end; end; x"),
	    "1:create function f() begin atomic select 1; select case when a then b end; end ## 1:x");
}
END_TEST

START_TEST(unfinished)
{
	ck_slice(cut("select 'a; b"), "1:select 'a; b");
	ck_slice(cut("select $$a; b"), "1:select $$a; b");
	ck_slice(cut("/* a; b"), "");
	ck_slice(cut("select 1)); x"), "1:select 1)) ## 1:x");
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("sql_split");
	TCase *tc = tcase_create("sql_split");

	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, plain_statements);
	tcase_add_test(tc, semicolons_inside);
	tcase_add_test(tc, dollar_quotes);
	tcase_add_test(tc, atomic_bodies);
	tcase_add_test(tc, unfinished);
	suite_add_tcase(suite, tc);
	return unit_main(suite);
}
