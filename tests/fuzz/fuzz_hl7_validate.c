/* Promises of hl7/validate.h, ack.h and result.h: any accepted message is judged, read and answered. */
#include <assert.h>

#include "hl7/result.h"
#include "hl7/validate.h"
#include "tests/fuzz/fuzz.h"

static const char profile_text[] =
    "path\trule\tvalue\tseverity\nPID-3(*).1\tlength\t4\terror\n"
    "OBR/OBX(*)-3.1\tvalues\tA,B\twarning\nOBX-11\tignore\t\t\nPV1-2\trequired\t\tinfo\n";

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct hl7_message m, answer;
	static struct arena *arena;
	static struct buf out;
	struct hl7_findings l;
	struct result_message *r;
	struct hl7_profile *profile;

	if (arena == NULL) {
		arena = arena_new(0);
		out.max = HL7_BYTES_DEFAULT;
	}
	if (size == 0 || hl7_parse(&m, slice_from((const char *)data + 1, size - 1), NULL, NULL) < 0)
		return 0;
	enum hl7_charset c = HL7_CHARSET_ASCII + data[0] % (HL7_CHARSET_UTF16LE - HL7_CHARSET_ASCII);
	assert(hl7_profile_read(arena, "p", slice_of(profile_text), &profile, NULL) == 0);
	hl7_findings_init(&l, arena);
	hl7_validate(&m, c, profile, &l);
	assert(l.count <= HL7_FINDINGS_MAX);
	for (size_t i = 0; i < l.count; i++)
		assert(hl7_segment(&m, l.item[i].segment).at >= m.bytes.at);
	assert(result_read_hl7(&m, c, arena, &r, NULL) == 0);
	struct hl7_ack_error error = { .code = HL7_ERROR_INTERNAL };
	if (l.count > 0)
		error = hl7_finding_error(&m, &l.item[0], arena);
	struct hl7_ack ack = { .outcome = HL7_OUTCOME_ERROR,
		.control_id = "1",
		.time = "2026",
		.charset = c,
		.errors = &error,
		.error_count = 1 };
	buf_reset(&out);
	if (hl7_ack_write(&m, &ack, &out, NULL) == 0) {
		assert(hl7_parse(&answer, buf_slice(&out), NULL, NULL) == 0);
		assert(slice_eq_text(hl7_get_text(&answer, "MSA-1").raw, "AE"));
	}
	arena_reset(arena);
	return 0;
}
