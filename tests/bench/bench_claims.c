/*
 * How fast a claim of 20 lines (12 of XML3, 8 of XML2, 8 results, 2 notes) is built, written, read, checked
 * and prepared for signing, on one core. The values are the golden out-patient's kind; prints claims per
 * second and bytes. With KEY CERT DIRECTORY as arguments: what signing and writing files costs beside a
 * signature alone.
 */
#include <fcntl.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "claims/check.h"
#include "claims/document_json.h"
#include "claims/signature.h"
#include "claims/xml.h"

#define SECONDS_EACH 1.0
#define FILE_MAX ((size_t)16 << 20)
#define PEM_MAX ((size_t)1 << 20)
#define FLUSH_BYTES ((size_t)256 << 10) /* as in cli/claim_export.c */
#define ARCHIVE_BYTES ((off_t)64 << 20) /* then it begins anew, in memory the system has used before */
#define STAGE_CLAIMS 2000

static const struct claim_envelope envelope = { { "66001", 5 }, 20650, 1 };

/* One row's values as the standard writes them, in field order; the rest stay absent. */
struct value {
	enum claim_field field;
	const char *text;
};

static const struct value head[] = { { XML1_MA_LK, "66001_0000123" }, { XML1_STT, "1" },
	{ XML1_MA_BN, "BN000123" }, { XML1_HO_TEN, "Nguyễn Thị Thử" }, { XML1_SO_CCCD, "999185012345" },
	{ XML1_NGAY_SINH, "198503120000" }, { XML1_GIOI_TINH, "2" }, { XML1_MA_QUOCTICH, "000" },
	{ XML1_MA_DANTOC, "01" }, { XML1_MA_NGHE_NGHIEP, "62110" },
	{ XML1_DIA_CHI, "Thôn 3, xã Ea Thử, tỉnh Đắk Lắk" }, { XML1_MATINH_CU_TRU, "66" },
	{ XML1_MAXA_CU_TRU, "24175" }, { XML1_MA_THE_BHYT, "GD4669990012345" }, { XML1_MA_DKBD, "66001" },
	{ XML1_GT_THE_TU, "20260101" }, { XML1_GT_THE_DEN, "20261231" }, { XML1_LY_DO_VV, "Ho, sốt 2 ngày" },
	{ XML1_CHAN_DOAN_VAO, "Viêm họng cấp" },
	{ XML1_CHAN_DOAN_RV, "Viêm họng cấp; tăng huyết áp & theo dõi" }, { XML1_MA_BENH_CHINH, "J02" },
	{ XML1_MA_BENH_KT, "I10" }, { XML1_MA_DOITUONG_KCB, "1.1" }, { XML1_NGAY_VAO, "202607150730" },
	{ XML1_NGAY_RA, "202607151015" }, { XML1_SO_NGAY_DTRI, "0" },
	{ XML1_PP_DIEU_TRI, "Kháng sinh, hạ sốt" }, { XML1_KET_QUA_DTRI, "2" }, { XML1_MA_LOAI_RV, "1" },
	{ XML1_NGAY_TTOAN, "202607151020" }, { XML1_T_THUOC, "200000" }, { XML1_T_VTYT, "0" },
	{ XML1_T_TONGCHI_BV, "770000" }, { XML1_T_TONGCHI_BH, "770000" }, { XML1_T_BNTT, "0" },
	{ XML1_T_BNCCT, "154000" }, { XML1_T_BHTT, "616000" }, { XML1_T_NGUONKHAC, "0" },
	{ XML1_T_BHTT_GDV, "616000" }, { XML1_NAM_QT, "2026" }, { XML1_THANG_QT, "7" },
	{ XML1_MA_LOAI_KCB, "01" }, { XML1_MA_KHOA, "K01" }, { XML1_MA_CSKCB, "66001" },
	{ XML1_MA_HSBA, "HS26.000123" }, { XML1_MA_TTDV, "000001/DL-GPHN" } };
