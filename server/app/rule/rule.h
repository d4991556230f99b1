/* Handlers of this folder: rules as people administer them. */
#pragma once

#include "server/app/app.h"
#include "server/app/verdict/held.h"

typedef void rule_next(struct app_request *r, const struct held_rules *h);
/* The rules that the caller's tenant is judged by now. */
void rule_current(struct app_request *r, rule_next *next);

void rule_list(struct app_request *r);
void rule_get(struct app_request *r);
void rule_version_post(struct app_request *r);
void rule_switch_post(struct app_request *r);
void rule_preview_post(struct app_request *r);
