/*
 * The JSON form of a claim document: {"XML1": [{"MA_LK": "…", "T_BHTT": 15300.5, …}], "XML2": […]}. Tables
 * and fields in the standard's order, absent values left out; amounts and counts are numbers, everything else
 * strings.
 */
#pragma once

#include "base/json.h"
#include "claims/document.h"

/* Writes the document as one JSON object value. */
void claim_json_write(struct json_writer *w, const struct claim_document *d);
/*
 * Builds a document from that form; numbers may also come as strings, null and "" mean absent, XML1 may be an
 * object. ERR_INPUT names the member ("/XML3/4/SO_LUONG"): unknown table or field, duplicate, wrong type;
 * ERR_LIMIT. The texts are copied: json may be freed.
 */
int claim_json_read(struct arena *a, struct slice json, struct claim_document **ret, struct err *e);
