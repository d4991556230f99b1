/* Steps of routes of visits. */
#pragma once

#include "server/app/app.h"

/* Follow-up "close ID VERSION" of POST …/close: the discharge is recorded; prices the visit, closes it and
 * answers.
 */
app_followup_step visit_close_followup;
