/* Files of the schema folder with their SHA-256. */
#pragma once

#include <stddef.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/slice.h"

struct folder_file {
	const char *name; /* without folders */
	struct slice content;
	char sha256[65];
};

/* Lower-case hexadecimal SHA-256 of the parts in order. */
void folder_sha256(const struct slice *part, size_t count, char out[65]);

/* Reads dir/name, at most max bytes. ERR_IO or ERR_LIMIT, field = the name. */
int folder_read_file(struct arena *a, const char *dir, const char *name, size_t max,
    struct folder_file *ret_file, struct err *e);

/*
 * Reads all files of dir that end in suffix, sorted by name (bytes). A missing folder is ERR_IO; hidden files
 * are left out.
 */
int folder_read_all(struct arena *a, const char *dir, const char *suffix, size_t max,
    struct folder_file **ret_files, size_t *ret_count, struct err *e);
