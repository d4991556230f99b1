/*
 * Routes are rows of tables (server/app/<noun>/routes.c). From one row come the matching, the checks of
 * parameters, the permission, the statement, the OpenAPI description and the example that a test executes.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/slice.h"
#include "server/loop/http.h"
#include "server/pg/pg.h"

#define ROUTE_PARAMS_MAX 12 /* PG_PARAMS_MAX bounds the statement's */
#define ROUTE_PATH_MAX 4    /* {…} in one pattern */

enum param_place {
	PARAM_END, /* closes the list */
	PARAM_PATH,
	PARAM_QUERY,
	PARAM_HEADER,
	PARAM_BODY,     /* the whole body as JSON, checked for form, UTF-8 and depth */
	PARAM_IF_MATCH, /* the entity tag without quotes; PUT and PATCH need the header (428) */
	PARAM_COMPUTED  /* filled by the route's handler before app_run_route */
};

enum param_type {
	PARAM_TEXT,  /* max = characters; control characters are refused; NFC */
	PARAM_I8,    /* 1 .. 2^53 - 1 */
	PARAM_INT,   /* min .. max */
	PARAM_DATE,  /* yyyy-MM-dd */
	PARAM_TIME,  /* RFC 3339 */
	PARAM_MONTH, /* yyyy-MM */
	PARAM_BOOL,  /* true, false */
	PARAM_CODE,  /* 1..64 of [A-Za-z0-9._-] */
	PARAM_CHOICE /* one of the words in `choices` */
};

/* One parameter; their order in the route is $1, $2 … of the statement, with the same names. */
struct param {
	enum param_place place;
	enum param_type type;
	const char *name;
	bool required; /* PATH and BODY always are */
	long long min, max;
	const char *choices;  /* words separated by blanks */
	const char *fallback; /* passed when absent; NULL = SQL NULL */
	const char *example;  /* "@visit" = id of the test's visit; NULL = made from the type */
	const char *text_vi, *text_en;
};

/* The pattern's {name:i8|text|code|date|month} gives the type: PATH("id"). */
#define PATH(name_, ...)                                                                                     \
	{                                                                                                    \
		.place = PARAM_PATH, .name = name_, .required = true, ##__VA_ARGS__                          \
	}
#define QUERY(name_, type_, ...)                                                                             \
	{                                                                                                    \
		.place = PARAM_QUERY, .type = type_, .name = name_, ##__VA_ARGS__                            \
	}
#define HEADER(name_, type_, ...)                                                                            \
	{                                                                                                    \
		.place = PARAM_HEADER, .type = type_, .name = name_, ##__VA_ARGS__                           \
	}
#define BODY                                                                                                 \
	{                                                                                                    \
		.place = PARAM_BODY, .name = "body", .required = true                                        \
	}
#define IF_MATCH                                                                                             \
	{                                                                                                    \
		.place = PARAM_IF_MATCH, .type = PARAM_TEXT, .name = "if_match", .max = 64                   \
	}
#define COMPUTED(name_)                                                                                      \
	{                                                                                                    \
		.place = PARAM_COMPUTED, .name = name_                                                       \
	}
/* Keyset paging: passes $n = limit (int, 1..200, 50 when absent), $n+1 = cursor (text, opaque, or NULL). */
#define PAGE                                                                                                 \
	{ .place = PARAM_QUERY,                                                                              \
		.type = PARAM_INT,                                                                           \
		.name = "limit",                                                                             \
		.min = 1,                                                                                    \
		.max = 200,                                                                                  \
		.fallback = "50" },                                                                          \
	{                                                                                                    \
		.place = PARAM_QUERY, .type = PARAM_TEXT, .name = "cursor", .max = 512                       \
	}

enum route_response {
	RESPONSE_JSON,
	RESPONSE_CSV,
	RESPONSE_XML,
	RESPONSE_TEXT,
	RESPONSE_FORMAT /* by the query parameter "format": json (default), csv or xml */
};

/* Permission of routes that ask for none. */
#define PUBLIC NULL     /* no session at all; such a route has a handler */
#define SIGNED_IN "any" /* any valid session; scope = all facilities of the user's grants */

