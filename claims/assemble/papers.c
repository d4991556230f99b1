/*
 * Papers that say nothing but what the visit says already: the discharge paper (XML7) of a stay and the paper
 * of a second appointment (XML14). The others need what only their own form asks for.
 */
#include "claims/assemble/papers.h"

/* A field of XML1 and the field of the paper that repeats it. */
struct repeated {
	enum claim_field from, to;
};

static const struct repeated discharge_fields[] = {
	{ XML1_MA_LK, XML7_MA_LK },
	{ XML1_MA_HSBA, XML7_SO_LUU_TRU },
	{ XML1_MA_BN, XML7_MA_YTE },
	{ XML1_NGAY_VAO, XML7_NGAY_VAO },
	{ XML1_NGAY_RA, XML7_NGAY_RA },
	{ XML1_CHAN_DOAN_RV, XML7_CHAN_DOAN_RV },
	{ XML1_PP_DIEU_TRI, XML7_PP_DIEUTRI },
	{ XML1_MA_TTDV, XML7_MA_TTDV },
};

static const struct repeated appointment_fields[] = {
	{ XML1_MA_LK, XML14_MA_LK },
	{ XML1_MA_LK, XML14_SO_GIAYHEN_KL },
	{ XML1_MA_CSKCB, XML14_MA_CSKCB },
	{ XML1_HO_TEN, XML14_HO_TEN },
	{ XML1_NGAY_SINH, XML14_NGAY_SINH },
	{ XML1_GIOI_TINH, XML14_GIOI_TINH },
	{ XML1_DIA_CHI, XML14_DIA_CHI },
	{ XML1_MA_THE_BHYT, XML14_MA_THE_BHYT },
	{ XML1_GT_THE_DEN, XML14_GT_THE_DEN },
	{ XML1_NGAY_VAO, XML14_NGAY_VAO },
	{ XML1_NGAY_VAO_NOI_TRU, XML14_NGAY_VAO_NOI_TRU },
	{ XML1_NGAY_RA, XML14_NGAY_RA },
	{ XML1_CHAN_DOAN_RV, XML14_CHAN_DOAN_RV },
	{ XML1_MA_BENH_CHINH, XML14_MA_BENH_CHINH },
	{ XML1_MA_BENH_KT, XML14_MA_BENH_KT },
	{ XML1_MA_BENH_YHCT, XML14_MA_BENH_YHCT },
	{ XML1_MA_DOITUONG_KCB, XML14_MA_DOITUONG_KCB },
	{ XML1_MA_TTDV, XML14_MA_TTDV },
};

/* A value too long for the paper is left out: the structural check then says that it is missing. */
static void
repeat(struct claim_document *d, struct claim_row *paper, const struct repeated *list, size_t count)
{
	const struct claim_row *x1 = claim_row_at(d, CLAIM_XML1, 0);
	for (size_t i = 0; i < count; i++) {
		if (!claim_has(x1, list[i].from))
			continue;
		if (claim_is_number(list[i].from))
			claim_set_number(paper, list[i].to, claim_number(x1, list[i].from));
		else
			claim_set_text(d, paper, list[i].to, claim_text(x1, list[i].from), NULL);
	}
}

/* yyyyMMdd of the discharge. */
static int64_t
day_out(const struct claim_row *x1)
{
	return claim_number(x1, XML1_NGAY_RA) / 10000;
}

static void
add_discharge(struct claim_document *d, const struct claim_signers *s)
{
	struct claim_row *x1 = claim_row_at(d, CLAIM_XML1, 0), *x7 = claim_row_add(d, CLAIM_XML7);
	struct slice rest = claim_text(x1, XML1_MA_KHOA), department = rest;

	repeat(d, x7, discharge_fields, sizeof(discharge_fields) / sizeof(discharge_fields[0]));
	while (slice_split(&rest, ';', &department))
		;
	claim_set_text(d, x7, XML7_MA_KHOA_RV, department, NULL);
	claim_set_text(d, x7, XML7_MA_DINH_CHI_THAI, SLICE("0"), NULL);
	claim_set_text(d, x7, XML7_MA_BS, s->doctor, NULL);
	claim_set_text(d, x7, XML7_TEN_BS, s->doctor_name, NULL);
	claim_set_number(x7, XML7_NGAY_CT, day_out(x1));
}

static void
add_appointment(struct claim_document *d, const struct claim_signers *s)
{
	struct claim_row *x1 = claim_row_at(d, CLAIM_XML1, 0), *x14 = claim_row_add(d, CLAIM_XML14);
	struct slice rest = claim_text(x1, XML1_NGAY_TAI_KHAM), day = rest;

	repeat(d, x14, appointment_fields, sizeof(appointment_fields) / sizeof(appointment_fields[0]));
	slice_split(&rest, ';', &day);
	claim_set(d, x14, XML14_NGAY_HEN_KL, day, NULL);
	claim_set_text(d, x14, XML14_MA_BAC_SI, s->doctor, NULL);
	claim_set_number(x14, XML14_NGAY_CT, day_out(x1));
}

/* Kinds of stay that end with a discharge paper; who was sent on within the stay (MA_LOAI_RV 3) has none yet.
 */
static bool
is_discharged(const struct claim_row *x1)
{
	static const char *const kinds[] = { "03", "04", "06" };
	bool stay = false;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		stay |= slice_eq_text(claim_text(x1, XML1_MA_LOAI_KCB), kinds[i]);
	return stay && claim_has(x1, XML1_MA_LOAI_RV) && !slice_eq_text(claim_text(x1, XML1_MA_LOAI_RV), "3");
}

void
claim_add_papers(struct claim_document *d, const struct claim_signers *s)
{
	const struct claim_row *x1 = claim_row_at(d, CLAIM_XML1, 0);
	if (s->doctor.len == 0 || !claim_has(x1, XML1_NGAY_RA))
		return;
	if (is_discharged(x1) && claim_row_count(d, CLAIM_XML7) == 0)
		add_discharge(d, s);
	if (claim_has(x1, XML1_NGAY_TAI_KHAM) && claim_row_count(d, CLAIM_XML14) == 0)
		add_appointment(d, s);
}
