/* Inside claims/ only: reading one table's rows from a pull reader. */
#pragma once

#include "claims/document.h"
#include "claims/finding.h"
#include "claims/xml_input.h"

struct xml_table_reader {
	struct xml_input *in;
	struct claim_document *document;
	struct claim_findings *findings;
	enum claim_table table;
	struct buf *value; /* scratch for one value */
	bool is_signed;    /* XML0: CHUKYDONVI was not empty */
};

/*
 * Reads the table whose root element has just begun, to its end. 0 with findings, or the input's error.
 */
int xml_table_read(struct xml_table_reader *t);
/* A finding at the reader's present place, with path and line. */
struct claim_finding *xml_finding(struct xml_input *in, struct claim_findings *l,
    enum claim_finding_code code, int table, uint32_t row, int field, const char *detail);
/*
 * The next child of the current element, whose earlier children were read to their ends: XML_START of the
 * child, XML_STOP at the element's end, or XML_FAILED. Stray text is reported.
 */
enum xml_event xml_child(struct xml_input *in, struct claim_findings *l, int table, uint32_t row);
/*
 * The text of the element that has just begun, to its end, into value (reset first). 0; *ret_nested tells of
 * child elements, which are skipped. Or the error's code.
 */
int xml_value(struct xml_input *in, struct buf *value, bool *ret_nested, struct err *e);
/* CHUKYDONVI, which has just begun: *ret_signed when there is anything in it. */
int xml_signature_mark(struct xml_input *in, bool *ret_signed);
