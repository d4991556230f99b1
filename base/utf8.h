/* UTF-8 at the border: validation, NFC, length in characters, Vietnamese-insensitive folding. */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "base/slice.h"

/*
 * Checks s is UTF-8 (no surrogates, no overlong forms, ≤ U+10FFFF), holds no control characters (C0, DEL,
 * C1) except tab, LF and CR, no U+FFFE or U+FFFF (XML 1.0 cannot carry them) and no more than 30 combining
 * marks in a row (UAX #15 §13); normalises to NFC. *ret points to s itself when nothing changed,
 * else into the arena. ERR_INPUT names the byte offset.
 */
int utf8_clean(struct arena *a, struct slice s, struct slice *ret, struct err *e);

/* The character at the start of s: its length in bytes (1..4), or 0 when s is empty or broken there. */
size_t utf8_decode(struct slice s, uint32_t *ret);
/* Writes a character (≤ U+10FFFF, no surrogate) and returns its length in bytes; no zero follows. */
size_t utf8_encode(uint32_t c, char out[4]);

/*
 * Appends s in NFC to out. What is not UTF-8, or has more than 30 combining marks in a row, is appended as it
 * is.
 */
struct buf;
void utf8_nfc(struct slice s, struct buf *out);

/* True when s is valid UTF-8 (control characters allowed). */
bool utf8_is_valid(struct slice s);

/* Characters (code points) in valid UTF-8; bytes of broken sequences count one each. */
size_t utf8_length(struct slice s);

/* The longest prefix of s that is at most max_bytes and ends at a character border. */
struct slice utf8_cut(struct slice s, size_t max_bytes);

/*
 * Search form: lower case, diacritics and đ removed, runs of anything but letters and digits become
 * one blank, ends trimmed: "Nguyễn Thị  Ánh-Đào" → "nguyen thi anh dao". Arena-owned, zero-terminated.
 * Exactly: decompose canonically (NFD); drop marks (Unicode M*); lower each character; đ, ð and ɖ (whose
 * capitals look alike and are typed for one another) become d; what is then not L* or Nd parts words.
 * Broken bytes part words too. Folding a folded text changes nothing.
 * Must agree with sys.fold() in the database (tests/golden/fold.tsv).
 */
struct slice utf8_fold(struct arena *a, struct slice s);
