/* The document, the writer's refusals, many claims in one stream, and the pieces that other folders call. */
#include "base/time.h"
#include "claims/check.h"
#include "claims/document_json.h"
#include "claims/signature.h"
#include "claims/xml.h"
#include "tests/unit/unit.h"

#define DECLARATION "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n"
#define FILE_BYTES_MAX ((size_t)4 << 20)

static struct arena *arena;
static struct claim_document *d;
static struct err e;

static void
setup(void)
{
	arena = arena_new(0);
	d = claim_document_new(arena);
	e = (struct err){ 0 };
}

static void
teardown(void)
{
	arena_free(arena);
}

static const char *
printed(const struct claim_row *r, enum claim_field f)
{
	static struct buf b;

	b.max = 1000;
	buf_reset(&b);
	claim_print(r, f, &b);
	return b.at ? b.at : "";
}

/* Annex of decision 4750 as read into fields.tsv: the number of fields of each table, 479 in all. */
START_TEST(the_catalogue_is_complete)
{
	static const unsigned counts[CLAIM_TABLES] = { 26, 66, 39, 47, 12, 9, 47, 26, 22, 35, 13, 23, 35, 37,
		22, 20 };
	unsigned all = 0;

	for (int t = 0; t < CLAIM_TABLES; t++) {
		ck_assert_uint_eq(claim_tables[t].count, counts[t]);
		all += counts[t];
	}
	ck_assert_uint_eq(all, 479);
	ck_assert_uint_eq(CLAIM_FIELDS, 479);
	for (int f = 0; f < CLAIM_FIELDS; f++) {
		const struct claim_field_info *info = &claim_fields[f];

		ck_assert_int_eq(claim_field_of((enum claim_table)info->table, info->name), f);
	}
	ck_assert_int_eq(claim_field_parse(SLICE("XML2.SO_LUONG")), XML2_SO_LUONG);
	ck_assert_int_eq(claim_field_parse(SLICE("XML2.SO_LUON")), -1);
	ck_assert_int_eq(claim_field_parse(SLICE("XML16.STT")), -1);
	ck_assert_int_eq(claim_field_parse(SLICE("XML2")), -1);
	ck_assert_int_eq(claim_table_find(SLICE("XML15")), CLAIM_XML15);
}
END_TEST

/* Decision 1931 of 2026: MUC_HUONG has 4 characters from 2026-07-01, 3 before. */
START_TEST(lengths_have_dates)
{
	int32_t change = date_from_civil(2026, 7, 1);

	ck_assert_uint_eq(claim_field_write_max(XML2_MUC_HUONG, change - 1), 3);
	ck_assert_uint_eq(claim_field_write_max(XML2_MUC_HUONG, change), 4);
	ck_assert_uint_eq(claim_field_write_max(XML3_MUC_HUONG, 0), 4);
	ck_assert_uint_eq(claim_field_write_max(XML1_GHI_CHU, 0), 0);
}
END_TEST

START_TEST(codes_are_found)
{
	const struct claim_code_info *code = claim_code_find("KET_QUA_DTRI", SLICE("8"));

	ck_assert_ptr_nonnull(code);
	ck_assert_str_eq(code->name_vi, "Tử vong ngoại viện");
	ck_assert_ptr_null(claim_code_find("KET_QUA_DTRI", SLICE("9")));
	ck_assert_ptr_nonnull(claim_code_find("MA_DOITUONG_KCB", SLICE("1.18")));
	ck_assert_ptr_nonnull(claim_code_find("MA_DOITUONG_KCB", SLICE("1.8"))); /* before 2025 */
	ck_assert_ptr_null(claim_code_find("no such catalogue", SLICE("1")));
	ck_assert(claim_codes_closed("GIOI_TINH"));
	ck_assert(!claim_codes_closed("MA_TAI_NAN")); /* its official text was not seen */
}
END_TEST

