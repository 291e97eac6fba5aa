/* src/serve/pool.c - see pool.h: the thread that has the workers.
 * SPDX-License-Identifier: Apache-2.0 */
#include "serve/pool.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/process.h"
#include "base/str.h"
#include "base/thread.h"
#include "base/util.h"
#include "serve/pool_parts.h"

#define BACKOFF_FIRST (NS_PER_S / 5)
#define BACKOFF_MAX (10 * NS_PER_S)
#define FAILING_AFTER 3U	/* failures in a row of every worker */
#define STEADY (10 * NS_PER_S)	/* up for so long: earlier failures are forgotten */
#define RETRY_CANCEL (10 * NS_PER_MS)
#define FRAMES_PER_TURN 64
#define ENDING_MS 200

void pool_wake(struct pool *p)
{
	uint64_t one = 1;
	ssize_t n = write(p->wake_fd, &one, sizeof(one));
	(void)n;
}

bool pool_failing(const struct pool *p)
{
	if (p->fatal)
		return true;
	for (size_t i = 0; i < p->n; i++)
		if (p->slots[i].state == SLOT_READY || p->slots[i].failures < FAILING_AFTER)
			return false;
	return true;
}

static void attach(struct pool *p, struct slot *s, struct call *c)
{
	c->state = STATE_RUNNING;
	c->slot = s;
	c->id = ++p->last_id;
	c->ready = json_incref(s->ready);
	c->next = s->calls;
	s->calls = c;
	s->active++;
	call_signal(c);
}

/* The ready worker that has least to do, or NULL when all are full. */
static struct slot *free_slot(struct pool *p)
{
	struct slot *best = NULL;
	for (size_t i = 0; i < p->n; i++) {
		struct slot *s = &p->slots[i];
		if (s->state == SLOT_READY && !s->condemned && s->active < s->parallel &&
		    (!best || s->active < best->active))
			best = s;
	}
	return best;
}

void pool_dispatch(struct pool *p)
{
	struct slot *s;
	while (p->queue_first && (s = free_slot(p))) {
		struct call *c = p->queue_first;
		p->queue_first = c->next;
		if (!p->queue_first)
			p->queue_last = NULL;
		p->queued--;
		attach(p, s, c);
	}
}

static void fail_queue(struct pool *p, enum call_result why)
{
	while (p->queue_first) {
		struct call *c = p->queue_first;
		p->queue_first = c->next;
		c->next = NULL;
		p->queued--;
		call_end(c, why);
	}
	p->queue_last = NULL;
}

