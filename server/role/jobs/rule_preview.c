/*
 * rule_preview: judges the claims of the last months by one rule that is not in force, chunk by chunk in
 * constant memory, and adds up what it would touch. An interrupted preview goes on behind the last chunk it
 * stored.
 */
#include "base/decimal.h"
#include "base/json.h"
#include "base/time.h"
#include "claims/check.h"
#include "claims/rules/rules.h"
#include "server/app/claim/rows.h"
#include "server/app/statements.h"
#include "server/app/verdict/held.h"
#include "server/role/jobs/jobs.h"

#define CHUNK 100       /* claims in memory at once */
#define SAMPLES_MAX 20  /* of a preview */
#define MESSAGE_MAX 500 /* bytes of a sample's sentence */
#define TEXT_MAX ((size_t)4 * 1024 * 1024)

struct preview {
	int64_t id, after;
	struct arena *arena; /* of the rule; the job's own */
	struct rule_set *set;
	size_t number; /* of the rule */
	struct claim_chunk chunk;
	/* of the chunk */
	int claims, findings, not_evaluated;
	int64_t at_risk, fund; /* 1/100 đồng */
	struct buf samples;
	int sampled; /* of the preview, in this run of the job */
};

static void next_chunk(struct job *j);

/* ---- judging ---- */

static void
add_sample(struct preview *p, const struct claim_piece *piece, const struct rule_finding *f, int64_t risk)
{
	char text[DECIMAL_TEXT_MAX];
	struct json_writer w;
	struct buf message;

	if (p->sampled++ >= SAMPLES_MAX)
		return;
	buf_init(&message, TEXT_MAX);
	rule_message(p->set, f, piece->document, true, &message);
	if (p->samples.len)
		buf_add_char(&p->samples, ',');
	json_write_init(&w, &p->samples);
	json_write_object(&w);
	json_write_key(&w, "ma_lk");
	json_write_string(&w, claim_document_ma_lk(piece->document));
	json_write_member_int(&w, "visit_id", piece->visit_id);
	json_write_key(&w, "message");
	json_write_string(&w, slice_from(message.at, message.len < MESSAGE_MAX ? message.len : MESSAGE_MAX));
	json_write_key(&w, "at_risk");
	json_write_number(&w, slice_from(text, decimal_print(risk, 2, text)));
	json_write_object_end(&w);
	buf_free(&message);
}

static void
count_claim(struct preview *p, const struct claim_piece *piece, const struct rule_verdict *v)
{
	const struct claim_row *head = claim_row_at(piece->document, CLAIM_XML1, 0);
	int64_t fund = claim_number(head, XML1_T_BHTT), risk = 0;
	const struct rule_finding *first = NULL;

	for (size_t i = 0; i < v->count; i++) {
		const struct rule_finding *f = &v->at[i];
		if (f->outcome != RULE_HIT || f->pending)
			continue;
		first = first ? first : f;
		risk += f->at_risk < fund - risk ? f->at_risk : fund - risk;
		p->findings++;
	}
	p->not_evaluated += v->not_evaluated > 0;
	if (!first)
		return;
	p->claims++;
	p->at_risk += risk;
	p->fund += fund;
	add_sample(p, piece, first, risk);
}

static void
judge_chunk(struct job *j, struct preview *p)
{
	const struct claim_check_options check = { 0 };
	bool reads = rule_at(p->set, p->number)->kind == RULE_READER;

	struct rule_judge *judge = rule_judge_new(p->set);

	claim_chunk_complete(&p->chunk, j->jobs->rules);
	for (size_t i = 0; i < p->chunk.count; i++) {
		const struct claim_piece *piece = &p->chunk.piece[i];
		struct claim_findings reader;
		struct rule_verdict v = { .arena = j->scratch };
		const struct rule_options o = { .now = time_now(), .reader = &reader };
		if (piece->problem.code != ERR_NONE)
			continue;
		claim_findings_init(&reader, j->scratch);
		if (reads)
			claim_check(piece->document, &check, &reader);
		rule_judge_claim(judge, piece->document, &o, &v);
		rule_verdict_settle(p->set, piece->document, RULE_STAGE_SETTLED, &v);
		count_claim(p, piece, &v);
	}
	rule_judge_free(judge);
}

/* ---- chunks ---- */

static struct slice
money_text(struct arena *a, int64_t hundredths)
{
	char text[DECIMAL_TEXT_MAX];

	return arena_slice(a, slice_from(text, decimal_print(hundredths, 2, text)));
}

static void
on_stored(struct job *j, const struct pg_batch *b)
{
	(void)b;
	job_hold(j);
	next_chunk(j);
}