/* wrappers.md §4: quantities and unit prices with 3 decimals, money trimmed, dates as digits */
static const struct {
	enum claim_field field;
	const char *given, *printed; /* NULL = refused */
} forms[] = {
	{ XML2_SO_LUONG, "1", "1.000" },
	{ XML2_SO_LUONG, "0.5", "0.500" },
	{ XML2_SO_LUONG, "1.0000", "1.000" },
	{ XML2_SO_LUONG, "1.0001", NULL },
	{ XML2_DON_GIA, "15300.5", "15300.500" },
	{ XML2_THANH_TIEN_BV, "15300.50", "15300.5" },
	{ XML2_THANH_TIEN_BV, "15300.00", "15300" },
	{ XML2_THANH_TIEN_BV, "0", "0" },
	{ XML2_THANH_TIEN_BV, "0.005", NULL },
	{ XML2_THANH_TIEN_BV, "-1", NULL },
	{ XML2_THANH_TIEN_BV, "+1", NULL },
	{ XML2_THANH_TIEN_BV, "1e3", NULL },
	{ XML2_THANH_TIEN_BV, "1,000", NULL },
	{ XML2_THANH_TIEN_BV, " 1", NULL },
	{ XML2_THANH_TIEN_BV, ".5", NULL },
	{ XML2_MUC_HUONG, "47.5", "47.5" },
	{ XML2_MUC_HUONG, "80", "80" },
	{ XML2_STT, "007", "7" },
	{ XML2_STT, "1.5", NULL },
	{ XML2_NGAY_YL, "202602282359", "202602282359" },
	{ XML2_NGAY_YL, "202602290000", NULL },
	{ XML2_NGAY_YL, "202402290000", "202402290000" },
	{ XML2_NGAY_YL, "20260228", NULL },
	{ XML2_NGAY_YL, "202602282400", NULL },
	{ XML2_NGAY_YL, "202602282360", NULL },
	{ XML2_NGAY_YL, "202602000000", NULL },
	{ XML2_MA_NHOM, "04", "04" },
	{ XML2_MA_NHOM, "", "" },
	{ XML2_TEN_THUOC, "  ", "" },
	{ XML2_TEN_THUOC, "Nguye\xcc\x82\xcc\x83n", "Nguy\xe1\xbb\x85n" },
	{ XML2_TEN_THUOC, "a\x01", NULL },
	{ XML2_TEN_THUOC, "a\xff", NULL },
	{ XML2_TEN_THUOC, "a\xef\xbf\xbf", NULL },
};

START_TEST(values_have_one_form)
{
	struct claim_row *r = claim_row_add(d, CLAIM_XML2);
	int rc = claim_set(d, r, forms[_i].field, slice_of(forms[_i].given), &e);

	if (forms[_i].printed) {
		ck_assert_msg(rc == 0, "%s: %s", forms[_i].given, e.detail);
		ck_assert_str_eq(printed(r, forms[_i].field), forms[_i].printed);
		ck_assert_int_eq(claim_has(r, forms[_i].field), forms[_i].printed[0] != '\0');
	} else {
		ck_assert_msg(rc == ERR_INPUT, "%s is taken", forms[_i].given);
		ck_assert_int_eq(strncmp(e.field, "XML2.", 5), 0);
		ck_assert(!claim_has(r, forms[_i].field));
	}
}
END_TEST

