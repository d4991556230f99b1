/* hmis claim show: a file for people, or as JSON lines (one document per line). */
#include <string.h>

#include "base/time.h"
#include "base/utf8.h"
#include "claims/document_json.h"
#include "cli/claim.h"
#include "cli/command.h"

#define CELL_MAX 64

/* Columns of the tables with many rows; --all shows every field instead. Names for people's eyes stay the
 * standard's. */
struct column {
	const char *name;
	int width; /* characters; negative = to the right */
};

static const struct column drug_columns[] = { { "STT", -3 }, { "MA_THUOC", 10 }, { "TEN_THUOC", 30 },
	{ "SO_LUONG", -10 }, { "DON_GIA", -12 }, { "THANH_TIEN_BV", -13 }, { "THANH_TIEN_BH", -13 },
	{ "MUC_HUONG", -9 }, { "T_BHTT", -12 }, { "T_BNCCT", -11 }, { "T_BNTT", -11 }, { 0 } };
static const struct column service_columns[] = { { "STT", -3 }, { "MA_NHOM", -7 }, { "MA_DICH_VU", 14 },
	{ "TEN_DICH_VU", 26 }, { "MA_VAT_TU", 12 }, { "SO_LUONG", -8 }, { "DON_GIA_BH", -12 },
	{ "THANH_TIEN_BV", -13 }, { "THANH_TIEN_BH", -13 }, { "MUC_HUONG", -9 }, { "T_BHTT", -12 },
	{ "T_BNCCT", -11 }, { "T_BNTT", -11 }, { 0 } };
static const struct column result_columns[] = { { "STT", -3 }, { "MA_DICH_VU", 14 }, { "MA_CHI_SO", 12 },
	{ "TEN_CHI_SO", 26 }, { "GIA_TRI", -12 }, { "DON_VI_DO", 10 }, { "KET_LUAN", 40 }, { "NGAY_KQ", 12 },
	{ 0 } };
static const struct column note_columns[] = { { "STT", -3 }, { "THOI_DIEM_DBLS", 14 }, { "DIEN_BIEN_LS", 60 },
	{ "PHAU_THUAT", 20 }, { "NGUOI_THUC_HIEN", 20 }, { 0 } };
static const struct column *const columns[CLAIM_TABLES] = { [CLAIM_XML2] = drug_columns,
	[CLAIM_XML3] = service_columns,
	[CLAIM_XML4] = result_columns,
	[CLAIM_XML5] = note_columns };

static void
print_cell(struct slice s, int width)
{
	char cell[4 * CELL_MAX + 1];
	size_t room = (size_t)(width < 0 ? -width : width), length = 0, at = 0;
	for (size_t i = 0; i < s.len && at < sizeof(cell) - 4; i++) {
		bool starts = ((unsigned char)s.at[i] & 0xc0) != 0x80;
		if (starts && length == room)
			break;
		length += starts;
		cell[at++] = s.at[i] == '\n' || s.at[i] == '\t' || s.at[i] == '\r' ? ' ' : s.at[i];
	}
	int blanks = (int)(room - (length < room ? length : room));
	if (width < 0)
		printf("%*s%.*s  ", blanks, "", (int)at, cell);
	else
		printf("%.*s%*s  ", (int)at, cell, blanks, "");
}

static void
print_columns(const struct claim_document *d, enum claim_table t, struct buf *text)
{
	for (const struct column *c = columns[t]; c->name; c++)
		print_cell(slice_of(c->name), c->width);
	putchar('\n');
	for (size_t i = 0; i < claim_row_count(d, t); i++) {
		for (const struct column *c = columns[t]; c->name; c++) {
			buf_reset(text);
			claim_print(
			    claim_row_at(d, t, i), (enum claim_field)claim_field_of(t, c->name), text);
			print_cell(buf_slice(text), c->width);
		}
		putchar('\n');
	}
}

