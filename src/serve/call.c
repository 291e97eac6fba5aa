/* src/serve/call.c - one request to a worker, see pool.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/util.h"
#include "serve/pool_parts.h"

#define PART_COST ((size_t)128)	/* what a waiting frame without payload is counted as */
#define BURST 16	/* times the limit, for a worker that has other requests too */

void call_signal(struct call *c)
{
	uint64_t one = 1;
	ssize_t n = write(c->event_fd, &one, sizeof(one));
	(void)n;	/* full only when it was signalled long before */
}

static void free_part(struct part *x)
{
	if (x)
		json_decref(x->header);
	free(x);
}

void call_drop_parts(struct call *c)
{
	while (c->first) {
		struct part *next = c->first->next;
		free_part(c->first);
		c->first = next;
	}
	c->last = NULL;
	c->bytes = 0;
	if (c->slot && c->slot->paused) {
		c->slot->paused = false;
		pool_wake(c->pool);
	}
}

struct call *call_drop(struct call *c)
{
	call_drop_parts(c);
	free_part(c->now);
	json_decref(c->ready);
	if (c->event_fd >= 0)
		(void)close(c->event_fd);
	free(c);
	return NULL;
}

void call_detach(struct call *c)
{
	struct slot *s = c->slot;
	struct call **at = &s->calls;
	while (*at != c)
		at = &(*at)->next;
	*at = c->next;
	c->next = NULL;
	c->slot = NULL;
	s->active--;
	s->paused = false;
}

void call_end(struct call *c, enum call_result why)
{
	if (c->slot)
		call_detach(c);
	if (c->state == STATE_CANCELLING) {
		(void)call_drop(c);
		return;
	}
	c->state = STATE_ENDED;
	c->end = why;
	call_signal(c);
}

void call_take(struct call *c, const struct frame *f)
{
	enum call_result kind = CALL_FRAME;
	if (strcmp(f->type, "done") == 0)
		kind = CALL_DONE;
	else if (strcmp(f->type, "error") == 0)
		kind = CALL_ERROR;
	struct part *x = NULL;
	if (c->state != STATE_CANCELLING && !c->refuse) {
		x = malloc(sizeof(*x) + f->payload_len);
		if (!x)
			c->refuse = CALL_SLOW;	/* memory is gone: this one gives way */
	}
	if (x) {
		*x = (struct part){.kind = kind, .header = json_incref(f->header),
				   .len = f->payload_len};
		if (f->payload_len > 0)
			memcpy(x->payload, f->payload, f->payload_len);
		if (c->last)
			c->last->next = x;
		else
			c->first = x;
		c->last = x;
		c->bytes += x->len + PART_COST;
	}
	if (kind != CALL_FRAME) {
		c->slot->failures = 0;
		call_end(c, kind);
		return;
	}
	size_t limit = c->pool->spec.limits->output_bytes;
	if (c->bytes > limit) {
		if (c->slot->parallel == 1) {
			c->slot->paused = true;
		} else if (c->bytes > BURST * limit) {
			/* cannot wait for it without letting the others wait */
			c->refuse = CALL_SLOW;
			call_drop_parts(c);
		}
	}
	if (x || c->refuse)
		call_signal(c);
}

/* Wait until the pool has news: 0, or LATE or GONE. */
static enum call_result wait_news(struct call *c)
{
	for (;;) {
		uint64_t now = clock_now();
		if (now >= c->until_ns)
			return CALL_LATE;
		uint64_t left = c->until_ns - now;
		struct timespec ts = {(time_t)(left / NS_PER_S), (long)(left % NS_PER_S)};
		struct pollfd fds[2] = {{.fd = c->event_fd, .events = POLLIN},
					{.fd = c->client_fd, .events = POLLRDHUP}};
		int n = ppoll(fds, 2, &ts, NULL);
		if (n > 0 && fds[1].revents)
			return CALL_GONE;
		if (n > 0) {
			uint64_t count;
			ssize_t got = read(c->event_fd, &count, sizeof(count));
			(void)got;
			return CALL_FRAME;
		}
	}
}