START_TEST(unknown_parts_of_a_birth_date_are_zeros)
{
	struct claim_row *r = claim_row_add(d, CLAIM_XML1);

	ck_assert_int_eq(claim_set(d, r, XML1_NGAY_SINH, SLICE("195600000000"), &e), 0);
	ck_assert_str_eq(printed(r, XML1_NGAY_SINH), "195600000000");
	ck_assert_int_eq(claim_date_days(claim_number(r, XML1_NGAY_SINH)), 0);
	ck_assert_int_eq(claim_set(d, r, XML1_NGAY_SINH, SLICE("195606000000"), &e), 0);
	ck_assert_int_eq(claim_set(d, r, XML1_NGAY_SINH, SLICE("195600150000"), &e), ERR_INPUT);
	ck_assert_int_eq(claim_set(d, r, XML1_NGAY_MIEN_CCT, SLICE("20260101"), &e), 0);
	ck_assert_str_eq(printed(r, XML1_NGAY_MIEN_CCT), "20260101");
	ck_assert_int_eq(claim_set(d, r, XML1_NGAY_MIEN_CCT, SLICE("202601010730"), &e), 0);
	ck_assert_str_eq(printed(r, XML1_NGAY_MIEN_CCT), "202601010730");
}
END_TEST

START_TEST(rows_share_equal_texts_but_change_alone)
{
	struct claim_row *a = claim_row_add(d, CLAIM_XML2);

	claim_set_text(d, a, XML2_MA_KHOA, SLICE("K01"), &e);
	struct claim_row *b = claim_row_add(d, CLAIM_XML2);
	claim_set_text(d, b, XML2_MA_KHOA, SLICE("K01"), &e);
	claim_set_text(d, a, XML2_MA_KHOA, SLICE("K02"), &e);
	ck_slice(claim_text(a, XML2_MA_KHOA), "K02");
	ck_slice(claim_text(b, XML2_MA_KHOA), "K01");
	claim_clear(a, XML2_MA_KHOA);
	ck_assert(!claim_has(a, XML2_MA_KHOA));
	ck_assert(claim_has(b, XML2_MA_KHOA));
}
END_TEST

static void
add_head(const char *key)
{
	struct claim_row *r = claim_row_add(d, CLAIM_XML1);

	ck_assert_int_eq(claim_set_text(d, r, XML1_MA_LK, slice_of(key), &e), 0);
}

START_TEST(the_writer_refuses_what_no_file_can_say)
{
	struct buf out;
	buf_init(&out, FILE_BYTES_MAX);
	struct claim_writer *w = claim_writer_new(&out, NULL);
	struct claim_envelope h = { SLICE("66001"), 20454, 1 }, bad = h;

	ck_assert_int_eq(claim_write(w, &h, d, &e), ERR_INPUT); /* no XML1 */
	ck_assert_str_eq(e.field, "XML1");
	add_head("A");
	ck_assert_int_eq(claim_write(w, &h, d, &e), 0);
	bad.ma_cskcb = SLICE("6600");
	ck_assert_int_eq(claim_write(w, &bad, d, &e), ERR_INPUT);
	ck_assert_str_eq(e.field, "MACSKCB");
	bad = h;
	bad.count = 2;
	ck_assert_int_eq(claim_write(w, &bad, d, &e), ERR_INPUT); /* one was announced too many */
	ck_assert_str_eq(e.field, "SOLUONGHOSO");
	ck_assert_int_eq(claim_write_checkin(w, d, &e), ERR_INPUT);
	ck_assert_str_eq(e.field, "XML0");
	claim_row_add(d, CLAIM_XML12);
	ck_assert_int_eq(claim_write(w, &h, d, &e), ERR_UNSUPPORTED);
	ck_assert_str_eq(e.field, "XML12");
	claim_writer_free(w);
	buf_free(&out);
}
END_TEST

START_TEST(one_row_tables_take_one_row)
{
	struct buf out;
	buf_init(&out, FILE_BYTES_MAX);
	struct claim_writer *w = claim_writer_new(&out, NULL);
	struct claim_envelope h = { SLICE("66001"), 20454, 1 };
	struct claim_findings l;

	add_head("A");
	claim_row_add(d, CLAIM_XML7);
	claim_row_add(d, CLAIM_XML7);
	ck_assert_int_eq(claim_write(w, &h, d, &e), ERR_INPUT);
	ck_assert_str_eq(e.field, "XML7");
	claim_findings_init(&l, arena);
	claim_check(d, NULL, &l);
	bool found = false;
	for (size_t i = 0; i < l.count; i++)
		found |= l.at[i].code == FINDING_ROWS_SEVERAL && l.at[i].table == CLAIM_XML7;
	ck_assert(found);
	claim_writer_free(w);
	buf_free(&out);
}
END_TEST