static const struct value drug[] = { { XML2_MA_LK, "66001_0000123" }, { XML2_MA_THUOC, "40.178" },
	{ XML2_MA_NHOM, "4" }, { XML2_TEN_THUOC, "Amoxicilin 500mg" }, { XML2_DON_VI_TINH, "viên" },
	{ XML2_HAM_LUONG, "500mg" }, { XML2_DUONG_DUNG, "1.01" }, { XML2_DANG_BAO_CHE, "Viên nang" },
	{ XML2_LIEU_DUNG, "Ngày 4 viên, chia 2 lần × 5 ngày" }, { XML2_CACH_DUNG, "Uống sau ăn" },
	{ XML2_SO_DANG_KY, "VD-00000-26" }, { XML2_TT_THAU, "123/QĐ-SYT;G1;N4;2026" }, { XML2_PHAM_VI, "1" },
	{ XML2_TYLE_TT_BH, "100" }, { XML2_SO_LUONG, "20.000" }, { XML2_DON_GIA, "1250.000" },
	{ XML2_THANH_TIEN_BV, "25000" }, { XML2_THANH_TIEN_BH, "25000" }, { XML2_T_NGUONKHAC_NSNN, "0" },
	{ XML2_T_NGUONKHAC_VTNN, "0" }, { XML2_T_NGUONKHAC_VTTN, "0" }, { XML2_T_NGUONKHAC_CL, "0" },
	{ XML2_T_NGUONKHAC, "0" }, { XML2_MUC_HUONG, "80" }, { XML2_T_BNTT, "0" }, { XML2_T_BNCCT, "5000" },
	{ XML2_T_BHTT, "20000" }, { XML2_MA_KHOA, "K01" }, { XML2_MA_BAC_SI, "000002/DL-GPHN" },
	{ XML2_NGAY_YL, "202607150800" }, { XML2_NGAY_TH_YL, "202607150830" }, { XML2_MA_PTTT, "1" },
	{ XML2_NGUON_CTRA, "1" } };
static const struct value service[] = { { XML3_MA_LK, "66001_0000123" }, { XML3_MA_DICH_VU, "22.0120.1370" },
	{ XML3_MA_NHOM, "1" }, { XML3_TEN_DICH_VU, "Tổng phân tích tế bào máu ngoại vi" },
	{ XML3_DON_VI_TINH, "lần" }, { XML3_PHAM_VI, "1" }, { XML3_SO_LUONG, "1.000" },
	{ XML3_DON_GIA_BV, "47500.000" }, { XML3_DON_GIA_BH, "47500.000" }, { XML3_TYLE_TT_DV, "100" },
	{ XML3_TYLE_TT_BH, "100" }, { XML3_THANH_TIEN_BV, "47500" }, { XML3_THANH_TIEN_BH, "47500" },
	{ XML3_MUC_HUONG, "80" }, { XML3_T_NGUONKHAC_NSNN, "0" }, { XML3_T_NGUONKHAC_VTNN, "0" },
	{ XML3_T_NGUONKHAC_VTTN, "0" }, { XML3_T_NGUONKHAC_CL, "0" }, { XML3_T_NGUONKHAC, "0" },
	{ XML3_T_BNTT, "0" }, { XML3_T_BNCCT, "9500" }, { XML3_T_BHTT, "38000" }, { XML3_MA_KHOA, "K01" },
	{ XML3_MA_BAC_SI, "000002/DL-GPHN" }, { XML3_NGUOI_THUC_HIEN, "000003/DL-GPHN" },
	{ XML3_NGAY_YL, "202607150735" }, { XML3_NGAY_TH_YL, "202607150740" },
	{ XML3_NGAY_KQ, "202607150750" }, { XML3_MA_PTTT, "1" }, { XML3_MA_MAY, "HH.1.66001.SN01" } };
static const struct value result[] = { { XML4_MA_LK, "66001_0000123" }, { XML4_MA_DICH_VU, "22.0120.1370" },
	{ XML4_MA_CHI_SO, "1.WBC" }, { XML4_TEN_CHI_SO, "Số lượng bạch cầu" }, { XML4_GIA_TRI, "11.2" },
	{ XML4_DON_VI_DO, "G/L" }, { XML4_NGAY_KQ, "202607150750" },
	{ XML4_MA_BS_DOC_KQ, "000003/DL-GPHN" } };
static const struct value note[] = { { XML5_MA_LK, "66001_0000123" },
	{ XML5_DIEN_BIEN_LS, "Họng đỏ, nhiệt độ 38,5 °C; phổi không ran; ăn uống được" },
	{ XML5_THOI_DIEM_DBLS, "202607150745" }, { XML5_NGUOI_THUC_HIEN, "000002/DL-GPHN" } };

static void
add_rows(struct claim_document *d, enum claim_table t, size_t rows, const struct value *values, size_t count)
{
	int stt = claim_field_of(t, "STT");
	struct err e;

	for (size_t i = 0; i < rows; i++) {
		struct claim_row *r = claim_row_add(d, t);

		for (size_t k = 0; k < count; k++)
			if (claim_set(d, r, values[k].field, slice_of(values[k].text), &e) < 0)
				fatal("%s: %s", e.field, e.detail);
		claim_set_number(r, (enum claim_field)stt, (int64_t)i + 1);
	}
}

