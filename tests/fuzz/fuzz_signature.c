/*
 * Promises of the signature verifier: any bytes get a verdict, and none of the seeds' changes gets GOOD
 * unless the bytes say the same; a document that can be prepared says so again, and finishing inserts only.
 */
#include <assert.h>

#include "claims/signature.h"
#include "tests/fuzz/fuzz.h"

#define FILE_MAX ((size_t)16 << 20)

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice document = slice_from((const char *)data, size);
	struct claim_signature_report report;
	struct claim_signature_task task, again;
	struct buf out;
	struct err e;
	int rc = claim_signature_verify(document, SLICE(""), 0, &report, &e);

	assert((rc == 0) == (report.fault == CLAIM_SIGNATURE_GOOD));
	assert(report.fault < CLAIM_SIGNATURE_FAULTS && claim_signature_fault_text(report.fault, true));
	if (claim_signature_prepare(document, &task, &e) == 0) {
		assert(report.fault == CLAIM_SIGNATURE_NONE || report.fault == CLAIM_SIGNATURE_COMMENT);
		assert(claim_signature_prepare(document, &again, &e) == 0);
		assert(memcmp(task.digest, again.digest, sizeof(task.digest)) == 0);
		assert(task.insert_from < task.insert_to && task.insert_to <= size);
		buf_init(&out, FILE_MAX);
		assert(claim_signature_finish(
			   document, &task, SLICE("x"), SLICE("not a certificate"), &out, &e) == ERR_INPUT);
		assert(out.len == 0);
		buf_free(&out);
	}
	return 0;
}