static void
print_fields(const struct claim_row *r, struct buf *text)
{
	const struct claim_table_info *t = &claim_tables[r->table];
	for (unsigned i = 0; i < t->count; i++) {
		enum claim_field f = (enum claim_field)(t->first + i);
		if (!claim_has(r, f))
			continue;
		buf_reset(text);
		claim_print(r, f, text);
		const struct claim_code_info *code =
		    claim_fields[f].codes ? claim_code_find(claim_fields[f].codes, buf_slice(text)) : NULL;
		printf("  %-20s %.*s%s%s%s\n", claim_fields[f].name, SLICE_ARG(buf_slice(text)),
		    code ? " (" : "", code ? code->name_vi : "", code ? ")" : "");
	}
}

static void
print_table(const struct claim_document *d, enum claim_table t, bool all, struct buf *text)
{
	size_t count = claim_row_count(d, t);
	printf("\n%s  %s (%zu)\n", claim_tables[t].name, claim_tables[t].about, count);
	if (columns[t] && !all) {
		print_columns(d, t, text);
		return;
	}
	for (size_t i = 0; i < count; i++) {
		if (count > 1)
			printf(" %zu.\n", i + 1);
		print_fields(claim_row_at(d, t, i), text);
	}
}

struct show {
	const struct claim_arguments *arguments;
	const char *file;
	size_t shown;
	int exit;
};

static int
show_json(const struct claim_document *d)
{
	struct json_writer w;
	struct buf out;
	buf_init(&out, CLI_FILE_MAX);
	json_write_init(&w, &out);
	claim_json_write(&w, d);
	buf_add_char(&out, '\n');
	bool good = buf_ok(&out) && fwrite(out.at, 1, out.len, stdout) == out.len;
	buf_free(&out);
	return good ? 0 : ERR_IO;
}

static int
show_one(void *context, struct claim_document *d, struct claim_findings *l, struct err *e)
{
	struct show *run = context;
	struct slice key = claim_document_ma_lk(d);
	struct buf text;
	claim_cli_print_findings(stderr, run->file, l, run->arguments->english);
	if (claim_cli_exit(l))
		run->exit = EXIT_FINDINGS;
	run->shown++;
	if (run->arguments->json)
		return show_json(d) < 0 ? err_set(e, ERR_IO, NULL, "cannot write the JSON form") : 0;
	buf_init(&text, CLAIM_TEXT_MAX);
	printf("%sHOSO %zu: MA_LK %.*s\n", run->shown > 1 ? "\n" : "", run->shown, SLICE_ARG(key));
	for (enum claim_table t = CLAIM_XML0; t < CLAIM_TABLES; t++)
		if (claim_row_count(d, t))
			print_table(d, t, run->arguments->all, &text);
	buf_free(&text);
	return 0;
}

static void
print_file(const struct claim_file *info)
{
	char date[TIME_TEXT_MAX];
	size_t len = info->ngay_lap ? date_print_iso(info->ngay_lap, date) : 0;
	if (info->kind == CLAIM_FILE_CHECKIN)
		printf("\nCHI_TIEU_TRANG_THAI_KCB, CHUKYDONVI %s\n", info->is_signed ? "…" : "∅");
	else
		printf("\nGIAMDINHHS: MACSKCB %.*s, NGAYLAP %.*s, SOLUONGHOSO %zu (%zu), CHUKYDONVI %s\n",
		    SLICE_ARG(info->ma_cskcb), (int)len, date, info->declared, info->count,
		    info->is_signed ? "…" : "∅");
}

int
claim_cli_show(int argc, char **argv)
{
	struct claim_arguments a;
	int rc = claim_cli_arguments(argc, argv, 1, "show [--json] [--all] [--en] FILE", &a);
	if (rc)
		return rc;
	struct show run = { .arguments = &a, .file = a.file[0] };
	struct arena *arena = arena_new(0);
	struct claim_findings l;
	struct claim_file info;
	struct err e = { 0 };
	claim_findings_init(&l, arena);
	if (claim_cli_read(a.file[0], &l, show_one, &run, &info, &e) < 0) {
		run.exit = command_error(a.file[0], &e);
	} else {
		claim_cli_print_findings(stderr, a.file[0], &l, a.english);
		if (claim_cli_exit(&l))
			run.exit = EXIT_FINDINGS;
		if (!a.json)
			print_file(&info);
	}
	arena_free(arena);
	return run.exit;
}
