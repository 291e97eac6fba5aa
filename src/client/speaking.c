/* src/client/speaking.c - see speaking.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "client/speaking.h"

#include "base/clock.h"
#include "base/util.h"
#include "http/origin.h"
#include "http/websocket.h"

enum step { STEP_IDLE, STEP_CONNECTING, STEP_SPEAKING, STEP_WAITING, STEP_OVER };

struct speaking {
	struct asking *a;
	struct websocket w;
	struct loop_timer timer;
	enum step step;
	uint64_t deadline;
	size_t sent;			/* bytes of samples */
	uint64_t due;			/* of the next chunk */
	uint64_t last_message;		/* 0: none came */
	enum outcome outcome;		/* when over */
};

static const struct websocket_events events;

int speaking_new(struct asking *a, struct speaking **ret, struct err *e)
{
	struct speaking *l = calloc(1, sizeof(*l));
	if (!l)
		return err_sys(e, "cannot hold a stream of speech");
	l->a = a;
	websocket_init(&l->w);
	*ret = l;
	return 0;
}

struct speaking *speaking_free(struct speaking *l)
{
	if (!l)
		return NULL;
	websocket_release(&l->w);
	free(l);
	return NULL;
}

static struct loop *loop_of(const struct speaking *l)
{
	return net_loop(l->a->link->net);
}

static void set_timer(struct speaking *l, uint64_t at)
{
	(void)loop_timer_set(loop_of(l), &l->timer, at);
}

/* It ended at this moment. What follows happens from the loop, never inside of a callback of the
 * WebSocket, which could not be started anew there. */
static void over(struct speaking *l, enum outcome why, const char *words, uint64_t ns)
{
	struct exchange *x = &l->a->x;
	if (l->step == STEP_OVER)
		return;
	if (words)
		str_cut_copy(x->words, sizeof(x->words), words);
	l->step = STEP_OVER;
	l->outcome = why;
	x->end = ns;
	set_timer(l, 0);
}

static void take_moments(struct speaking *l)
{
	struct exchange *x = &l->a->x;
	x->connect_start = l->w.moments.connect_start;
	x->connected = l->w.moments.connected;
	x->tls_done = l->w.moments.tls_done;
	x->sent_first = l->w.sent_first;
	x->status = l->w.status;
	(void)snprintf(x->peer, sizeof(x->peer), "%s", l->w.peer);
}

static void finish(struct speaking *l)
{
	loop_timer_clear(loop_of(l), &l->timer);
	take_moments(l);
	websocket_stop(&l->w);
	origin_count(l->a->x.origin, false);
	l->step = STEP_IDLE;
	asking_finish(l->a, l->outcome);
}

static const char *pcm_of(const struct speaking *l)
{
	const struct request *r = &l->a->request;
	return r->live.pcm ? r->live.pcm : r->text.data + r->live.pcm_at;
}

static void say(struct speaking *l, const void *data, size_t len, bool text, bool final)
{
	if (websocket_send(&l->w, data, len, text, final) < 0)
		over(l, OUTCOME_TIMEOUT, l->w.words, clock_now());
}

static uint64_t next_limit(const struct speaking *l)
{
	const struct request_live *r = &l->a->request.live;
	const struct service *s = l->a->link->site->service;
	uint64_t since = MAX(l->last_message, l->a->answer->speech_end);
	uint64_t at = l->deadline;
	if (r->quiet_ns > 0 && l->last_message > l->a->answer->speech_end)
		at = MIN(at, since + r->quiet_ns);
	else if (s->idle_timeout_ns > 0)
		at = MIN(at, since + s->idle_timeout_ns);
	return at;
}

/* All chunks that are due; each was spoken when it is sent. */
static void speak(struct speaking *l)
{
	const struct request *r = &l->a->request;
	struct answer *answer = l->a->answer;
	uint64_t now = clock_now();
	while (l->step == STEP_SPEAKING && l->due <= now) {
		size_t n = MIN(r->live.chunk_len, r->live.pcm_len - l->sent);
		answer->pace_delay = MAX(answer->pace_delay, now - l->due);
		say(l, pcm_of(l) + l->sent, n, false, false);
		l->sent += n;
		if (l->sent == r->live.pcm_len) {
			answer->speech_end = clock_now();
			l->step = l->step == STEP_OVER ? STEP_OVER : STEP_WAITING;
			say(l, r->text.data + r->live.closing_at, r->live.closing_len, true,
			     true);
			break;
		}
		size_t next = MIN(r->live.chunk_len, r->live.pcm_len - l->sent);
		l->due += r->live.chunk_ns * next / r->live.chunk_len;
		now = clock_now();
	}
	if (l->step == STEP_SPEAKING)
		set_timer(l, l->due);
	else if (l->step == STEP_WAITING)
		set_timer(l, next_limit(l));
}

