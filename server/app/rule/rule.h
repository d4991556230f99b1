/* Handlers of this folder: rules as people administer them. */
#pragma once

#include "server/app/app.h"
#include "server/app/verdict/held.h"

typedef void rule_next(struct app_request *r, const struct held_rules *h);
/* The rules that the caller's tenant is judged by now. */
void rule_current(struct app_request *r, rule_next *next);

/* GET /v1/rules: the rules of now that fit the query, paged by their number in the set. */
void rule_list(struct app_request *r);
/* GET /v1/rules/{id}: one rule with its versions and switches; rule.not_found. */
void rule_get(struct app_request *r);
/* POST …/versions: compiles the text and tries its examples before it is stored; rule.not_compiled,
 * rule.example_failed, rule.built_in. */
void rule_version_post(struct app_request *r);
/* POST …/switches: rule.not_found, rule.not_switchable for a rule without condition. */
void rule_switch_post(struct app_request *r);
/* POST /v1/rules/preview: compiles the text as for a version, and queues the job. */
void rule_preview_post(struct app_request *r);