struct app_request;
/* Answers the request, at once or later (app.h). */
typedef void app_handler(struct app_request *r);
/*
 * Between the two halves of a route's transaction: followup is that of the first half's reply, valid until
 * the answer. Returns whether the route's statement `later` is to run, with ret_value filled for it (one per
 * parameter, in the request's arena or followup); what that one answers is then the follow-up. Waits for
 * nothing.
 */
typedef bool app_more(struct app_request *r, struct slice followup, struct slice *ret_value);

struct route {
	enum http_method method;
	const char *pattern;                  /* "/v1/visits/{id:i8}/vitals" */
	const struct pg_statement *statement; /* answers api.reply; may be NULL with a handler */
	const char *permission;               /* PUBLIC, SIGNED_IN or a name of role_permission.tsv */
	struct param p[ROUTE_PARAMS_MAX + 1];
	size_t body_max;    /* bytes; 0 = [http] body_bytes */
	bool idem;          /* honours Idempotency-Key; every POST with a statement has it */
	bool unconditional; /* PUT or PATCH of a thing without versions: no If-Match */
	bool reads;         /* a POST that changes nothing: may share a connection */
	enum route_response response;
	int status;                       /* of success, as described; 0 = 200, 201 for POST */
	app_handler *handler;             /* NULL: check, run the statement, answer */
	app_more *more;                   /* with `later`: the statement's transaction has a second half */
	const struct pg_statement *later; /* answers one text: the follow-up */
	const char *tag;                  /* noun for the description; NULL = the table's */
	const char *summary_vi, *summary_en;
	const char *text_en;      /* longer description; may be NULL */
	const char *body_schema;  /* name of server/app/<noun>/NAME.schema.json; NULL = from the example */
	const char *reply_schema; /* as body_schema; NULL = any JSON */
	const char *example;      /* request body; "@visit" in quotes = id made by the test */
};

/*
 * A step in C that runs after the statement's transaction and before the answer: api.reply.followup is
 * "NAME argument", e.g. "price 1099511627777". Must be safe to run twice: the replay of a stored
 * answer runs it again, so that a crash between commit and step is mended by the client's retry.
 */
typedef void app_followup_step(struct app_request *r, struct slice argument);
struct app_followup {
	const char *name;
	app_followup_step *step; /* ends with app_finish(r) or app_problem(r, …) */
};

/* What a noun folder gives: `const struct noun visit_noun`, found by the build through meson's app_nouns. */
struct noun {
	const char *name; /* also the default tag */
	const char *title_vi, *title_en;
	const struct route *route;
	size_t route_count;
	const struct app_followup *followup;
	size_t followup_count;
};

/* All nouns, generated by the build. */
extern const struct noun *const app_nouns[];
extern const size_t app_noun_count;

/*
 * Matching: built once from the nouns. Patterns are literal segments and {name:type}; a literal wins over a
 * parameter. A pattern that cannot be understood, or two routes for one method and path, are bugs (fatal).
 */
struct route_map;
struct route_map *route_map_new(struct arena *a, const struct noun *const *nouns, size_t noun_count);

enum route_result { ROUTE_FOUND, ROUTE_NO_PATH, ROUTE_NO_METHOD };
struct route_match {
	const struct route *route;
	const struct noun *noun;
	const char *name;                   /* "GET /v1/visits/{id}", lives as long as the map */
	struct slice value[ROUTE_PATH_MAX]; /* of the pattern's parameters in their order */
	unsigned allowed;                   /* bit set of 1 << method, for ROUTE_NO_METHOD */
	unsigned index;                     /* 0 .. route_map_count - 1, for metrics */
};
/* HEAD finds the GET route. A value that does not fit its type ({id:i8} = "x") is ROUTE_NO_PATH. */
enum route_result route_find(
    const struct route_map *m, enum http_method method, struct slice path, struct route_match *ret);
size_t route_map_count(const struct route_map *m);
const char *route_map_name(const struct route_map *m, size_t index);

/* Does the route change a visit or what is in it: then `Prefer: return=verdict` is honoured. */
bool route_changes_visit(const struct route *r);

/* Name and type of the i-th {…} of a pattern; false when there are fewer. */
bool route_pattern_param(const char *pattern, unsigned i, struct slice *ret_name, enum param_type *ret_type);
