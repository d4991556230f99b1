/* The OpenAPI 3.1 description and the list of routes for tests, both made from the route tables. */
#pragma once

#include <stddef.h>

#include "base/buf.h"
#include "server/app/route.h"

/* One server/app/<noun>/NAME.schema.json (JSON Schema 2020-12), embedded by the build, sorted by name. */
struct openapi_schema {
	const char *name, *json;
};
extern const struct openapi_schema openapi_schemas[];
extern const size_t openapi_schema_count;

/* Writes the whole document; deterministic. out->failed when its maximum was too small. */
void openapi_write(const struct noun *const *nouns, size_t noun_count, struct buf *out);
/*
 * `hmisd --dump-routes`: a JSON array with, for each route, noun, method, pattern, permission (null when
 * public, "any" when signed in), path and query examples, example body (with "@name" symbols as they are),
 * success status, response, idem, if_match.
 */
void openapi_dump_routes(const struct noun *const *nouns, size_t noun_count, struct buf *out);