static void leave_queue(struct call *c)
{
	struct pool *p = c->pool;
	struct call **at = &p->queue_first;
	struct call *before = NULL;
	while (*at && *at != c) {
		before = *at;
		at = &(*at)->next;
	}
	if (!*at)
		return;
	*at = c->next;
	if (p->queue_last == c)
		p->queue_last = before;
	p->queued--;
}

static void enqueue(struct call *c)
{
	struct pool *p = c->pool;
	c->state = STATE_QUEUED;
	c->next = NULL;
	if (p->queue_last)
		p->queue_last->next = c;
	else
		p->queue_first = c;
	p->queue_last = c;
	p->queued++;
	pool_dispatch(p);
}

/* With the lock held: may it come in? */
static enum call_result admit(struct pool *p, struct call *c)
{
	if (p->stopping)
		return CALL_STOPPED;
	if (!p->was_ready || pool_failing(p))
		return CALL_NONE;
	enqueue(c);
	if (c->state == STATE_QUEUED && p->queued > (size_t)p->spec.limits->queue) {
		leave_queue(c);
		p->refused++;
		return CALL_FULL;
	}
	return CALL_FRAME;
}

/* Until a worker has it. */
static enum call_result wait_turn(struct call *c)
{
	struct pool *p = c->pool;
	enum call_result rc = CALL_FRAME;
	while (c->state == STATE_QUEUED && rc == CALL_FRAME) {
		(void)pthread_mutex_unlock(&p->lock);
		rc = wait_news(c);
		(void)pthread_mutex_lock(&p->lock);
	}
	if (c->state == STATE_ENDED)
		return c->end;
	if (c->state == STATE_QUEUED)
		leave_queue(c);
	return c->state == STATE_RUNNING ? CALL_FRAME : rc;
}

enum call_result call_open(struct pool *p, uint64_t until_ns, int client_fd,
			   struct call **ret_call)
{
	struct call *c = calloc(1, sizeof(*c));
	if (!c)
		return CALL_FULL;
	*c = (struct call){.pool = p, .client_fd = client_fd, .until_ns = until_ns};
	c->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (c->event_fd < 0) {
		(void)call_drop(c);
		return CALL_FULL;
	}
	(void)pthread_mutex_lock(&p->lock);
	enum call_result rc = admit(p, c);
	if (rc == CALL_FRAME)
		rc = wait_turn(c);
	(void)pthread_mutex_unlock(&p->lock);
	if (rc != CALL_FRAME) {
		(void)call_drop(c);
		return rc;
	}
	*ret_call = c;
	return CALL_FRAME;
}

const json_t *call_ready(const struct call *c)
{
	return c->ready;
}

/* Room in the worker's socket, so that sending does not block for long. */
static enum call_result wait_room(const struct call *c, int fd)
{
	for (;;) {
		uint64_t now = clock_now();
		if (now >= c->until_ns)
			return CALL_LATE;
		struct pollfd fds[2] = {{.fd = fd, .events = POLLOUT},
					{.fd = c->client_fd, .events = POLLRDHUP}};
		uint64_t ms = (c->until_ns - now) / NS_PER_MS + 1;
		int n = poll(fds, 2, (int)MIN(ms, (uint64_t)1000));
		if (n > 0 && fds[1].revents)
			return CALL_GONE;
		if (n > 0)
			return CALL_FRAME;
	}
}