static void
on_rows(struct job *j, const struct pg_batch *b)
{
	struct preview *p = j->state;
	struct arena *a = j->scratch;
	struct err e = { 0 };

	for (unsigned i = 0; i < CLAIM_ROWS_TABLES; i++)
		if (claim_rows_add(&p->chunk, b, JOB_STEP + i, (enum claim_table)(CLAIM_XML1 + (int)i), &e) <
		    0) {
			job_fail(j, "%s: %s", e.field, e.detail);
			return;
		}
	p->claims = p->findings = p->not_evaluated = 0;
	p->at_risk = p->fund = 0;
	buf_init(&p->samples, TEXT_MAX);
	judge_chunk(j, p);
	const struct slice value[] = { job_slice_int(a, p->id), job_slice_int(a, p->after),
		job_slice_int(a, (int64_t)p->chunk.count), job_slice_int(a, p->claims),
		job_slice_int(a, p->findings), job_slice_int(a, p->not_evaluated), money_text(a, p->at_risk),
		money_text(a, p->fund),
		slice_of(arena_printf(a, "[%.*s]", SLICE_ARG(buf_slice(&p->samples)))) };
	buf_free(&p->samples);
	job_query_one(j, PG_WRITE, STMT(rule_preview_store), value, 9, on_stored);
}

static void
on_ended(struct job *j, const struct pg_batch *b)
{
	(void)b;
	job_done(j);
}

static void
end(struct job *j)
{
	struct preview *p = j->state;
	const struct slice value[] = { job_slice_int(j->scratch, p->id), { NULL, 0 } };

	job_query_one(j, PG_WRITE, STMT(rule_preview_end), value, 2, on_ended);
}

static void
on_visits(struct job *j, const struct pg_batch *b)
{
	struct preview *p = j->state;
	size_t count = pg_rows(b, JOB_STEP);
	int64_t visit[CHUNK];
	struct job_statement statement[CLAIM_ROWS_TABLES];
	struct buf ids;

	if (count == 0) {
		end(j);
		return;
	}
	buf_init(&ids, 32 * CHUNK);
	for (size_t i = 0; i < count && i < CHUNK; i++) {
		p->after = visit[i] = job_cell_int(b, JOB_STEP, i, "visit_id");
		buf_addf(&ids, "%c%lld", i ? ',' : '{', (long long)visit[i]);
	}
	buf_add_char(&ids, '}');
	const struct slice visits = arena_slice(j->scratch, buf_slice(&ids));
	buf_free(&ids);
	claim_chunk_init(&p->chunk, j->scratch, visit, count);
	for (unsigned i = 0; i < CLAIM_ROWS_TABLES; i++)
		statement[i] = (struct job_statement){ claim_rows_statements[i], &visits, 1 };
	job_query(j, PG_READ, statement, CLAIM_ROWS_TABLES, on_rows);
}

static void
next_chunk(struct job *j)
{
	struct preview *p = j->state;

	if (j->jobs->draining) {
		job_postpone(j, 1, "the service stops");
		return;
	}
	arena_reset(j->scratch);
	const struct slice value[] = { job_slice_int(j->scratch, p->id), job_slice_int(j->scratch, p->after),
		job_slice_int(j->scratch, CHUNK) };
	job_query_one(j, PG_READ, STMT(rule_preview_visits), value, 3, on_visits);
}

/* ---- beginning ---- */

/* The rule alone is judged; the built-in files give it their definitions. */
static int
compile(struct preview *p, const char *code, struct slice text, struct err *e)
{
	p->set = held_compile(p->arena, NULL, 0, NULL, NULL, NULL);
	for (size_t i = 0; i < rule_count(p->set); i++)
		rule_switch(p->set, i, RULE_OFF, "not asked for", NULL);
	if (rule_set_load_version(p->set, "rule", code, text, INT32_MIN, INT32_MAX, e) < 0)
		return e->code;
	p->number = (size_t)rule_find(p->set, slice_of(code));
	return rule_switch(p->set, p->number, RULE_ON, "", e);
}

static void
on_started(struct job *j, const struct pg_batch *b)
{
	struct preview *p = j->state;
	struct err e = { 0 };

	if (pg_rows(b, JOB_STEP) == 0) {
		job_done(j);
		return;
	}
	p->after = job_cell_int(b, JOB_STEP, 0, "last_visit");
	if (compile(p, arena_text(j->arena, pg_field(b, JOB_STEP, 0, "code")),
		pg_field(b, JOB_STEP, 0, "body"), &e) < 0) {
		job_fail(j, "%s: %s", e.field, e.detail);
		return;
	}
	next_chunk(j);
}

void
rule_preview_job(struct job *j)
{
	struct preview *p = ARENA_NEW(j->arena, struct preview);

	p->arena = j->arena;
	p->id = job_number(j, "preview_id");
	j->state = p;
	j->scratch = arena_new(0);
	const struct slice value[] = { job_slice_int(j->arena, p->id) };
	job_query_one(j, PG_WRITE, STMT(rule_preview_start), value, 1, on_started);
}

static void
on_given_up(struct job *j, const struct pg_batch *b)
{
	(void)b;
	job_end_failure(j);
}

void
rule_preview_given_up(struct job *j)
{
	const struct slice value[] = { job_slice_int(j->arena, job_number(j, "preview_id")),
		slice_of(j->problem) };

	job_query_one(j, PG_WRITE, STMT(rule_preview_end), value, 2, on_given_up);
}
