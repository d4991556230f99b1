/* A finished document as an unsigned envelope of one claim, and what identifies its content. */
#pragma once

#include "claims/assemble/assemble.h"
#include "claims/xml.h"

struct claim_packed {
	size_t at, length; /* of the envelope in the buffer */
	unsigned char
	    content[32]; /* SHA-256 of the envelope without NGAYLAP: the same content, the same hash */
	int lines;       /* rows of XML2 and XML3 */
	struct money hospital, insurance, fund; /* T_TONGCHI_BV, T_TONGCHI_BH, T_BHTT */
};

/*
 * Appends the envelope of d to the writer's buffer out. facility: MA_CSKCB. made_on: NGAYLAP, days since
 * 1970-01-01. The errors of claim_write.
 */
int claim_pack(struct claim_writer *w, struct buf *out, struct slice facility, int32_t made_on,
    const struct claim_document *d, struct claim_packed *ret, struct err *e);
