/*
 * The stand-in for the fund's gateway: what spec/gateway (api, responses) says of the real one, strict where
 * the real one is said to be, with faults on demand. For training sites, demonstrations and tests only: it
 * keeps no secret well and is meant for loopback.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/decimal.h"
#include "base/json.h"
#include "base/map.h"
#include "server/loop/http.h"
#include "server/loop/loop.h"

#define VSS_TOKENS_MAX 4096
#define VSS_FAULTS_MAX 64
#define VSS_FORM_FIELDS_MAX 32
#define VSS_ERRORS_MAX 50 /* kept per receipt */

struct vss_options {
	const char *data_dir;
	const char *accounts_file; /* accounts.tsv */
	const char *cards_file;    /* cards.tsv or NULL */
	const char *staff_file;    /* staff.tsv or NULL: then no staff check in card look-ups */
	const char *faults_file;   /* JSON array or NULL */
	int64_t token_seconds;     /* life of a token */
	bool check_period;         /* refuse months that are closed (code 701) */
	bool check_size_by_hour;   /* 20 MB in office hours, 100 MB otherwise (code 1001) */
};

struct vss_account {
	struct slice username;
	struct slice password_md5; /* lower-case hexadecimal */
	struct slice facilities;   /* codes joined by ';' */
	struct slice certificate;  /* DER; empty = none registered */
	bool is_locked;
};

struct vss_token {
	char access[65], id[65];
	const struct vss_account *account;
	char peer[64];
	int64_t expires_at;
};

struct vss_card {
	struct slice card_no, bhxh_no, citizen_id, full_name, born /* yyyyMMdd or yyyy */, sex, address;
	struct slice registered, valid_from, valid_to /* yyyyMMdd */, area, five_year_on;
	struct slice result;   /* maKetQua, "000" when good */
	struct slice new_card; /* of results 003, 004 */
	struct money copay_paid;
};

struct vss_error {
	char code[8];
	char text[256];
};

/* One transaction that the gateway answered with an id. */
struct vss_receipt {
	char id[40]; /* maGiaoDich */
	int kind;    /* loaiHoSo: 0 check-in, 130 claim */
	char ma_lk[101];
	char facility[6];
	char month[7]; /* yyyyMM of the claim, "" for a check-in */
	char sha256[65];
	char card_no[16], icd[8], arrived[13], discharged[13]; /* for the treatment history */
	int64_t at;                                            /* instant */
	struct money fund;                                     /* T_BHTT */
	int code;                                              /* 200, 124 */
	bool is_replaced; /* a later transaction of the same MA_LK counts instead */
	struct vss_error *error;
	size_t error_count;
};

enum vss_fault_kind {
	VSS_FAULT_DELAY,         /* answer after `ms` */
	VSS_FAULT_DROP_BEFORE,   /* break the connection, nothing stored */
	VSS_FAULT_DROP_AFTER,    /* store, then break the connection */
	VSS_FAULT_DUPLICATE,     /* store, but answer with the account's previous receipt */
	VSS_FAULT_HTTP_500,      /* HTTP 500, nothing stored */
	VSS_FAULT_CODE_500,      /* maKetQua 500, nothing stored */
	VSS_FAULT_CODE,          /* maKetQua `code`, nothing stored */
	VSS_FAULT_EXPIRED_TOKEN, /* maKetQua 401 as if the token had expired */
	VSS_FAULT_MAINTENANCE,   /* HTTP 503 with an HTML page */
	VSS_FAULT_GARBAGE,       /* HTTP 200 with a body that is not JSON */
	VSS_FAULT_KINDS
};

struct vss_fault {
	char path[64]; /* part of the path it applies to; "" = all but /admin */
	enum vss_fault_kind kind;
	int64_t ms;    /* of a delay, 0..600000 */
	int64_t code;  /* of kind code, 1..9999 */
	int64_t every; /* each every-th matching request, ≥ 1 */
	int64_t limit; /* at most so often, 0 = without end */
	int64_t seen, done;
};

struct vss {
	struct vss_options options;
	struct loop *loop;
	struct arena *arena; /* process-lived: accounts, cards, receipts */
	struct map *account; /* by username */
	struct map *card;    /* by card number, BHXH number and citizen id */
	struct map *staff;   /* citizen id → name, NULL = not checked */
	struct map *receipt; /* by id */
	struct map *latest;  /* facility/ma_lk → receipt, claims only */
	struct vss_receipt **log;
	size_t log_count, log_capacity;
	struct vss_token token[VSS_TOKENS_MAX];
	struct vss_fault fault[VSS_FAULTS_MAX];
	size_t fault_count;
	int journal_fd;
	int64_t sequence;
	char admin_key[65];
	int64_t requests;
};

/* A decoded request: form fields or the members of a flat JSON object, and the query. */
struct vss_call {
	struct vss *vss;
	struct http_request *q;
	struct arena *arena;
	struct slice name[VSS_FORM_FIELDS_MAX], value[VSS_FORM_FIELDS_MAX];
	size_t count;
	struct slice peer;
	bool drop_reply;      /* a fault: do the work, then break the connection */
	bool duplicate_reply; /* a fault: answer with the previous receipt */
};

/* ---- vss_http.c ---- */
extern const struct http_hooks vss_hooks;
/* A field of the body, else of the query; empty when absent. */
struct slice vss_field(const struct vss_call *c, const char *name);
/* {"maKetQua": code, "thongDiep": text, …}; ghi_chu names the text member. */
void vss_reply_code(struct vss_call *c, const char *code, const char *text);
void vss_reply_json(struct vss_call *c, int http_status, struct buf *body);

/* ---- vss_account.c ---- */
int vss_accounts_load(struct vss *v, const char *file, struct err *e);
void vss_token_take(struct vss_call *c);
/*
 * The account of a call. Style A: token, id_token, username, password in query or form; style B: headers
 * accessToken, tokenId, passwordHash and username in the body. NULL after having answered 401 or 403.
 */
const struct vss_account *vss_authenticate(struct vss_call *c, bool style_b);
bool vss_account_has(const struct vss_account *a, struct slice facility);
void vss_tokens_expire(struct vss *v);

/* ---- vss_store.c ---- */
int vss_store_open(struct vss *v, struct err *e);
/* Writes the file and one journal line, synced, then counts the receipt. ERR_IO: nothing is counted. */
int vss_store_add(struct vss *v, struct vss_receipt *r, struct slice file, struct err *e);
struct vss_receipt *vss_store_find(const struct vss *v, struct slice id);
struct vss_receipt *vss_store_latest(const struct vss *v, struct slice facility, struct slice ma_lk);

/* ---- vss_submit.c ---- */
void vss_submit_claim(struct vss_call *c);
void vss_submit_check_in(struct vss_call *c);

/* ---- vss_card.c ---- */
int vss_cards_load(struct vss *v, const char *file, struct err *e);
int vss_staff_load(struct vss *v, const char *file, struct err *e);
void vss_card_lookup(struct vss_call *c);
void vss_card_history(struct vss_call *c);
void vss_card_copay(struct vss_call *c);

/* ---- vss_lists.c ---- */
void vss_list_days(struct vss_call *c);
void vss_list_day(struct vss_call *c);
void vss_list_errors(struct vss_call *c);

/* ---- vss_fault.c ---- */
int vss_faults_set(struct vss *v, struct slice json, struct err *e);
void vss_faults_print(const struct vss *v, struct json_writer *w);
/* The fault that strikes this path now, or NULL. */
struct vss_fault *vss_fault_pick(struct vss *v, struct slice path);

/* ---- vss_admin.c ---- */
void vss_admin(struct vss_call *c);
