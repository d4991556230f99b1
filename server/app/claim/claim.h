/* Between routes.c and document.c of this folder. */
#pragma once

#include "server/app/app.h"

/* Handlers of GET /v1/visits/{id}/claim and /claim.xml: the claim as it would be built now. */
void claim_document_json(struct app_request *r);
void claim_document_xml(struct app_request *r);