enum call_result call_send(struct call *c, json_t *header, const void *payload, size_t len)
{
	struct pool *p = c->pool;
	(void)pthread_mutex_lock(&p->lock);
	struct slot *s = c->slot;
	enum call_result rc = c->refuse ? c->refuse : s ? CALL_FRAME : c->end;
	if (rc == CALL_FRAME)
		s->senders++;
	(void)pthread_mutex_unlock(&p->lock);
	if (rc != CALL_FRAME || !header) {
		json_decref(header);
		return header ? rc : CALL_DIED;
	}
	json_put_int(header, "id", c->id);
	(void)pthread_mutex_lock(&s->send);
	int fd = worker_fd(s->w);
	rc = wait_room(c, fd);
	bool broken = false;
	if (rc == CALL_FRAME) {
		struct err e = {0};
		broken = frame_send(fd, header, payload, len, c->until_ns, &e) < 0;
		if (broken)
			rc = clock_now() >= c->until_ns ? CALL_LATE : CALL_DIED;
		c->sent = true;
	} else {
		json_decref(header);
	}
	(void)pthread_mutex_unlock(&s->send);
	(void)pthread_mutex_lock(&p->lock);
	if (broken) {
		s->condemned = true;
		pool_wake(p);
	}
	if (--s->senders == 0)
		(void)pthread_cond_broadcast(&p->unsent);
	/* An error or a death that came meanwhile is told by call_next(). */
	if (rc == CALL_DIED && c->state == STATE_ENDED)
		rc = CALL_FRAME;
	(void)pthread_mutex_unlock(&p->lock);
	return rc;
}

/* With the lock held: the next part into c->now. */
static bool pop(struct call *c)
{
	struct part *x = c->first;
	if (!x)
		return false;
	c->first = x->next;
	if (!c->first)
		c->last = NULL;
	c->bytes -= x->len + PART_COST;
	c->now = x;
	if (c->slot && c->slot->paused && c->bytes < c->pool->spec.limits->output_bytes / 2) {
		c->slot->paused = false;
		pool_wake(c->pool);
	}
	return true;
}

enum call_result call_next(struct call *c, const json_t **ret_header, const char **ret_payload,
			   size_t *ret_len)
{
	struct pool *p = c->pool;
	enum call_result rc = CALL_FRAME;
	free_part(c->now);
	c->now = NULL;
	*ret_header = NULL;
	*ret_payload = NULL;
	*ret_len = 0;
	(void)pthread_mutex_lock(&p->lock);
	for (;;) {
		if (c->refuse) {
			rc = c->refuse;
			break;
		}
		if (pop(c)) {
			rc = c->now->kind;
			*ret_header = c->now->header;
			*ret_payload = c->now->payload;
			*ret_len = c->now->len;
			break;
		}
		if (c->state == STATE_ENDED) {
			rc = c->end;
			break;
		}
		(void)pthread_mutex_unlock(&p->lock);
		rc = wait_news(c);
		(void)pthread_mutex_lock(&p->lock);
		if (rc != CALL_FRAME)
			break;
	}
	(void)pthread_mutex_unlock(&p->lock);
	return rc;
}

bool call_try_next(struct call *c, enum call_result *ret, const json_t **ret_header,
		   const char **ret_payload, size_t *ret_len)
{
	uint64_t count;
	ssize_t got = read(c->event_fd, &count, sizeof(count));	/* it does not block */
	(void)got;
	(void)pthread_mutex_lock(&c->pool->lock);
	bool news = c->first || c->refuse || c->state == STATE_ENDED;
	(void)pthread_mutex_unlock(&c->pool->lock);
	if (news)
		*ret = call_next(c, ret_header, ret_payload, ret_len);
	return news;
}

int call_fd(const struct call *c)
{
	return c->event_fd;
}

void call_extend(struct call *c, uint64_t until_ns)
{
	c->until_ns = until_ns;
}

void call_close(struct call *c)
{
	if (!c)
		return;
	struct pool *p = c->pool;
	(void)pthread_mutex_lock(&p->lock);
	if (c->state == STATE_RUNNING && c->sent) {
		call_drop_parts(c);
		c->state = STATE_CANCELLING;
		c->kill_at = clock_now() + p->spec.limits->cancel_ns;
		pool_wake(p);
		c = NULL;
	} else if (c->state == STATE_RUNNING) {
		call_detach(c);
		pool_dispatch(p);
	}
	(void)pthread_mutex_unlock(&p->lock);
	if (c)
		(void)call_drop(c);
}
