/*
 * Every sample and random texts, cut after every byte (large ones after every 61st): the three tokenisers
 * give the same index or the same refusal, and what is accepted is written back as it came.
 */
#include <dirent.h>

#include "hl7/hl7.h"
#include "tests/unit/unit.h"

#define EVERY_BYTE_MAX 600
#define STEP 61

static struct hl7_message mine[3];
static uint64_t seed = 88172645463325252u;

static unsigned
random_below(unsigned n)
{
	seed ^= seed << 13, seed ^= seed >> 7, seed ^= seed << 17;
	return (unsigned)(seed % n);
}

static bool
same_index(const struct hl7_message *a, const struct hl7_message *b)
{
	return a->flags == b->flags && a->begin == b->begin && a->end == b->end &&
	       a->segment_count == b->segment_count && a->block_count == b->block_count &&
	       memcmp(&a->delimiters, &b->delimiters, sizeof(a->delimiters)) == 0 &&
	       memcmp(a->segment, b->segment, a->segment_count * sizeof(*a->segment)) == 0 &&
	       memcmp(a->block, b->block, a->block_count * sizeof(*a->block)) == 0;
}

static bool
check(struct slice s)
{
	struct err e[3];
	int rc[3];

	for (int i = 0; i < 3; i++) {
		if (!hl7_tokeniser_usable(HL7_TOKENISER_SCALAR + (unsigned)i))
			continue;
		mine[i].tokeniser = HL7_TOKENISER_SCALAR + (unsigned)i;
		rc[i] = hl7_parse(&mine[i], s, NULL, &e[i]);
		ck_assert_int_eq(rc[i], rc[0]);
		if (rc[0] < 0)
			ck_assert_str_eq(e[i].field, e[0].field);
		else
			ck_assert(same_index(&mine[i], &mine[0]));
	}
	return rc[0] == 0;
}

static void
check_cuts(struct slice s)
{
	size_t step = s.len <= EVERY_BYTE_MAX ? 1 : STEP;

	for (size_t len = 0; len < s.len; len += step) {
		char *copy = malloc(len ? len : 1); /* of exactly that size, for the sanitizers */

		ck_assert_ptr_nonnull(copy);
		memcpy(copy, s.at, len);
		check(slice_from(copy, len));
		free(copy);
	}
}

static struct buf text;

static void
check_file(const char *name)
{
	char path[4096];
	struct buf out;
	struct err e;

	snprintf(path, sizeof(path), "%s/%s", SAMPLES, name);
	buf_init(&text, 1u << 20);
	buf_init(&out, 1u << 20);
	ck_assert_int_eq(buf_read_file(&text, path, &e), 0);
	ck_assert_msg(check(buf_slice(&text)), "%s is refused", name);
	hl7_write(&mine[0], &out);
	ck_assert(slice_eq(buf_slice(&out), buf_slice(&text)));
	ck_assert_uint_le(hl7_index_size(&mine[0]), text.len + text.len / 4 + 20);
	check_cuts(buf_slice(&text));
	buf_free(&text);
	buf_free(&out);
}

START_TEST(samples_are_accepted_and_read_alike_by_all_tokenisers)
{
	struct dirent **entry;
	int count = scandir(SAMPLES, &entry, NULL, alphasort), files = 0;

	ck_assert_int_gt(count, 0);
	for (int i = 0; i < count; i++) {
		if (strstr(entry[i]->d_name, ".hl7")) {
			check_file(entry[i]->d_name);
			files++;
		}
		free(entry[i]);
	}
	free(entry);
	ck_assert_int_ge(files, 446);
}
END_TEST

START_TEST(random_texts_are_read_alike_by_all_tokenisers)
{
	static const char likely[] = "||||^^^~~&\\\r\n\x1c\vPIDMSHOBX123\xc3\xa9\x80\xfc\x8d";
	char s[700] = "MSH|^~\\&|";

	for (int round = 0; round < 300; round++) {
		size_t len = 9 + random_below(sizeof(s) - 9);

		for (size_t i = 9; i < len; i++)
			s[i] = random_below(3) ? likely[random_below(sizeof(likely) - 1)]
					       : (char)random_below(256);
		check(slice_from(s, len));
		check_cuts(slice_from(s, len < 200 ? len : 200));
	}
}
END_TEST

static void
begin(void)
{
	for (int i = 0; i < 3; i++)
		hl7_message_init(&mine[i]);
}

static void
end(void)
{
	for (int i = 0; i < 3; i++)
		hl7_message_free(&mine[i]);
}

int
main(void)
{
	Suite *s = suite_create("hl7_samples");
	TCase *c = tcase_create("samples");

	tcase_set_timeout(c, 240);
	tcase_add_checked_fixture(c, begin, end);
	tcase_add_test(c, samples_are_accepted_and_read_alike_by_all_tokenisers);
	tcase_add_test(c, random_texts_are_read_alike_by_all_tokenisers);
	suite_add_tcase(s, c);
	return unit_main(s);
}
