/*
 * Replays the seeds of a fuzz target without libFuzzer, so that every compiler and every sanitizer runs
 * them: replay_NAME DIRECTORY. Each file is run whole, and a small one also cut after each of its bytes,
 * from memory of exactly that size, where a sanitizer sees the first byte read beyond the end.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/err.h"
#include "tests/fuzz/fuzz.h"

#define SEED_MAX ((size_t)16 << 20)
#define SEED_CUT_MAX ((size_t)2048)

static void
run(struct slice s)
{
	/* malloc(0) may fail; an empty input is then one byte that nobody may look at. */
	uint8_t *copy = malloc(s.len > 0 ? s.len : 1);

	if (copy == NULL)
		fatal("out of memory");
	if (s.len > 0)
		memcpy(copy, s.at, s.len);
	LLVMFuzzerTestOneInput(copy, s.len);
	free(copy);
}

static void
run_file(const char *path)
{
	struct buf b;
	struct err e;

	buf_init(&b, SEED_MAX);
	if (buf_read_file(&b, path, &e) != 0)
		fatal("%s", e.detail);
	run(buf_slice(&b));
	for (size_t len = 0; b.len <= SEED_CUT_MAX && len < b.len; len++)
		run(slice_from(b.at, len));
	buf_free(&b);
}

int
main(int argc, char **argv)
{
	struct dirent **entry;
	int count = argc == 2 ? scandir(argv[1], &entry, NULL, alphasort) : -1;
	int seeds = 0;

	if (count < 0)
		fatal("usage: replay DIRECTORY (of seeds)");
	for (int i = 0; i < count; i++) {
		char path[4096];

		if (entry[i]->d_name[0] != '.') {
			snprintf(path, sizeof(path), "%s/%s", argv[1], entry[i]->d_name);
			run_file(path);
			seeds++;
		}
		free(entry[i]);
	}
	free(entry);
	/* A target whose seeds were lost must not look tested. */
	if (seeds == 0)
		fatal("%s holds no seed", argv[1]);
	return 0;
}
