/* Whose lease may be taken over at once: only a process that is dead beyond doubt. */
#include "server/role/jobs/owner.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/unit.h"

/* A child that waits to be killed, and its name. */
static pid_t
child_start(char name[OWNER_NAME_MAX])
{
	int ends[2];

	ck_assert_int_eq(pipe(ends), 0);
	pid_t pid = fork();
	if (pid == 0) {
		owner_name(name);
		if (write(ends[1], name, OWNER_NAME_MAX) == OWNER_NAME_MAX)
			pause();
		_exit(0);
	}
	ck_assert_int_eq(read(ends[0], name, OWNER_NAME_MAX), OWNER_NAME_MAX);
	close(ends[0]);
	close(ends[1]);
	return pid;
}

START_TEST(a_process_is_dead_when_it_is_gone)
{
	char own[OWNER_NAME_MAX], name[OWNER_NAME_MAX];
	int status;

	owner_name(own);
	ck_assert(!owner_is_dead(slice_of(own)));
	pid_t pid = child_start(name);
	ck_assert_str_ne(own, name);
	ck_assert_msg(!owner_is_dead(slice_of(name)), "%s", name);
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	ck_assert_msg(owner_is_dead(slice_of(name)), "%s", name);
}
END_TEST

/* The number of a dead process may be given to another one, which did not start at the same tick. */
START_TEST(a_number_given_again_is_another_process)
{
	char own[OWNER_NAME_MAX], before[OWNER_NAME_MAX + 32];
	struct slice part[5], rest;

	owner_name(own);
	rest = slice_of(own);
	for (int i = 0; i < 5; i++)
		ck_assert(slice_split(&rest, ':', &part[i]));
	snprintf(before, sizeof(before), "%.*s:%.*s:%.*s:1:%.*s", SLICE_ARG(part[0]), SLICE_ARG(part[1]),
	    SLICE_ARG(part[2]), SLICE_ARG(part[4]));
	ck_assert_msg(owner_is_dead(slice_of(before)), "%s", before);
}
END_TEST

START_TEST(what_cannot_be_judged_lives)
{
	static const char *const strange[] = { "", ":", "host:4711", "elsewhere:12345678:4026531836:100:4711",
		"::::", "a:b:c:d:e", "a:b:c:1:2:3" };
	char own[OWNER_NAME_MAX], other[OWNER_NAME_MAX + 1];

	for (size_t i = 0; i < sizeof(strange) / sizeof(strange[0]); i++)
		ck_assert_msg(!owner_is_dead(slice_of(strange[i])), "%s", strange[i]);
	owner_name(own);
	snprintf(other, sizeof(other), "x%s", own); /* another host */
	ck_assert(!owner_is_dead(slice_of(other)));
	own[strlen(own) - 1] = 'x'; /* no number */
	ck_assert(!owner_is_dead(slice_of(own)));
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("job owner");
	TCase *c = tcase_create("owner");
	tcase_add_test(c, a_process_is_dead_when_it_is_gone);
	tcase_add_test(c, a_number_given_again_is_another_process);
	tcase_add_test(c, what_cannot_be_judged_lives);
	suite_add_tcase(suite, c);
	return unit_main(suite);
}
