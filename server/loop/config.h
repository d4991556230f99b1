/*
 * Configuration: an INI file, then the environment (HMIS_<SECTION>_<KEY>), judged by one table in code
 * (config_keys.h). An unknown key, a bad value or a duplicate is an error with its line.
 *
 *     [http]
 *     listen = 127.0.0.1:8080 unix:/run/hmis/http.sock
 *     body_bytes = 64 KiB        ; sizes: B KiB MiB GiB; times: ms s min h d
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

enum config_type {
	CONFIG_BOOL, /* yes no true false on off */
	CONFIG_INT,  /* a number */
	CONFIG_SIZE, /* bytes */
	CONFIG_TIME, /* milliseconds */
	CONFIG_TEXT,
	CONFIG_CHOICE, /* one of the words in `choices` */
	CONFIG_SECRET  /* text that is never printed */
};

/* CONFIG_HTTP_BODY_BYTES … from the table. To add a key, add a row to config_keys.h. */
enum config_key {
#define CONFIG_KEY(id, section, name, type, unit, value, min, max, reload, text) CONFIG_##id,
#include "server/loop/config_keys.h"
#undef CONFIG_KEY
	CONFIG_KEYS
};

struct config_row {
	const char *section, *name;
	enum config_type type;
	const char *unit;  /* of a bare number; for CONFIG_CHOICE the words, separated by blanks */
	const char *value; /* default, written as in the file */
	int64_t min, max;  /* numbers; of texts the length in bytes */
	bool reloadable;   /* taken up at SIGHUP; others need a restart */
	const char *text;  /* one or two sentences for people */
};
const struct config_row *config_row(enum config_key key);

struct config;

/*
 * Reads file (NULL = defaults only) and then env (a NULL-terminated array such as environ, or NULL).
 * ERR_INPUT with e->field = "FILE:LINE" or "HMIS_…", ERR_IO. *ret lives until config_free.
 */
int config_load(const char *file, char *const *env, struct config **ret, struct err *e);
/* As config_load with the file's text; name is used in messages. */
int config_parse(struct slice text, const char *name, char *const *env, struct config **ret, struct err *e);
void config_free(struct config *c); /* NULL is allowed */

int64_t config_int(
    const struct config *c, enum config_key key); /* BOOL (0/1), INT, SIZE, TIME, CHOICE (index) */
bool config_bool(const struct config *c, enum config_key key);
const char *config_text(const struct config *c, enum config_key key); /* TEXT, CHOICE, SECRET; never NULL */
/* "default", "file" or "environment". */
const char *config_source(const struct config *c, enum config_key key);
/* Names (section.name, blank separated) of keys that differ and cannot be reloaded; into out. */
void config_diff_fixed(const struct config *old, const struct config *now, struct buf *out);
/* Finds "section.name"; false when there is none. */
bool config_find(const char *name, enum config_key *ret);

/* The table for people: every key with type, default, limits, current value (c may be NULL) and text. */
void config_explain(const struct config *c, struct buf *out);