static void tell(struct pool *p, bool wrong, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
static void tell(struct pool *p, bool wrong, const char *fmt, ...)
{
	char line[700];
	va_list ap;
	va_start(ap, fmt);
	(void)vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	if (p->spec.on_event)
		p->spec.on_event(line, wrong, p->spec.ctx);
}

/* The worker is of no use any more: kill what is left of it, end its calls, plan the next start.
 * Called by the pool's thread without the lock. */
static void lose(struct pool *p, struct slot *s, const char *why)
{
	pid_t pid = worker_pid(s->w);
	if (pid > 0) {
		(void)kill(-pid, SIGKILL);
		(void)kill(pid, SIGKILL);
	}
	(void)pthread_mutex_lock(&p->lock);
	while (s->calls)
		call_end(s->calls, CALL_DIED);
	s->state = SLOT_DOWN;
	s->failures++;
	while (s->senders > 0)	/* they see the closed socket */
		(void)pthread_cond_wait(&p->unsent, &p->lock);
	uint64_t now = clock_now();
	uint64_t wait = BACKOFF_FIRST << MIN(s->failures - 1, 10U);
	s->start_at = now + MIN(wait, BACKOFF_MAX);
	s->since = now;
	s->condemned = false;
	s->paused = s->unread = false;
	json_decref(s->ready);
	s->ready = NULL;
	(void)err_set(&p->last_error, ERR_SYSTEM, "%s", why);
	if (pool_failing(p))
		fail_queue(p, CALL_NONE);
	(void)pthread_mutex_unlock(&p->lock);
	s->w = worker_free(s->w);
	tell(p, true, "worker %zu: %s", (size_t)(s - p->slots) + 1, why);
}

static void start(struct pool *p, struct slot *s)
{
	const struct worker_spec spec = {
		.program = p->spec.program, .args = p->spec.args, .env = p->spec.env,
		.log_fd = p->spec.log_fd, .payload_max = p->spec.payload_max,
		.ready_timeout_ns = p->spec.ready_timeout_ns,
	};
	struct err e = {0};
	struct worker *w = NULL;
	int rc = worker_start(&spec, &w, &e);
	(void)pthread_mutex_lock(&p->lock);
	uint64_t now = clock_now();
	s->w = w;
	s->since = now;
	if (rc < 0) {
		s->failures++;
		s->start_at = now + MIN(BACKOFF_FIRST << MIN(s->failures - 1, 10U), BACKOFF_MAX);
		p->last_error = e;
		if (pool_failing(p))
			fail_queue(p, CALL_NONE);
	} else {
		s->state = SLOT_STARTING;
		p->restarts += s->started;
		s->started = true;
	}
	(void)pthread_mutex_unlock(&p->lock);
}

/* The first frame of a worker. */
static int take_ready(struct pool *p, struct slot *s, const struct frame *f, struct err *e)
{
	int64_t protocol = 0;
	int64_t parallel = 1;
	const char *task = json_text(f->header, "task", "");
	if (strcmp(f->type, "ready") != 0)
		return err_set(e, ERR_DATA, "it did not begin with \"ready\"");
	if (!json_whole(f->header, "protocol", &protocol) || protocol != 1)
		return err_set(e, ERR_DATA, "it does not speak version 1 of the worker protocol");
	if (strcmp(task, p->spec.task) != 0) {
		(void)err_set(e, ERR_DATA, "it is a worker for %.20s, not for %s", task,
			      p->spec.task);
		/* Both at once: who waits for a worker tells why there will be none. */
		(void)pthread_mutex_lock(&p->lock);
		(void)err_set(&p->last_error, ERR_SYSTEM, "it was ended: %s", e->text);
		p->fatal = true;
		(void)pthread_mutex_unlock(&p->lock);
		return -1;
	}
	(void)json_whole(f->header, "parallel", &parallel);
	worker_take_ready(s->w, f->header);
	(void)pthread_mutex_lock(&p->lock);
	s->ready = json_deep_copy(f->header);
	json_decref(p->ready);
	p->ready = json_incref(s->ready);
	s->parallel = MAX(parallel, 1);
	s->state = SLOT_READY;
	s->since = clock_now();
	p->was_ready = true;
	pool_dispatch(p);
	(void)pthread_mutex_unlock(&p->lock);
	tell(p, false, "worker %zu: ready (%s, pid %d)", (size_t)(s - p->slots) + 1,
	     json_text(f->header, "name", "?"), (int)worker_pid(s->w));
	return 0;
}

/* Give the frame to whom it belongs. false: nothing more is to be read now. */
static bool route(struct pool *p, struct slot *s, const struct frame *f)
{
	(void)pthread_mutex_lock(&p->lock);
	struct call *c = s->calls;
	while (c && c->id != f->id)
		c = c->next;
	if (c)
		call_take(c, f);
	if (p->queue_first)
		pool_dispatch(p);
	bool more = !s->paused;
	(void)pthread_mutex_unlock(&p->lock);
	return more;
}

/* It closed its socket: how did it end? Only looks; worker_free() reaps it. */
static void how_it_ended(pid_t pid, char *out, size_t size)
{
	CLEANUP(close_fd) int fd = (int)syscall(SYS_pidfd_open, pid, 0);
	struct pollfd ended = {.fd = fd, .events = POLLIN};
	if (fd >= 0)
		(void)poll(&ended, 1, ENDING_MS);
	siginfo_t info = {0};
	if (waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) < 0 || info.si_pid != pid)
		(void)snprintf(out, size, "it closed its socket");
	else if (info.si_code == CLD_EXITED)
		(void)snprintf(out, size, "it ended with exit status %d", info.si_status);
	else
		(void)snprintf(out, size, "it ended by signal %d (%s)", info.si_status,
			       strsignal(info.si_status));
}

