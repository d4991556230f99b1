/*
 * Inside claims/ only: one safe libxml2 pull reader. No network, no entities, no DTD; a DOCTYPE or an
 * encoding other than UTF-8 ends the reading with an error, and so does nesting beyond CLAIM_READ_DEPTH_MAX.
 */
#pragma once

#include <libxml/xmlreader.h>

#include "base/buf.h"
#include "base/err.h"

enum xml_event {
	XML_FAILED = -1, /* see err */
	XML_AT_END = 0,  /* end of the document */
	XML_START,       /* an element begins; empty elements get no XML_STOP */
	XML_STOP,        /* an element ends */
	XML_TEXT         /* text, CDATA or white space: xml_text */
};

struct xml_input {
	xmlTextReaderPtr reader;
	struct err err; /* of XML_FAILED */
	bool begun;
};

/* Flags for every parse of foreign XML in claims/: see docs and traps of libxml2 2.9. */
#define XML_SAFE_OPTIONS (XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING)

/* Once per process; called by the functions below. External entities then always fail. */
void xml_prepare(void);
/* Start on bytes (borrowed until close) or on an open file. in must be zeroed, or used before: it is re-used.
 */
int xml_open_bytes(struct xml_input *in, struct slice bytes, struct err *e);
int xml_open_fd(struct xml_input *in, int fd, struct err *e);
void xml_close(struct xml_input *in);

enum xml_event xml_next(struct xml_input *in);
/* Of the current element; valid until the next event. */
struct slice xml_name(const struct xml_input *in);
bool xml_is(const struct xml_input *in, const char *name); /* the element has this name and no namespace */
bool xml_is_empty(const struct xml_input *in);             /* <X/>: no XML_STOP will follow */
struct slice xml_text(const struct xml_input *in);
unsigned xml_line(const struct xml_input *in);
/* Names from the root to the current element, "A/B/C", cut to fit. */
void xml_path(const struct xml_input *in, char *out, size_t size);
/* Past the rest of the current element (which just began). 0 or the error's code. */
int xml_skip(struct xml_input *in);
