/*
 * Changing a few places of a received message. Only the fields that are set are written anew; every other
 * byte is copied, line ends and oddities included.
 */
#pragma once

#include "base/arena.h"
#include "hl7/hl7.h"

struct hl7_edited;
struct hl7_edit {
	const struct hl7_message *m;
	struct arena *arena;
	struct hl7_edited *first; /* changed segments, by position */
};

/* m and its bytes, and the arena, must outlive the edit. */
void hl7_edit_begin(struct hl7_edit *edit, const struct hl7_message *m, struct arena *arena);
/*
 * Puts text (escaped here) at the place a path names; missing separators are added. A path without component
 * replaces the whole field or repetition. ERR_NOT_FOUND: no such segment; ERR_UNSUPPORTED: the path has no
 * field or a (*), or names MSH-1 or MSH-2; ERR_INPUT: the message has no such delimiter.
 */
int hl7_edit_set(struct hl7_edit *edit, const struct hl7_path *p, struct slice text, struct err *e);
/* The same with text that is encoded already: "" deletes, an empty slice empties. */
int hl7_edit_set_raw(struct hl7_edit *edit, const struct hl7_path *p, struct slice raw, struct err *e);
/* Puts a segment (encoded, without terminator) behind segment i. */
void hl7_edit_insert(struct hl7_edit *edit, uint32_t i, struct slice segment);
/* Leaves segment i out; not the first one. */
void hl7_edit_remove(struct hl7_edit *edit, uint32_t i);
/* Appends the changed message. */
void hl7_edit_write(const struct hl7_edit *edit, struct buf *out);