static void read_worker(struct pool *p, struct slot *s)
{
	bool more = true;
	for (int i = 0; i < FRAMES_PER_TURN && more; i++) {
		struct frame f;
		struct err e = {0};
		char why[560];
		int rc = frame_read(worker_reader(s->w), worker_fd(s->w), &f, &e);
		if (rc == 0) {
			s->unread = false;
			return;
		}
		s->unread = true;
		if (rc > 0 && s->state == SLOT_STARTING)
			rc = take_ready(p, s, &f, &e);
		else if (rc > 0)
			more = route(p, s, &f);
		if (rc >= 0)
			continue;
		if (str_starts(e.text, "closed"))
			how_it_ended(worker_pid(s->w), why, sizeof(why));
		else
			(void)snprintf(why, sizeof(why), "it was ended: %s", e.text);
		lose(p, s, why);
		return;
	}
}

/* Send "cancel" if there is room now. */
static bool send_cancel(struct slot *s, const struct call *c)
{
	if (pthread_mutex_trylock(&s->send) != 0)
		return false;
	struct pollfd out = {.fd = worker_fd(s->w), .events = POLLOUT};
	bool room = poll(&out, 1, 0) > 0;
	struct err e = {0};
	if (room && frame_send(worker_fd(s->w),
			       json_pack("{s:s, s:I}", "type", "cancel", "id", (json_int_t)c->id),
			       NULL, 0, clock_now() + NS_PER_S / 10, &e) < 0)
		s->condemned = true;
	(void)pthread_mutex_unlock(&s->send);
	return room;
}

/* With the lock held: what its calls want now; true: it must be killed. */
static bool look_after_calls(struct pool *p, struct slot *s, uint64_t now, uint64_t *next)
{
	for (struct call *c = s->calls; c; c = c->next) {
		if (c->state != STATE_CANCELLING)
			continue;
		if (now >= c->kill_at) {
			p->kills++;
			return true;
		}
		*next = MIN(*next, c->kill_at);
		if (!c->cancel_sent)
			c->cancel_sent = send_cancel(s, c);
		if (!c->cancel_sent)
			*next = MIN(*next, now + RETRY_CANCEL);
	}
	return false;
}

/* What is due for this worker; *next is moved to when it must be looked at again. */
static void look_after(struct pool *p, struct slot *s, uint64_t *next)
{
	uint64_t now = clock_now();
	if (s->state == SLOT_DOWN) {
		if (now >= s->start_at && !p->fatal) {
			start(p, s);
			now = clock_now();
		}
		if (s->state == SLOT_DOWN) {
			*next = MIN(*next, p->fatal ? UINT64_MAX : s->start_at);
			return;
		}
	}
	uint64_t patience = p->spec.ready_timeout_ns ? p->spec.ready_timeout_ns : 60 * NS_PER_S;
	if (s->state == SLOT_STARTING) {
		*next = MIN(*next, s->since + patience);
		if (now >= s->since + patience)
			lose(p, s, "it was ended: it did not become ready in time");
		return;
	}
	(void)pthread_mutex_lock(&p->lock);
	if (s->failures > 0 && now >= s->since + STEADY)
		s->failures = 0;
	bool disobeyed = look_after_calls(p, s, now, next);
	bool condemned = s->condemned;
	(void)pthread_mutex_unlock(&p->lock);
	if (disobeyed)
		lose(p, s, "it was ended: it did not stop a cancelled request in time");
	else if (condemned)
		lose(p, s, "it was ended: it did not take a frame in time");
	if (disobeyed || condemned)
		*next = now;
}

