/* The line protocol: establishment, transfer, termination (E1381-95 chapter 6). */
#include "hl7/astm.h"

#define MESSAGE_DEFAULT ((size_t)16 << 20)
#define TEXT_DEFAULT ((size_t)240)
#define TRIES_MAX 6u

static uint32_t
or_default(uint32_t value, uint32_t usual)
{
	return value ? value : usual;
}

void
astm_link_init(struct astm_link *link, const struct astm_options *options)
{
	*link = (struct astm_link){ .deadline = UINT64_MAX };
	if (options)
		link->options = *options;
	struct astm_options *o = &link->options;
	o->message_max = o->message_max ? o->message_max : MESSAGE_DEFAULT;
	o->text_max = o->text_max ? o->text_max : TEXT_DEFAULT;
	o->answer_ms = or_default(o->answer_ms, 15000);
	o->frame_ms = or_default(o->frame_ms, 30000);
	o->busy_ms = or_default(o->busy_ms, 10000);
	o->yield_ms = or_default(o->yield_ms, o->is_instrument ? 1000 : 20000);
	astm_frames_init(&link->frames, o->frame_max, o->no_lf);
	buf_init(&link->message, o->message_max);
	buf_init(&link->output, HL7_BYTES_DEFAULT);
	buf_init(&link->queue, 2 * HL7_BYTES_DEFAULT);
}

void
astm_link_free(struct astm_link *link)
{
	astm_frames_free(&link->frames);
	buf_free(&link->message);
	buf_free(&link->output);
	buf_free(&link->queue);
}

static void
say(struct astm_link *link, char c)
{
	buf_add_char(&link->output, c);
}

static void
wait_until(struct astm_link *link, enum astm_state state, uint64_t deadline)
{
	link->state = state;
	link->deadline = deadline;
}

static void
ask(struct astm_link *link, uint64_t now)
{
	say(link, ASTM_ENQ);
	wait_until(link, ASTM_ASKED, now + link->options.answer_ms);
}

/* Back to neutral; a message of ours that waits is tried again after a while. */
static void
rest(struct astm_link *link, uint64_t now, uint32_t pause)
{
	if (link->queue.len > 0)
		wait_until(link, ASTM_WAITING, now + pause);
	else
		wait_until(link, ASTM_NEUTRAL, UINT64_MAX);
}

static enum astm_event
give_up(struct astm_link *link)
{
	buf_reset(&link->queue);
	wait_until(link, ASTM_NEUTRAL, UINT64_MAX);
	return ASTM_NOT_SENT;
}

static void
begin_receiving(struct astm_link *link, uint64_t now)
{
	buf_reset(&link->message);
	link->expected = 1;
	link->has_last = link->open = false;
	say(link, ASTM_ACK);
	wait_until(link, ASTM_RECEIVING, now + link->options.frame_ms);
}

/* Does queue hold another frame behind the one that was taken? */
static bool
next_frame(struct astm_link *link)
{
	link->frame_at += link->frame_len;
	struct slice rest_of = slice_skip(buf_slice(&link->queue), link->frame_at);
	link->frame_len = rest_of.len ? slice_find(rest_of, '\n') + 1 : 0;
	link->tries = 0;
	return rest_of.len > 0;
}

static void
send_frame(struct astm_link *link, uint64_t now)
{
	buf_add(&link->output, slice_from(link->queue.at + link->frame_at, link->frame_len));
	link->tries++;
	wait_until(link, ASTM_SENDING, now + link->options.answer_ms);
}

static void
take_frame(struct astm_link *link)
{
	const struct astm_frames *f = &link->frames;

	if (link->has_last && f->number == link->last) { /* our ACK was lost: it came once more */
		link->count.repeated++;
		say(link, ASTM_ACK);
		return;
	}
	if (f->number != link->expected) {
		link->count.bad_frames++;
		say(link, ASTM_NAK);
		return;
	}
	buf_add(&link->message, f->text);
	if (f->is_last && f->text.len > 0 && f->text.at[f->text.len - 1] != '\r')
		buf_add_char(&link->message, '\r');
	if (!buf_ok(&link->message)) {
		link->count.bad_frames++;
		say(link, ASTM_NAK);
		return;
	}
	link->count.frames++;
	link->open = !f->is_last;
	link->has_last = true;
	link->last = f->number;
	link->expected = (f->number + 1) % 8;
	say(link, ASTM_ACK);
}