START_TEST(a_full_buffer_is_an_error)
{
	struct buf out;
	buf_init(&out, 300);
	struct claim_writer *w = claim_writer_new(&out, NULL);
	struct claim_envelope h = { SLICE("66001"), 20454, 1 };

	add_head("A");
	ck_assert_int_eq(claim_write(w, &h, d, &e), ERR_LIMIT);
	claim_writer_free(w);
	buf_free(&out);
}
END_TEST

#define MANY 3000

static int
count_claims(void *context, struct claim_document *claim, struct claim_findings *l, struct err *why)
{
	size_t *count = context;
	char key[32];

	(void)why;
	snprintf(key, sizeof(key), "K%zu", *count);
	ck_slice(claim_document_ma_lk(claim), key);
	ck_assert_uint_eq(l->total, 0);
	ck_assert_uint_eq(l->claim, *count + 1);
	++*count;
	/* constant memory: the document before is gone */
	ck_assert_uint_lt(arena_used(claim->arena), 16384);
	return 0;
}

/* Writes MANY claims through one small buffer into a file and reads them back from it. */
START_TEST(many_claims_pass_in_constant_memory)
{
	FILE *file = tmpfile();
	struct buf out;
	buf_init(&out, 16384);
	struct claim_writer *w = claim_writer_new(&out, NULL);
	struct claim_envelope h = { SLICE("66001"), 20454, MANY };
	struct claim_findings l;
	struct claim_file info;
	size_t count = 0;

	ck_assert_int_eq(claim_write_begin(w, &h, &e), 0);
	for (int i = 0; i < MANY; i++) {
		char key[32];

		arena_reset(arena);
		d = claim_document_new(arena);
		snprintf(key, sizeof(key), "K%d", i);
		add_head(key);
		ck_assert_int_eq(claim_write_add(w, d, &e), 0);
		fwrite(out.at, 1, out.len, file);
		buf_reset(&out);
	}
	ck_assert_int_eq(claim_write_end(w, &e), 0);
	fwrite(out.at, 1, out.len, file);
	ck_assert_int_eq(fflush(file), 0);
	rewind(file);
	claim_findings_init(&l, arena);
	ck_assert_msg(claim_read_fd(fileno(file), &l, count_claims, &count, &info, &e) == 0, "%s", e.detail);
	ck_assert_uint_eq(count, MANY);
	ck_assert_uint_eq(info.count, MANY);
	ck_assert_uint_eq(info.declared, MANY);
	ck_assert_uint_eq(l.total, 0);
	ck_slice(info.ma_cskcb, "66001");
	ck_assert_int_eq(info.ngay_lap, 20454);
	claim_writer_free(w);
	buf_free(&out);
	fclose(file);
}
END_TEST

static int
stop_at_second(void *context, struct claim_document *claim, struct claim_findings *l, struct err *why)
{
	(void)claim, (void)l;
	return ++*(int *)context == 2 ? err_set(why, ERR_BUSY, "x", "enough") : 0;
}

START_TEST(reading_stops_when_the_caller_says_so)
{
	const char *hoso = "<HOSO><FILEHOSO><LOAIHOSO>XML1</LOAIHOSO><NOIDUNGFILE/></FILEHOSO></HOSO>";
	char *file = arena_printf(arena,
	    "<GIAMDINHHS><THONGTINHOSO><DANHSACHHOSO>%s%s%s</DANHSACHHOSO></THONGTINHOSO></GIAMDINHHS>", hoso,
	    hoso, hoso);
	struct claim_findings l;
	struct claim_file info = { .count = 99 };
	int seen = 0;

	claim_findings_init(&l, arena);
	ck_assert_int_eq(claim_read_bytes(slice_of(file), &l, stop_at_second, &seen, &info, &e), ERR_BUSY);
	ck_assert_int_eq(seen, 2);
	ck_assert_str_eq(e.detail, "enough");
	ck_assert_uint_eq(info.count, 99); /* outputs only on success */
}
END_TEST

