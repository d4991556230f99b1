/* The safe pull reader over libxml2 2.9 (traps: no NOENT, no DTD loading, no HUGE; refuse DOCTYPE). */
#include <libxml/xmlmemory.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "claims/xml.h"
#include "claims/xml_input.h"

static xmlParserInputPtr
refuse_entity(const char *url, const char *id, xmlParserCtxtPtr context)
{
	(void)url, (void)id, (void)context;
	return NULL;
}

/* Faults come back as values; without this, canonicalisation would also print them on standard error. */
static void
say_nothing(void *context, xmlErrorPtr error)
{
	(void)context, (void)error;
}

/*
 * libxml2 goes on without some of what it could not allocate, and a text of the document would be missing
 * without an error: its allocations fail like ours (base/arena.h).
 */
static void *
needed(void *memory, size_t size)
{
	if (!memory && size > 0)
		fatal("out of memory: %zu bytes for XML", size);
	return memory;
}

static void *
needed_malloc(size_t size)
{
	return needed(malloc(size), size);
}

static void *
needed_realloc(void *old, size_t size)
{
	return needed(realloc(old, size), size);
}

static char *
needed_copy(const char *text)
{
	size_t size = strlen(text) + 1;
	return memcpy(needed_malloc(size), text, size);
}

static void
prepare_once(void)
{
	xmlMemSetup(free, needed_malloc, needed_realloc, needed_copy);
	xmlInitParser();
	xmlSetExternalEntityLoader(refuse_entity);
	xmlSetStructuredErrorFunc(NULL, say_nothing);
	xmlThrDefSetStructuredErrorFunc(NULL, say_nothing);
}

void
xml_prepare(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	pthread_once(&once, prepare_once);
}

/* Keeps the first error of the parser: later ones follow from it. */
static void
note_error(void *context, xmlErrorPtr error)
{
	struct xml_input *in = context;
	if (in->err.code || error->level < XML_ERR_ERROR)
		return;
	const char *text = error->message ? error->message : "unknown fault";
	size_t len = strcspn(text, "\n");
	bool limit = error->code == XML_ERR_NAME_TOO_LONG || strstr(text, "huge") || strstr(text, "HUGE");
	err_set(&in->err, limit ? ERR_LIMIT : ERR_INPUT, NULL, "not well-formed XML at line %d: %.*s",
	    error->line, (int)(len < 200 ? len : 200), text);
}

static int
open_done(struct xml_input *in, int rc, struct err *e)
{
	in->err = (struct err){ 0 };
	in->begun = false;
	if (rc != 0 || !in->reader)
		return err_set(e, ERR_INPUT, NULL, "the XML reader could not be started");
	xmlTextReaderSetStructuredErrorHandler(in->reader, note_error, in);
	return 0;
}

int
xml_open_bytes(struct xml_input *in, struct slice bytes, struct err *e)
{
	xml_prepare();
	if (bytes.len == 0)
		return err_set(e, ERR_INPUT, NULL, "the document is empty");
	if (bytes.len > INT32_MAX)
		return err_set(e, ERR_LIMIT, NULL, "more than 2 GiB in one piece");
	int rc = 0, size = (int)bytes.len;
	if (in->reader)
		rc = xmlReaderNewMemory(in->reader, bytes.at, size, NULL, NULL, XML_SAFE_OPTIONS);
	else
		in->reader = xmlReaderForMemory(bytes.at, size, NULL, NULL, XML_SAFE_OPTIONS);
	return open_done(in, rc, e);
}

int
xml_open_fd(struct xml_input *in, int fd, struct err *e)
{
	xml_prepare();
	int rc = 0;
	if (in->reader)
		rc = xmlReaderNewFd(in->reader, fd, NULL, NULL, XML_SAFE_OPTIONS);
	else
		in->reader = xmlReaderForFd(fd, NULL, NULL, XML_SAFE_OPTIONS);
	return open_done(in, rc, e);
}

void
xml_close(struct xml_input *in)
{
	if (in->reader)
		xmlFreeTextReader(in->reader);
	*in = (struct xml_input){ 0 };
}

static enum xml_event
fail(struct xml_input *in, enum err_code code, const char *detail)
{
	if (!in->err.code)
		err_set(&in->err, code, NULL, "%s", detail);
	return XML_FAILED;
}