static void *run(void *arg)
{
	struct pool *p = arg;
	struct pollfd *fds = calloc(p->n + 1, sizeof(*fds));
	assert(fds);
	for (;;) {
		uint64_t next = UINT64_MAX;
		for (size_t i = 0; i < p->n; i++)
			look_after(p, &p->slots[i], &next);
		(void)pthread_mutex_lock(&p->lock);
		bool end = p->end;
		fds[0] = (struct pollfd){.fd = p->wake_fd, .events = POLLIN};
		for (size_t i = 0; i < p->n; i++) {
			struct slot *s = &p->slots[i];
			bool read = s->state != SLOT_DOWN && !s->paused;
			if (read && s->unread)
				next = 0;
			fds[i + 1] = (struct pollfd){.fd = read ? worker_fd(s->w) : -1,
						     .events = POLLIN};
		}
		(void)pthread_mutex_unlock(&p->lock);
		if (end)
			break;
		uint64_t now = clock_now();
		uint64_t left = next > now ? next - now : 0;
		int ms = next == UINT64_MAX ? -1 : (int)MIN((left + NS_PER_MS - 1) / NS_PER_MS,
							    (uint64_t)60000);
		(void)poll(fds, p->n + 1, ms);
		uint64_t count;
		if (fds[0].revents && read(p->wake_fd, &count, sizeof(count)) < 0)
			continue;
		for (size_t i = 0; i < p->n; i++)
			if (fds[i + 1].revents || (fds[i + 1].fd >= 0 && p->slots[i].unread))
				read_worker(p, &p->slots[i]);
	}
	free(fds);
	for (size_t i = 0; i < p->n; i++)
		p->slots[i].w = worker_free(p->slots[i].w);
	return NULL;
}

int pool_new(const struct pool_spec *spec, struct pool **ret_pool, struct err *e)
{
	assert(spec->workers > 0 && spec->limits && spec->task);
	struct pool *p = calloc(1, sizeof(*p));
	struct slot *slots = calloc(spec->workers, sizeof(*slots));
	int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (!p || !slots || fd < 0) {
		free(p);
		free(slots);
		if (fd >= 0)
			(void)close(fd);
		return err_set(e, ERR_SYSTEM, "out of memory or file descriptors for workers");
	}
	p->spec = *spec;
	p->wake_fd = fd;
	p->slots = slots;
	p->n = spec->workers;
	(void)pthread_mutex_init(&p->lock, NULL);
	(void)pthread_cond_init(&p->unsent, NULL);
	for (size_t i = 0; i < p->n; i++)
		(void)pthread_mutex_init(&slots[i].send, NULL);
	/* The workers are children of this thread: it lives as long as they do. */
	if (thread_start(&p->thread, "pool", run, p, e) < 0) {
		(void)close(fd);
		free(slots);
		free(p);
		return -1;
	}
	*ret_pool = p;
	return 0;
}

struct pool *pool_free(struct pool *p)
{
	if (!p)
		return NULL;
	(void)pthread_mutex_lock(&p->lock);
	p->end = true;
	pool_wake(p);
	(void)pthread_mutex_unlock(&p->lock);
	(void)pthread_join(p->thread, NULL);
	for (size_t i = 0; i < p->n; i++) {
		struct slot *s = &p->slots[i];
		while (s->calls) {
			assert(s->calls->state == STATE_CANCELLING);
			call_end(s->calls, CALL_STOPPED);
		}
		json_decref(s->ready);
		(void)pthread_mutex_destroy(&s->send);
	}
	(void)pthread_mutex_destroy(&p->lock);
	(void)pthread_cond_destroy(&p->unsent);
	json_decref(p->ready);
	(void)close(p->wake_fd);
	free(p->slots);
	free(p);
	return NULL;
}

void pool_stop(struct pool *p, bool now)
{
	(void)pthread_mutex_lock(&p->lock);
	p->stopping = true;
	if (now)
		fail_queue(p, CALL_STOPPED);
	for (size_t i = 0; now && i < p->n; i++)
		for (struct call *c = p->slots[i].calls; c; c = c->next)
			if (c->state == STATE_RUNNING) {
				c->refuse = CALL_STOPPED;
				call_signal(c);
			}
	(void)pthread_mutex_unlock(&p->lock);
}