#define ADD(d, t, rows, values) add_rows(d, t, rows, values, sizeof(values) / sizeof((values)[0]))

static struct claim_document *
build(struct arena *a)
{
	struct claim_document *d = claim_document_new(a);

	ADD(d, CLAIM_XML1, 1, head);
	ADD(d, CLAIM_XML2, 8, drug);
	ADD(d, CLAIM_XML3, 12, service);
	ADD(d, CLAIM_XML4, 8, result);
	ADD(d, CLAIM_XML5, 2, note);
	return d;
}

struct bench {
	struct arena *arena;
	struct claim_writer *writer;
	struct buf file, json;
	size_t findings;
};

static void
run_build(struct bench *b)
{
	build(b->arena);
}

static void
write_one(struct bench *b, const struct claim_document *d)
{
	struct err e;

	buf_reset(&b->file);
	if (claim_write(b->writer, &envelope, d, &e) < 0)
		fatal("%s: %s", e.field, e.detail);
}

static void
run_build_write(struct bench *b)
{
	write_one(b, build(b->arena));
}

static struct claim_document *
from_json(struct bench *b)
{
	struct claim_document *d;
	struct err e;

	if (claim_json_read(b->arena, buf_slice(&b->json), &d, &e) < 0)
		fatal("%s: %s", e.field, e.detail);
	return d;
}

static void
run_json(struct bench *b)
{
	from_json(b);
}

static void
run_json_write(struct bench *b)
{
	write_one(b, from_json(b));
}

static void
run_check(struct bench *b)
{
	struct claim_findings l;

	claim_findings_init(&l, b->arena);
	claim_check(from_json(b), NULL, &l);
	b->findings += l.total;
}

static int
keep(void *context, struct claim_document *d, struct claim_findings *l, struct err *e)
{
	struct bench *b = context;

	(void)d, (void)e;
	b->findings += l->total;
	return 0;
}

static void
run_read(struct bench *b)
{
	struct claim_findings l;
	struct claim_file info;
	struct err e;

	claim_findings_init(&l, b->arena);
	if (claim_read_bytes(buf_slice(&b->file), &l, keep, b, &info, &e) < 0)
		fatal("%s", e.detail);
}

static void
run_prepare(struct bench *b)
{
	struct claim_signature_task task;
	struct err e;

	if (claim_signature_prepare(buf_slice(&b->file), &task, &e) < 0)
		fatal("%s", e.detail);
}

static void
run_prepare_written(struct bench *b)
{
	struct claim_signature_task task;
	struct err e;

	if (claim_signature_prepare_written(buf_slice(&b->file), &task, &e) < 0)
		fatal("%s", e.detail);
}

/* Processor time of this process: what a core does, whoever else is on the machine. */
static int64_t
spent_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static void
measure(struct bench *b, const char *name, void (*run)(struct bench *))
{
	int64_t start = spent_us(), now = start;
	size_t count = 0;

	while (now - start < (int64_t)(SECONDS_EACH * 1e6)) {
		for (int i = 0; i < 50; i++, count++) {
			arena_reset(b->arena);
			run(b);
		}
		now = spent_us();
	}
	printf("%-24s %9.0f claims/s %8.1f us\n", name, (double)count * 1e6 / (double)(now - start),
	    (double)(now - start) / (double)count);
}

/* ---- signing ---- */

struct stage {
	struct slice plain; /* an unsigned envelope */
	struct claim_signer signer;
	struct buf key_info, signature, out;
	const char *directory;
	int fd;
};

static void
sign_again(struct stage *s, const unsigned char digest[32])
{
	struct err e = { 0 };

	buf_reset(&s->signature);
	if (s->signer.sign(s->signer.context, digest, &s->signature, &e) < 0)
		fatal("%s: %s", e.field, e.detail);
}

static void
stage_raw(struct stage *s, size_t i)
{
	unsigned char digest[32] = { (unsigned char)i, (unsigned char)(i >> 8) };

	sign_again(s, digest);
}

/* An envelope that is built becomes a signed one at the end of s->out. */
static void
stage_sign(struct stage *s)
{
	struct claim_signature_task task;
	struct err e = { 0 };

	if (claim_signature_prepare_written(s->plain, &task, &e) < 0)
		fatal("%s: %s", e.field, e.detail);
	sign_again(s, task.digest);
	if (claim_signature_finish_known(
		s->plain, &task, buf_slice(&s->signature), buf_slice(&s->key_info), &s->out, &e) < 0)
		fatal("%s: %s", e.field, e.detail);
}