static bool
is_utf8(struct xml_input *in)
{
	const xmlChar *encoding = xmlTextReaderConstEncoding(in->reader);
	return !encoding || xmlStrcasecmp(encoding, BAD_CAST "UTF-8") == 0 ||
	       xmlStrcasecmp(encoding, BAD_CAST "US-ASCII") == 0 ||
	       xmlStrcasecmp(encoding, BAD_CAST "ASCII") == 0;
}

enum xml_event
xml_next(struct xml_input *in)
{
	for (;;) {
		if (in->err.code)
			return XML_FAILED;
		int rc = xmlTextReaderRead(in->reader);
		if (rc < 0 || in->err.code)
			return fail(in, ERR_INPUT, "not well-formed XML");
		if (rc == 0)
			return XML_AT_END;
		if (!in->begun && !is_utf8(in))
			return fail(in, ERR_INPUT, "only UTF-8 is accepted");
		in->begun = true;
		switch (xmlTextReaderNodeType(in->reader)) {
		case XML_READER_TYPE_ELEMENT:
			if (xmlTextReaderDepth(in->reader) >= (int)CLAIM_READ_DEPTH_MAX)
				return fail(in, ERR_LIMIT, "elements are nested too deeply");
			return XML_START;
		case XML_READER_TYPE_END_ELEMENT:
			return XML_STOP;
		case XML_READER_TYPE_TEXT:
		case XML_READER_TYPE_CDATA:
		case XML_READER_TYPE_WHITESPACE:
		case XML_READER_TYPE_SIGNIFICANT_WHITESPACE:
			return XML_TEXT;
		case XML_READER_TYPE_DOCUMENT_TYPE:
			return fail(in, ERR_INPUT, "a document type declaration (DOCTYPE) is refused");
		case XML_READER_TYPE_ENTITY_REFERENCE:
			return fail(in, ERR_INPUT, "an entity that is not one of XML's five is refused");
		default: /* comments and processing instructions say nothing */
			break;
		}
	}
}

struct slice
xml_name(const struct xml_input *in)
{
	return slice_of((const char *)xmlTextReaderConstName(in->reader));
}

bool
xml_is(const struct xml_input *in, const char *name)
{
	return strcmp((const char *)xmlTextReaderConstName(in->reader), name) == 0 &&
	       !xmlTextReaderConstNamespaceUri(in->reader);
}

bool
xml_is_empty(const struct xml_input *in)
{
	return xmlTextReaderIsEmptyElement(in->reader) == 1;
}

struct slice
xml_text(const struct xml_input *in)
{
	return slice_of((const char *)xmlTextReaderConstValue(in->reader));
}

unsigned
xml_line(const struct xml_input *in)
{
	long line = xmlGetLineNo(xmlTextReaderCurrentNode(in->reader));
	return line > 0 ? (unsigned)line : 0;
}

void
xml_path(const struct xml_input *in, char *out, size_t size)
{
	const xmlNode *chain[CLAIM_READ_DEPTH_MAX + 1];
	size_t depth = 0, at = 0;
	const xmlNode *n = xmlTextReaderCurrentNode(in->reader);
	for (; n && depth <= CLAIM_READ_DEPTH_MAX; n = n->parent)
		if (n->type == XML_ELEMENT_NODE)
			chain[depth++] = n;
	out[0] = '\0';
	while (depth-- > 0) {
		struct slice name = slice_of((const char *)chain[depth]->name);
		if (at + name.len + 2 > size)
			return;
		memcpy(out + at, name.at, name.len);
		at += name.len;
		out[at++] = '/';
		out[at] = '\0';
	}
	if (at)
		out[at - 1] = '\0';
}

int
xml_skip(struct xml_input *in)
{
	if (xml_is_empty(in))
		return 0;
	int depth = xmlTextReaderDepth(in->reader);
	for (;;) {
		enum xml_event event = xml_next(in);
		if (event == XML_FAILED)
			return in->err.code;
		if (event == XML_AT_END)
			return 0;
		if (event == XML_STOP && xmlTextReaderDepth(in->reader) == depth)
			return 0;
	}
}
