#include "claims/benefit/stay.h"

#include "base/time.h"
#include "claims/benefit/internal.h"

#define WARDS_MAX 24 /* of one day: benefit_ward_day */

struct builder {
	const struct benefit_rules *rules;
	const struct benefit_stay *stay;
	struct arena *arena;
	struct err *err;
	int32_t date;
	struct benefit_stay_line *lines;
	size_t count, capacity;
};

struct day {
	int64_t from, to;
	size_t move[WARDS_MAX];
	struct benefit_ward_stay ward[WARDS_MAX];
	size_t count;
};

static int64_t
later(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

static int64_t
earlier(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static int64_t
day_start(int32_t date)
{
	return (int64_t)date * 86400 - BUSINESS_OFFSET_SECONDS;
}

/* The wards of one day with the minutes spent there; the first bed in a ward stands for it. */
static int
find_wards(const struct builder *b, struct day *d)
{
	for (size_t i = 0; i < b->stay->move_count; i++) {
		const struct benefit_move *m = &b->stay->moves[i];
		int64_t seconds = earlier(m->to, d->to) - later(m->from, d->from);
		size_t w = 0;
		if (seconds <= 0 || !m->priced)
			continue;
		while (w < d->count && b->stay->moves[d->move[w]].ward != m->ward)
			w++;
		if (w == WARDS_MAX)
			return err_set(
			    b->err, ERR_LIMIT, "/stay/moves", "more than %d wards in a day", WARDS_MAX);
		if (w == d->count) {
			d->move[w] = i;
			d->ward[w] = (struct benefit_ward_stay){ .bed_price = m->price_fund };
			d->count++;
		}
		d->ward[w].minutes += (int)(seconds / 60);
	}
	return 0;
}

static bool
continues(const struct builder *b, size_t move, struct quantity days, const struct day *d)
{
	if (b->count == 0 || days.thousandths != 1000)
		return false;
	const struct benefit_stay_line *last = &b->lines[b->count - 1];
	return last->move == move && last->line.quantity.thousandths % 1000 == 0 &&
	       day_start(time_business_date(last->to - 1) + 1) >= d->from;
}

static void
add_line(struct builder *b, size_t move, struct quantity days, bool ward_change, const struct day *d)
{
	const struct benefit_move *m = &b->stay->moves[move];
	int64_t to = earlier(d->to, later(m->to, d->from + 1));
	if (continues(b, move, days, d)) {
		struct benefit_stay_line *last = &b->lines[b->count - 1];
		last->line.quantity.thousandths += 1000;
		last->to = to;
		return;
	}
	int64_t from = later(m->from, d->from);
	*ARENA_PUSH(b->arena, b->lines, b->count, b->capacity) = (struct benefit_stay_line){
		.move = move,
		.from = from,
		.to = to,
		.line = {
			.table = BENEFIT_XML3,
			.group = m->group,
			.scope = m->scope,
			.at = from,
			.quantity = days,
			.price_hospital = m->price_hospital,
			.price_fund = m->price_fund,
			.rate_service = BENEFIT_DERIVE,
			.rate_fund = m->rate_fund,
			.given_level = BENEFIT_NO_LEVEL,
			.bed_sharers = ward_change ? 1 : m->sharers,
			.stretcher = m->stretcher,
		},
	};
}

static int
add_day(struct builder *b, int32_t date)
{
	struct day d = { .from = day_start(date), .to = day_start(date + 1) };
	struct quantity days[WARDS_MAX];
	int rc = find_wards(b, &d);
	if (rc < 0 || d.count == 0)
		return rc;
	rc = benefit_ward_day(b->rules, b->date, d.ward, d.count, days, b->err);
	for (size_t i = 0; rc == 0 && i < d.count; i++) {
		const struct benefit_move *m = &b->stay->moves[d.move[i]];
		struct percent rate;
		struct quantity share = { 1000 };
		if (d.count > 1 && m->sharers > 1)
			rc = benefit_bed_share(b->rules, b->date, m->sharers, true, &rate, &share, b->err);
		if (rc == 0)
			days[i].thousandths = days[i].thousandths * share.thousandths / 1000;
		if (rc == 0 && days[i].thousandths > 0)
			add_line(b, d.move[i], days[i], d.count > 1, &d);
	}
	return rc;
}

/* The moves of a stay bed with its group and prices, and the days that may be charged. */
static int
stay_beds(const struct builder *b, struct benefit_stay *stay, struct quantity *days)
{
	enum benefit_stay_place place =
	    stay->kind == BENEFIT_STAY_AT_STATION ? BENEFIT_STAY_STATION : BENEFIT_STAY_POLYCLINIC;
	struct benefit_move *moves = ARENA_ARRAY(b->arena, stay->move_count + 1, struct benefit_move);
	int count = (int)(days->thousandths / 1000);
	for (size_t i = 0; i < stay->move_count; i++) {
		struct benefit_move *m = &moves[i];
		struct price hospital = { 0 }, fund = { 0 };
		*m = stay->moves[i];
		int rc = benefit_stay_bed(b->rules, b->date, place, m->price_hospital,
		    (int)(days->thousandths / 1000), &hospital, &count, b->err);
		if (rc == 0)
			rc = benefit_stay_bed(
			    b->rules, b->date, place, m->price_fund, count, &fund, &count, b->err);
		if (rc < 0)
			return rc;
		if (m->group != GROUP_STAY_BED) {
			m->price_hospital = hospital;
			m->price_fund = fund;
		}
		m->group = GROUP_STAY_BED;
	}
	stay->moves = moves;
	days->thousandths = (int64_t)count * 1000;
	return 0;
}

int
benefit_stay_lines(const struct benefit_rules *rules, int32_t date, const struct benefit_stay *stay,
    struct arena *a, struct benefit_stay_line **ret, size_t *ret_count, struct err *e)
{
	struct builder b = { .rules = rules, .stay = stay, .arena = a, .err = e, .date = date };
	struct benefit_stay short_stay = *stay;
	struct quantity days;
	if (stay->move_count > BENEFIT_MOVES_MAX)
		return err_set(e, ERR_LIMIT, "/stay/moves", "more than %d movements", BENEFIT_MOVES_MAX);
	int rc = benefit_bed_days(rules, stay->from, stay->to, stay->ending, &days, e);
	if (rc < 0)
		return rc;
	if (days.thousandths / 1000 > BENEFIT_STAY_DAYS_MAX)
		return err_set(e, ERR_LIMIT, "/stay/to", "more than %d days", BENEFIT_STAY_DAYS_MAX);
	if (stay->kind != BENEFIT_STAY_WARD) {
		b.stay = &short_stay;
		rc = stay_beds(&b, &short_stay, &days);
		if (rc < 0)
			return rc;
	}
	int32_t first = time_business_date(stay->from);
	for (int32_t i = 0; i < days.thousandths / 1000; i++) {
		rc = add_day(&b, first + i);
		if (rc < 0)
			return rc;
	}
	*ret = b.lines;
	*ret_count = b.count;
	return 0;
}