static const struct {
	const char *json, *field;
} refused[] = {
	{ "[]", "" },
	{ "{\"XML16\": []}", "/XML16" },
	{ "{\"XML2\": 5}", "/XML2" },
	{ "{\"XML2\": [5]}", "/XML2" },
	{ "{\"XML2\": [{}, {\"TEN\": \"x\"}]}", "/XML2/1/TEN" },
	{ "{\"XML2\": [{\"STT\": 1, \"STT\": 2}]}", "/XML2/0/STT" },
	{ "{\"XML2\": [{\"SO_LUONG\": 1.0001}]}", "/XML2/0/SO_LUONG" },
	{ "{\"XML2\": [{\"SO_LUONG\": true}]}", "/XML2/0/SO_LUONG" },
	{ "{\"XML2\": [{\"SO_LUONG\": {}}]}", "/XML2/0/SO_LUONG" },
	{ "{\"XML2\": [{\"NGAY_YL\": \"2026\"}]}", "/XML2/0/NGAY_YL" },
	{ "{\"XML2\": [{\"TEN_THUOC\": \"\\u0001\"}]}", "/XML2/0/TEN_THUOC" },
	{ "{\"XML2\": [{}], \"XML2\": [{}]}", "XML2" },
	{ "{\"XML2\": [{}]", "" },
	{ "{} x", "" },
};

START_TEST(json_faults_are_named)
{
	struct claim_document *unchanged = d;

	ck_assert_int_eq(claim_json_read(arena, slice_of(refused[_i].json), &d, &e), ERR_INPUT);
	ck_assert_str_eq(e.field, refused[_i].field);
	ck_assert_ptr_eq(d, unchanged);
}
END_TEST

START_TEST(json_takes_numbers_as_texts_and_one_row_as_an_object)
{
	const char *json =
	    "{\"XML1\": {\"MA_LK\": \"A\", \"T_BHTT\": \"15300.50\", \"GHI_CHU\": null, \"LY_DO_VV\": \"\"}}";

	ck_assert_msg(claim_json_read(arena, slice_of(json), &d, &e) == 0, "%s: %s", e.field, e.detail);
	struct claim_row *r = claim_row_at(d, CLAIM_XML1, 0);
	ck_assert_int_eq(claim_number(r, XML1_T_BHTT), 1530050);
	ck_assert(!claim_has(r, XML1_GHI_CHU) && !claim_has(r, XML1_LY_DO_VV));
	ck_slice(claim_document_ma_lk(d), "A");
}
END_TEST

START_TEST(findings_beyond_the_limit_are_counted)
{
	struct claim_findings l;

	claim_findings_init(&l, arena);
	for (unsigned i = 0; i < CLAIM_FINDINGS_MAX + 5; i++)
		claim_finding_add(&l, FINDING_STT_DUPLICATE, CLAIM_XML2, i, XML2_STT, "%u", i);
	ck_assert_uint_eq(l.count, CLAIM_FINDINGS_MAX);
	ck_assert_uint_eq(l.total, CLAIM_FINDINGS_MAX + 5);
	ck_assert_uint_eq(l.by_severity[CLAIM_WARNING], CLAIM_FINDINGS_MAX + 5);
}
END_TEST