static void wait_more(struct speaking *l)
{
	uint64_t now = clock_now();
	if (now < next_limit(l)) {
		set_timer(l, next_limit(l));
	} else if (now >= l->deadline) {
		over(l, OUTCOME_TIMEOUT, "no final result within the timeout after the speech",
		     now);
	} else if (l->a->request.live.quiet_ns > 0 && l->last_message != 0) {
		/* nothing new after the speech: all had been said when it ended */
		over(l, OUTCOME_OK, NULL, MAX(l->last_message, l->a->answer->speech_end));
	} else {
		over(l, OUTCOME_IDLE_TIMEOUT, "no result within the idle timeout after the end of "
		     "the speech", now);
	}
}

static void on_timer(struct loop_timer *t)
{
	struct speaking *l = (struct speaking *)((char *)t - offsetof(struct speaking, timer));
	switch (l->step) {
	case STEP_SPEAKING:
		speak(l);
		break;
	case STEP_WAITING:
		wait_more(l);
		break;
	case STEP_OVER:
		finish(l);
		break;
	case STEP_CONNECTING:
		over(l, OUTCOME_CONNECT, "no WebSocket within the connect timeout", clock_now());
		break;
	case STEP_IDLE:
		break;
	}
}

static void on_open(void *ctx)
{
	static const struct http_head none = {.status = 101, .content_length = -1};
	struct speaking *l = ctx;
	struct asking *a = l->a;
	const struct protocol *p = a->link->site->service->protocol;
	const struct request *r = &a->request;
	memset(a->state, 0, p->state_size);
	enum outcome o = p->head(a->state, a->link->site->service, a->ask, &none, a->answer);
	a->state_live = true;
	if (o != OUTCOME_OK) {
		over(l, o, NULL, clock_now());
		return;
	}
	l->step = STEP_SPEAKING;
	say(l, r->text.data + r->live.opening_at, r->live.opening_len, true, false);
	a->answer->speech_start = clock_now();
	l->due = a->answer->speech_start +
		 r->live.chunk_ns * MIN(r->live.chunk_len, r->live.pcm_len) / r->live.chunk_len;
	if (l->step == STEP_SPEAKING)
		set_timer(l, l->due);
}

static void on_message(void *ctx, const char *data, size_t len, const struct arrival *at)
{
	struct speaking *l = ctx;
	struct asking *a = l->a;
	if (l->step == STEP_OVER)
		return;
	if (a->x.first_byte == 0)
		a->x.first_byte = at->ns;
	a->x.end_stamp = at->kind == STAMP_KERNEL && !at->last ? STAMP_SHARED : at->kind;
	l->last_message = at->ns;
	enum outcome o = a->link->site->service->protocol->receive(a->state, data, len, at,
								   a->answer);
	if (o != OUTCOME_OK || a->answer->complete)
		over(l, o, NULL, at->ns);
}

static void on_acked(void *ctx, uint64_t ns)
{
	struct speaking *l = ctx;
	if (l->a->x.upload_done == 0)
		l->a->x.upload_done = ns;
}

static void on_end(void *ctx, enum outcome why, uint64_t ns)
{
	struct speaking *l = ctx;
	if (why == OUTCOME_OK && l->step == STEP_SPEAKING)
		over(l, OUTCOME_TRUNCATED, "the server closed while the speech was being sent", ns);
	else if (why == OUTCOME_OK && l->last_message == 0)
		over(l, OUTCOME_TRUNCATED, "the server closed without a result", ns);
	else
		over(l, why, l->w.words, ns);
}

static const struct websocket_events events = {
	.open = on_open,
	.message = on_message,
	.acked = on_acked,
	.end = on_end,
};

void speaking_start(struct speaking *l, uint64_t timeout_ns)
{
	struct asking *a = l->a;
	const struct service *s = a->link->site->service;
	const struct request_live *r = &a->request.live;
	const struct endpoint *ep = origin_endpoint(a->x.origin);
	const struct websocket_spec spec = {
		.net = a->link->net,
		.endpoint = ep,
		.path = ep->url.path,
		.headers = s->header_lines,
		.subprotocol = r->subprotocol,
	};
	struct err e;
	uint64_t speech = r->chunk_ns * (r->pcm_len / r->chunk_len + 1);
	l->timer.fire = on_timer;
	l->sent = 0;
	l->last_message = 0;
	l->step = STEP_CONNECTING;
	origin_count(a->x.origin, true);
	a->x.started = clock_now();
	a->x.end_stamp = STAMP_USER;
	l->deadline = timeout_ns > 0 ? a->x.started + speech + timeout_ns : UINT64_MAX;
	if (websocket_start(&l->w, &spec, &events, l, &e) < 0)
		over(l, OUTCOME_CONNECT, e.text, a->x.started);
	else
		set_timer(l, s->connect_timeout_ns > 0 ? a->x.started + s->connect_timeout_ns
						       : l->deadline);
}

void speaking_abort(struct speaking *l, enum outcome why, const char *words)
{
	if (l->step == STEP_IDLE)
		return;
	l->step = STEP_SPEAKING;	/* what was to be told is told otherwise now */
	over(l, why, words, clock_now());
	finish(l);
}
