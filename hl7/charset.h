/*
 * Character sets of HL7 peers. Inside everything is UTF-8; what a peer sends is decoded here and what it gets
 * is encoded here. A byte that has no meaning in its set is kept: it becomes the character U+EF00 + byte, and
 * such a character is encoded as that byte again, so decoding and encoding lose nothing.
 *
 * Sets whose bytes below 0x80 are ASCII's can be parsed as they came and decoded value by value; UTF-16 and
 * GB18030 (whose second bytes may be | ^ ~ \) must be decoded before hl7_parse: hl7_charset_is_parsable.
 */
#pragma once

#include "base/buf.h"
#include "base/err.h"

enum hl7_charset {
	HL7_CHARSET_NONE, /* not known */
	HL7_CHARSET_ASCII,
	HL7_CHARSET_UTF8,
	HL7_CHARSET_UTF16LE,
	HL7_CHARSET_UTF16BE,
	HL7_CHARSET_8859_1,
	HL7_CHARSET_8859_2,
	HL7_CHARSET_8859_3,
	HL7_CHARSET_8859_4,
	HL7_CHARSET_8859_5,
	HL7_CHARSET_8859_6,
	HL7_CHARSET_8859_7,
	HL7_CHARSET_8859_8,
	HL7_CHARSET_8859_9,
	HL7_CHARSET_8859_10,
	HL7_CHARSET_8859_11,
	HL7_CHARSET_8859_13,
	HL7_CHARSET_8859_14,
	HL7_CHARSET_8859_15,
	HL7_CHARSET_8859_16,
	HL7_CHARSET_CP1258,   /* Windows, Vietnamese; tones are combining bytes */
	HL7_CHARSET_TCVN5712, /* TCVN 5712:1993, VN1; capitals at control positions */
	HL7_CHARSET_VISCII,
	HL7_CHARSET_VNI,   /* font encoding "VNI Windows": letter, then a byte for tone and shape */
	HL7_CHARSET_TCVN3, /* font encoding "ABC": no accented capitals of their own */
	HL7_CHARSET_GB18030,
	HL7_CHARSET_COUNT
};

/* The first code point of undecodable bytes' marks, and what is added to it. */
#define HL7_UNDECODABLE 0xef00u

/* By the names of HL7 table 0211 ("UNICODE UTF-8", "8859/1"), IANA and usual misspellings; case does not
 * count. */
enum hl7_charset hl7_charset_by_name(struct slice name);
/* The name to write into MSH-18; for sets that HL7 does not know, the usual one ("VISCII"). */
const char *hl7_charset_name(enum hl7_charset c);
/* False when text must be decoded before it is parsed. */
bool hl7_charset_is_parsable(enum hl7_charset c);
/*
 * False for sets that use control bytes of ASTM or MLLP for letters (TCVN 5712, VISCII on ASTM lines): see
 * hl7/astm.h.
 */
bool hl7_charset_is_line_safe(enum hl7_charset c);

/*
 * Which set text is in: what the peer's setting says, else its first MSH-18, else its mark or its zero bytes
 * (UTF-16), else UTF-8 if it is valid, else the peer's default, else 8859/1. peer and otherwise may be
 * HL7_CHARSET_NONE. An MSH-18 that the bytes contradict is believed (bad bytes are marked), except that ASCII
 * with bytes from 0x80 on counts as not announced.
 */
enum hl7_charset hl7_charset_choose(
    enum hl7_charset peer, enum hl7_charset announced, struct slice text, enum hl7_charset otherwise);

struct hl7_decoded {
	size_t undecodable; /* bytes that were marked */
	size_t first;       /* offset of the first one in the input */
};
/*
 * Appends text in UTF-8, not yet normalised: encoding it again gives the same bytes. A byte order
 * mark stays as U+FEFF, which hl7_parse passes over. ERR_LIMIT when out is full; ret may be NULL.
 */
int hl7_decode(
    enum hl7_charset c, struct slice text, struct buf *out, struct hl7_decoded *ret, struct err *e);
/* hl7_decode and NFC, for values that are stored and compared: "e" and a combining acute are one letter. */
int hl7_decode_nfc(
    enum hl7_charset c, struct slice text, struct buf *out, struct hl7_decoded *ret, struct err *e);
/*
 * Appends UTF-8 text in a character set. Letters that the set lacks are written as base and combining mark if
 * it has these, else without their marks, else "?"; *ret_lost (may be NULL) counts the latter two.
 */
int hl7_encode(enum hl7_charset c, struct slice utf8, struct buf *out, size_t *ret_lost, struct err *e);