static const char *const not_written[] = {
	"",
	"<GIAMDINHHS><CHUKYDONVI></CHUKYDONVI></GIAMDINHHS>",
	DECLARATION "<GIAMDINHHS><CHUKYDONVI></CHUKYDONVI></GIAMDINHHS>",
	DECLARATION "<GIAMDINHHS><CHUKYDONVI/></GIAMDINHHS>\n",
	DECLARATION "<GIAMDINHHS><A/><CHUKYDONVI></CHUKYDONVI></GIAMDINHHS>\n",
	DECLARATION "<GIAMDINHHS><A>\r</A><CHUKYDONVI></CHUKYDONVI></GIAMDINHHS>\n",
	DECLARATION "<GIAMDINHHS><A><![CDATA[x]]></A><CHUKYDONVI></CHUKYDONVI></GIAMDINHHS>\n",
	DECLARATION "<GIAMDINHHS><!-- x --><CHUKYDONVI></CHUKYDONVI></GIAMDINHHS>\n",
	DECLARATION "<GIAMDINHHS a=\"1\"><CHUKYDONVI></CHUKYDONVI></GIAMDINHHS>\n",
	DECLARATION "<GIAMDINHHS><CHUKYDONVI>x</CHUKYDONVI></GIAMDINHHS>\n",
	DECLARATION "<HOSO><CHUKYDONVI></CHUKYDONVI></HOSO>\n",
};

START_TEST(only_our_own_bytes_are_signed_unparsed)
{
	struct claim_signature_task task;
	const char *good = DECLARATION "<GIAMDINHHS><CHUKYDONVI></CHUKYDONVI></GIAMDINHHS>\n";

	ck_assert_int_eq(claim_signature_prepare_written(slice_of(good), &task, &e), 0);
	ck_assert_int_eq(claim_signature_prepare_written(slice_of(not_written[_i]), &task, &e), ERR_INPUT);
}
END_TEST

/* Each fault that a verifier can name has a name and a sentence in both languages. */
START_TEST(signature_faults_have_words)
{
	for (int f = 0; f < CLAIM_SIGNATURE_FAULTS; f++) {
		ck_assert_ptr_nonnull(claim_signature_fault_name((enum claim_signature_fault)f));
		ck_assert_uint_gt(strlen(claim_signature_fault_text((enum claim_signature_fault)f, true)), 5);
		ck_assert_uint_gt(
		    strlen(claim_signature_fault_text((enum claim_signature_fault)f, false)), 5);
	}
}
END_TEST

static void
add_catalogue_tests(TCase *c)
{
	tcase_add_test(c, the_catalogue_is_complete);
	tcase_add_test(c, lengths_have_dates);
	tcase_add_test(c, codes_are_found);
	tcase_add_loop_test(c, values_have_one_form, 0, sizeof(forms) / sizeof(forms[0]));
	tcase_add_test(c, unknown_parts_of_a_birth_date_are_zeros);
	tcase_add_test(c, rows_share_equal_texts_but_change_alone);
	tcase_add_test(c, findings_beyond_the_limit_are_counted);
	tcase_add_test(c, signature_faults_have_words);
	tcase_add_loop_test(
	    c, only_our_own_bytes_are_signed_unparsed, 0, sizeof(not_written) / sizeof(not_written[0]));
}

static void
add_file_tests(TCase *c)
{
	tcase_add_test(c, the_writer_refuses_what_no_file_can_say);
	tcase_add_test(c, one_row_tables_take_one_row);
	tcase_add_test(c, a_full_buffer_is_an_error);
	tcase_add_test(c, many_claims_pass_in_constant_memory);
	tcase_add_test(c, reading_stops_when_the_caller_says_so);
	tcase_add_loop_test(c, json_faults_are_named, 0, sizeof(refused) / sizeof(refused[0]));
	tcase_add_test(c, json_takes_numbers_as_texts_and_one_row_as_an_object);
}

int
main(void)
{
	Suite *s = suite_create("claim document");
	TCase *c = tcase_create("all");

	tcase_add_checked_fixture(c, setup, teardown);
	tcase_set_timeout(c, 60);
	add_catalogue_tests(c);
	add_file_tests(c);
	suite_add_tcase(s, c);
	return unit_main(s);
}
