/*
 * The benefit engine on a table of cases: tab separated, one row per XML2/XML3 line, columns found by
 * the names of the header. For people who check bills without a database, and for the tests.
 */
#pragma once

#include "base/buf.h"
#include "claims/benefit/benefit.h"

#define BENEFIT_TSV_ROWS_MAX 1000000
#define BENEFIT_TSV_COLUMNS_MAX 96

enum benefit_tsv_why { BENEFIT_WHY_NONE, BENEFIT_WHY_ID, BENEFIT_WHY_VI, BENEFIT_WHY_EN };

/*
 * Computes every case of input and writes a header and the rows `case_id line_no thanh_tien_bv
 * thanh_tien_bh muc_huong t_bhtt t_bncct t_bntt t_nguonkhac t_bhtt_gdv t_thuoc t_vtyt` (with why: one
 * more column) to out; the totals of a case follow its lines as line_no "total". A line split at the year
 * limit appears as "<line_no>.1" and "<line_no>.2".
 *
 * Required columns: case_id line_no visit_date card ma_doituong_kcb ma_loai_kcb table ma_nhom pham_vi
 * so_luong don_gia_bv. Optional: kind facility copay_exempt don_gia_bh tyle_tt_dv tyle_tt_bh t_trantt
 * ma_pttt nk_mode nk_nsnn nk_vtnn nk_vttn nk_cl muc_huong, and beyond the examples of the spec
 * ngay_mien_cct nam_nam_lien_tuc copay_paid copay_paid_before_change gt_the_tu gt_the_den ngay_yl goi_vtyt
 * gia_tran vet_thuong_tp operation team bed_sharers stretcher. Other columns are ignored.
 * tyle_tt_dv empty: derived by the rules; don_gia_bh empty: as don_gia_bv; tyle_tt_bh empty: 100.
 * Rows of kind "total" or table XML1 are ignored. Rows of a case need not be together.
 *
 * muc_huong is an output and ignored, except in a case whose card changes (several cards) or whose
 * in-scope lines carry different or only partly filled values: there a filled value is taken as given.
 *
 * Errors: e->field is "<line of input>:<column>". 0, ERR_INPUT, ERR_NOT_FOUND, ERR_LIMIT, ERR_OVERFLOW.
 */
int benefit_tsv(const struct benefit_rules *rules, struct slice input, enum benefit_tsv_why why,
    struct buf *out, struct err *e);
