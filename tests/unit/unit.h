/* What every unit test needs: a main around a suite, and checks of slices. */
#pragma once

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/slice.h"

/* A slice equals a text; both are shown when not. */
#define ck_slice(s, text)                                                                                    \
	do {                                                                                                 \
		struct slice ck_got = (s), ck_want = slice_of(text);                                         \
		ck_assert_msg(slice_eq(ck_got, ck_want), "%s: got \"%.*s\", want \"%.*s\"", #s,              \
		    SLICE_ARG(ck_got), SLICE_ARG(ck_want));                                                  \
	} while (0)

/* Runs a suite, each test in a process of its own; the result is main's. CK_RUN_CASE picks one case. */
static inline int
unit_main(Suite *suite)
{
	SRunner *runner = srunner_create(suite);

	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);

	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