static enum astm_event
receive(struct astm_link *link, enum astm_token token, uint64_t now)
{
	bool any = link->message.len > 0;

	if (token == ASTM_GOT_FRAME || token == ASTM_GOT_BAD) {
		if (token == ASTM_GOT_FRAME) {
			take_frame(link);
		} else {
			link->count.bad_frames++;
			say(link, ASTM_NAK);
		}
		link->deadline = now + link->options.frame_ms;
		return ASTM_IDLE;
	}
	if (token == ASTM_GOT_EOT) {
		rest(link, now, 0);
		link->count.messages += any;
		return any ? ASTM_RECEIVED : ASTM_IDLE;
	}
	if (token != ASTM_GOT_ENQ)
		return ASTM_IDLE;
	/* begins anew without an end: what came is handed over before it is lost */
	if (!any) {
		begin_receiving(link, now);
		return ASTM_IDLE;
	}
	say(link, ASTM_NAK);
	rest(link, now, link->options.busy_ms);
	return ASTM_ABANDONED;
}

static enum astm_event
transfer(struct astm_link *link, enum astm_token token, uint64_t now)
{
	if (token == ASTM_GOT_NAK || token == ASTM_GOT_BAD) {
		link->count.retries++;
		if (link->tries < TRIES_MAX) {
			send_frame(link, now);
			return ASTM_IDLE;
		}
		say(link, ASTM_EOT);
		return give_up(link);
	}
	/* EOT in place of ACK asks us to stop soon; the message is finished all the same (6.5.3.2) */
	if (token != ASTM_GOT_ACK && token != ASTM_GOT_EOT)
		return ASTM_IDLE;
	if (next_frame(link)) {
		send_frame(link, now);
		return ASTM_IDLE;
	}
	say(link, ASTM_EOT);
	buf_reset(&link->queue);
	wait_until(link, ASTM_NEUTRAL, UINT64_MAX);
	return ASTM_SENT;
}

static enum astm_event
establish(struct astm_link *link, enum astm_token token, uint64_t now)
{
	if (token == ASTM_GOT_ACK) {
		link->frame_at = link->frame_len = 0;
		next_frame(link);
		send_frame(link, now);
	} else if (token == ASTM_GOT_NAK) {
		link->count.retries++;
		if (++link->tries >= TRIES_MAX)
			return give_up(link);
		wait_until(link, ASTM_WAITING, now + link->options.busy_ms);
	} else if (token == ASTM_GOT_ENQ) { /* both want to: the host lets the instrument go first */
		link->count.contentions++;
		wait_until(link, ASTM_WAITING, now + link->options.yield_ms);
	}
	return ASTM_IDLE;
}

static enum astm_event
handle(struct astm_link *link, enum astm_token token, uint64_t now)
{
	switch (link->state) {
	case ASTM_RECEIVING:
		return receive(link, token, now);
	case ASTM_ASKED:
		return establish(link, token, now);
	case ASTM_SENDING:
		return transfer(link, token, now);
	case ASTM_NEUTRAL:
	case ASTM_WAITING:
		break;
	}
	if (token == ASTM_GOT_ENQ)
		begin_receiving(link, now);
	return ASTM_IDLE;
}

enum astm_event
astm_link_feed(struct astm_link *link, struct slice *input, uint64_t now_ms)
{
	enum astm_token token;

	while ((token = astm_frames_feed(&link->frames, input)) != ASTM_MORE) {
		enum astm_event event = handle(link, token, now_ms);

		if (event != ASTM_IDLE)
			return event;
	}
	return ASTM_IDLE;
}

enum astm_event
astm_link_tick(struct astm_link *link, uint64_t now_ms)
{
	bool any = link->message.len > 0;

	if (now_ms < link->deadline)
		return ASTM_IDLE;
	switch (link->state) {
	case ASTM_WAITING:
		ask(link, now_ms);
		return ASTM_IDLE;
	case ASTM_RECEIVING:
		link->count.timeouts++;
		rest(link, now_ms, 0);
		return any ? ASTM_ABANDONED : ASTM_IDLE;
	case ASTM_ASKED:
	case ASTM_SENDING:
		link->count.timeouts++;
		say(link, ASTM_EOT);
		return give_up(link);
	case ASTM_NEUTRAL:
		break;
	}
	link->deadline = UINT64_MAX;
	return ASTM_IDLE;
}

int
astm_link_send(struct astm_link *link, struct slice records, uint64_t now_ms, struct err *e)
{
	if (link->queue.len > 0)
		return err_set(e, ERR_BUSY, NULL, "another message is on its way");
	int rc = records.len == 0 ? err_set(e, ERR_INPUT, NULL, "no records")
				  : astm_frame_write(records, link->options.text_max, &link->queue, e);
	if (rc < 0) {
		buf_reset(&link->queue);
		return rc;
	}
	link->tries = 0;
	if (link->state == ASTM_NEUTRAL)
		ask(link, now_ms);
	return 0;
}
