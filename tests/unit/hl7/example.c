/* The example of hl7(3), compiled against the installed library's headers: example FILE prints PID-5.1. */
#include <stdio.h>

#include "base/buf.h"
#include "hl7/hl7.h"

int
main(int argc, char **argv)
{
	struct hl7_message m;
	struct hl7_path family;
	struct buf file;
	struct err e;

	buf_init(&file, HL7_BYTES_DEFAULT);
	if (argc != 2 || buf_read_file(&file, argv[1], &e) < 0)
		return 2;
	hl7_message_init(&m);
	hl7_path_compile(SLICE("PID-5.1"), &family, &e);
	if (hl7_parse(&m, buf_slice(&file), NULL, &e) < 0)
		fprintf(stderr, "%s: %s\n", e.field, e.detail);
	else if (hl7_get(&m, &family).state == HL7_VALUE)
		printf("%.*s\n", SLICE_ARG(hl7_get(&m, &family).raw));
	hl7_message_free(&m);
	buf_free(&file);
	return 0;
}