static void
stage_write(int fd, struct buf *b)
{
	if (fd < 0 || write(fd, b->at, b->len) != (ssize_t)b->len)
		fatal("cannot write");
	buf_reset(b);
}

static void
stage_archive(struct stage *s, size_t i)
{
	(void)i;
	stage_sign(s);
	if (s->out.len < FLUSH_BYTES)
		return;
	stage_write(s->fd, &s->out);
	if (lseek(s->fd, 0, SEEK_CUR) > ARCHIVE_BYTES &&
	    (ftruncate(s->fd, 0) < 0 || lseek(s->fd, 0, SEEK_SET) < 0))
		fatal("cannot truncate");
}

static void
stage_path(const struct stage *s, size_t i, char path[4096])
{
	snprintf(path, 4096, "%s/stage-%zu.xml", s->directory, i);
}

static void
stage_file(struct stage *s, size_t i)
{
	char path[4096];

	stage_sign(s);
	stage_path(s, i, path);
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);
	stage_write(fd, &s->out);
	close(fd);
}

/* Nanoseconds of processor time a claim. */
static long long
stage_measure(struct stage *s, void (*run)(struct stage *, size_t))
{
	buf_reset(&s->out);
	for (size_t i = 0; i < STAGE_CLAIMS / 10; i++)
		run(s, i);
	int64_t start = spent_us();
	for (size_t i = 0; i < STAGE_CLAIMS; i++)
		run(s, i);
	return (long long)(spent_us() - start) * 1000 / STAGE_CLAIMS;
}

static void
stage_open(struct stage *s, char **argument)
{
	struct buf key, cert;
	struct err e = { 0 };
	char path[4096];

	buf_init(&key, PEM_MAX);
	buf_init(&cert, PEM_MAX);
	buf_init(&s->key_info, PEM_MAX);
	buf_init(&s->signature, PEM_MAX);
	buf_init(&s->out, FILE_MAX);
	if (buf_read_file(&key, argument[0], &e) < 0 || buf_read_file(&cert, argument[1], &e) < 0 ||
	    claim_signer_pem_new(buf_slice(&key), buf_slice(&cert), &s->signer, &e) < 0 ||
	    claim_signature_key_info(s->signer.certificate, &s->key_info, &e) < 0)
		fatal("%s: %s", e.field, e.detail);
	buf_free(&key);
	buf_free(&cert);
	s->directory = argument[2];
	stage_path(s, SIZE_MAX, path);
	s->fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);
}

static void
stage_close(struct stage *s)
{
	char path[4096];

	close(s->fd);
	stage_path(s, SIZE_MAX, path);
	unlink(path);
	for (size_t i = 0; i < STAGE_CLAIMS; i++) {
		stage_path(s, i, path);
		unlink(path);
	}
	claim_signer_pem_free(&s->signer);
	buf_free(&s->key_info);
	buf_free(&s->signature);
	buf_free(&s->out);
}

static void
measure_signing(struct slice plain, char **argument)
{
	struct stage s = { .plain = plain };

	stage_open(&s, argument);
	long long raw = stage_measure(&s, stage_raw);
	long long archive = stage_measure(&s, stage_archive);
	long long files = stage_measure(&s, stage_file);
	printf("signing stage: raw %lld ns, archive %lld ns, files %lld ns\n", raw, archive, files);
	stage_close(&s);
}

int
main(int argc, char **argv)
{
	struct bench b = { .arena = arena_new(0) };
	struct json_writer w;

	buf_init(&b.file, FILE_MAX);
	buf_init(&b.json, FILE_MAX);
	b.writer = claim_writer_new(&b.file, NULL);
	struct claim_document *d = build(b.arena);
	printf("claim of 20 lines: %zu bytes in memory", arena_used(b.arena));
	write_one(&b, d);
	json_write_init(&w, &b.json);
	claim_json_write(&w, d);
	if (argc == 4) {
		printf("\n");
		measure_signing(buf_slice(&b.file), argv + 1);
		return 0;
	}
	printf(", %zu bytes as a file, %zu as JSON\n", b.file.len, b.json.len);
	measure(&b, "build", run_build);
	measure(&b, "build, write", run_build_write);
	measure(&b, "from JSON", run_json);
	measure(&b, "from JSON, write", run_json_write);
	measure(&b, "from JSON, check", run_check);
	measure(&b, "read a file", run_read);
	measure(&b, "prepare a signature", run_prepare);
	measure(&b, "prepare, own bytes", run_prepare_written);
	printf("findings: %zu\n", b.findings);
	claim_writer_free(b.writer);
	buf_free(&b.file);
	buf_free(&b.json);
	arena_free(b.arena);
	return 0;
}
