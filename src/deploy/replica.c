/* src/deploy/replica.c - see replica.h: the life of one replica.
 * SPDX-License-Identifier: Apache-2.0 */
#include "deploy/replica.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <math.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"
#include "base/process.h"
#include "catalog/model_dir.h"
#include "deploy/state.h"

#define LOOK_EVERY_NS  (100 * NS_PER_MS)
#define WATCH_EVERY_NS NS_PER_S
#define STEADY_NS      (60 * NS_PER_S)	/* ready for so long: the next back-off is the first */
#define BACKOFF_TIMES  64
#define PROOF_LOAD_NS  (10 * NS_PER_S)
#define GROWTH_DEFAULT ((uint64_t)64 << 20)
#define PIDS_MAX       1024
#define TAIL_BYTES     300

/* How a life ended. */
enum end { END_STOPPED, END_DIED, END_HOPELESS };

static bool stopping(const struct replica *r)
{
	return atomic_load(&r->all->stopping);
}

/* Sleep, unless the deployment is ended. */
static void rest(struct replica *r, uint64_t ns)
{
	/* by the clock that nobody sets */
	const struct timespec until = clock_timespec(clock_now() + ns);
	(void)pthread_mutex_lock(&r->all->lock);
	while (!stopping(r) &&
	       pthread_cond_clockwait(&r->all->stop_cond, &r->all->lock, CLOCK_MONOTONIC,
				      &until) == 0)
		;
	(void)pthread_mutex_unlock(&r->all->lock);
}

static int check_port(const struct launch *l, struct err *e)
{
	CLEANUP(close_fd) int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_in addr = {.sin_family = AF_INET, .sin_port = htons((uint16_t)l->port)};
	int on = 1;
	if (inet_pton(AF_INET, l->unit->host, &addr.sin_addr) != 1)
		return 0;	/* a name or IPv6: the server itself will say */
	if (fd >= 0)
		(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (fd < 0 || bind(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0)
		return err_sys(e, "port %d is not free", l->port);
	return 0;
}

static void set_process(struct replica *r, pid_t pid)
{
	(void)pthread_mutex_lock(&r->all->lock);
	json_decref(r->view.process);
	r->view.process = pid ? state_process(pid) : NULL;
	r->view.pid = r->pid = pid;
	if (pid) {
		r->view.ready_ns = 0;
		memset(r->view.warmth, 0, sizeof(r->view.warmth));
		r->view.proof = (struct proof){.state = PROOF_NOT_ASKED};
	}
	(void)pthread_mutex_unlock(&r->all->lock);
}

static int start(struct replica *r, struct err *e)
{
	const struct launch *l = r->launch;
	CLEANUP(arena_freep) struct arena *a = arena_new();
	struct strings words = l->words, env = l->env;
	const char **argv = arena_array(a, words.n + 1, sizeof(*argv));
	const char **vars = arena_array(a, env.n + 1, sizeof(*vars));
	for (size_t i = 0; i < words.n; i++)
		argv[i] = words.items[i];
	for (size_t i = 0; i < env.n; i++)
		vars[i] = env.items[i];
	if (check_port(l, e) < 0 || launch_prepare(l, a, e) < 0)
		return -1;
	CLEANUP(close_fd) int log = open(l->log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (log < 0)
		return err_sys(e, "cannot write the log '%s'", l->log);
	struct process_spec spec = {.argv = argv, .env = vars, .dir = l->unit->dir, .out = log,
				    .err = log, .detached = true};
	pid_t pid;
	if (process_start(&spec, &pid, e) < 0)
		return -1;
	set_process(r, pid);
	return 0;
}

/* The last lines of its log, on one line. */
static void log_tail(const struct launch *l, char out[TAIL_BYTES])
{
	CLEANUP(close_fd) int fd = open(l->log, O_RDONLY | O_CLOEXEC);
	out[0] = '\0';
	if (fd < 0)
		return;
	off_t end = lseek(fd, 0, SEEK_END);
	ssize_t n = pread(fd, out, TAIL_BYTES - 1, MAX(end - TAIL_BYTES + 1, (off_t)0));
	size_t len = n > 0 ? (size_t)n : 0;
	while (len > 0 && (unsigned char)out[len - 1] <= ' ')
		len--;
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)out[i] < ' ')
			out[i] = ' ';
	out[len] = '\0';
	len = str_utf8_valid(out, len);
	out[len] = '\0';
}

/* A log that is too long is kept once beside it; its writer goes on at the new end. */
static void limit_log(const struct launch *l)
{
	char old[4096];
	struct stat st;
	CLEANUP(close_fd) int from = open(l->log, O_RDWR | O_CLOEXEC);
	if (from < 0 || fstat(from, &st) < 0 || (uint64_t)st.st_size <= l->unit->log_max)
		return;
	(void)snprintf(old, sizeof(old), "%s.1", l->log);
	CLEANUP(close_fd) int to = open(old, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	off_t at = MAX(st.st_size - (off_t)l->unit->log_max, (off_t)0);
	while (to >= 0 && at < st.st_size &&
	       sendfile(to, from, &at, (size_t)(st.st_size - at)) > 0)
		;
	if (ftruncate(from, 0) < 0)
		(void)unlink(old);	/* both would only fill the disk */
}

/* 1: it has ended, *why says how. */
static int has_ended(struct replica *r, uint64_t until_ns, char *why, size_t size)
{
	char how[64], tail[TAIL_BYTES];
	if (process_wait(r->pid, until_ns, &r->status) == 0)
		return 0;
	process_status_text(r->status, how, sizeof(how));
	log_tail(r->launch, tail);
	(void)snprintf(why, size, "%s%s%.200s", how, *tail ? "; its last words: " : "", tail);
	return 1;
}

/* Wait until it answers. 0: it does. -1: *why (died, or too late), *dead. */
static int wait_ready(struct replica *r, struct probe *p, uint64_t until, char *why, size_t size,
		      bool *dead)
{
	const struct unit *u = r->launch->unit;
	struct probe_reply reply = {0};
	struct err e;
	char last[200] = "";
	bool loaded = !u->ready.url;
	while (!stopping(r)) {
		uint64_t now = clock_now();
		limit_log(r->launch);
		if ((*dead = has_ended(r, 0, why, size)))
			return -1;
		if (now >= until) {
			(void)snprintf(why, size, "not ready after %.0f s: %s",
				       ns_to_s(u->ready.within_ns), last);
			return -1;
		}
		uint64_t limit = MIN(u->request_ns, until - now);
		int rc = loaded ? probe_ask(p, 0, limit, &reply, &e) :
			 probe_get(r->launch, u->ready.url, MIN(limit, 5 * NS_PER_S), &reply, &e);
		if (rc < 0) {
			(void)snprintf(why, size, "%.300s", e.text);
			return -1;
		}
		if (reply.ok && (loaded || !p))
			break;
		loaded |= reply.ok;
		str_cut_copy(last, sizeof(last), reply.words);
		if (!reply.ok)
			*dead = has_ended(r, now + LOOK_EVERY_NS, why, size);
		if (*dead)
			return -1;
	}
	if (stopping(r))
		return -1;
	if (p) {
		(void)pthread_mutex_lock(&r->all->lock);
		struct warmth *w = &r->view.warmth[0];
		*w = (struct warmth){.first_ns = reply.latency_ns, .last_ns = reply.latency_ns,
				     .requests = 1};
		str_cut_copy(w->ask, sizeof(w->ask), probe_asks(p, 0));
		(void)pthread_mutex_unlock(&r->all->lock);
	}
	return 0;
}

/* Each modality that will be used, once cold and some times warm. */
static int warm_up(struct replica *r, struct probe *p, char *why, size_t size)
{
	const struct unit *u = r->launch->unit;
	const char *ask;
	struct probe_reply reply;
	struct err e;
	for (size_t i = 0; (ask = probe_asks(p, i)) && i < REPLICA_ASKS_MAX; i++) {
		struct warmth *w = &r->view.warmth[i];
		while (w->requests < u->warmup + 1 && !stopping(r)) {
			if (probe_ask(p, i, u->request_ns, &reply, &e) < 0) {
				(void)snprintf(why, size, "%.300s", e.text);
				return -1;
			}
			if (!reply.ok) {
				(void)snprintf(why, size, "warm-up: %.300s", reply.words);
				return -1;
			}
			(void)pthread_mutex_lock(&r->all->lock);
			str_cut_copy(w->ask, sizeof(w->ask), ask);
			w->first_ns = w->first_ns ? w->first_ns : reply.latency_ns;
			w->last_ns = reply.latency_ns;
			w->requests++;
			supervisor_write(r->all);
			(void)pthread_mutex_unlock(&r->all->lock);
		}
	}
	return 0;
}

struct loading {
	struct replica *replica;
	struct probe *probe;
};

static int one_request(void *ctx)
{
	struct loading *l = ctx;
	struct probe_reply reply;
	struct err e;
	if (stopping(l->replica))
		return -1;
	return probe_ask(l->probe, 0, l->replica->launch->unit->request_ns, &reply, &e) < 0 ||
	       !reply.ok ? -1 : 0;
}

/* Half of what the weights take on disk counts as the model being there (32 bit files are served
 * in 16). */
static uint64_t growth_wanted(const struct unit *u)
{
	CLEANUP(arena_freep) struct arena *a = arena_new();
	struct model_files files = {0};
	struct err e;
	if (!u->model || model_files_read(u->model, a, &files, &e) < 0 || !files.bytes)
		return GROWTH_DEFAULT;
	return files.bytes / 2;
}

static int prove(struct replica *r, struct probe *p, const struct accels *before, char *why,
		 size_t size)
{
	const struct launch *l = r->launch;
	pid_t pids[PIDS_MAX];
	struct loading loading = {r, p};
	struct proof proof;
	if (l->n_devices == 0 || l->unit->proof == PROOF_OFF)
		return 0;
	size_t n = state_find_marked(l->state, l->id, pids, PIDS_MAX);
	struct proof_ask ask = {
		.ids = l->devices, .n = l->n_devices, .before = before,
		.growth_min = growth_wanted(l->unit), .pids = pids,
		.n_pids = MIN(n, (size_t)PIDS_MAX), .load = p ? one_request : NULL, .ctx = &loading,
		.load_ns = PROOF_LOAD_NS,
	};
	accel_prove(&ask, &proof);
	(void)pthread_mutex_lock(&r->all->lock);
	r->view.proof = proof;
	(void)pthread_mutex_unlock(&r->all->lock);
	if (stopping(r) || proof.state == PROOF_HOLDS ||
	    (proof.state == PROOF_UNKNOWN && l->unit->proof != PROOF_REQUIRED))
		return 0;
	(void)snprintf(why, size, "it answers, but %s on device %lld: it runs on the CPU "
		       "(devices: [cpu] if that is meant): %s",
		       proof.state == PROOF_REFUTED ? "nothing happens" :
		       "it cannot be proven to be", (long long)l->devices[0], proof.words);
	return -1;
}

static void end_process(struct replica *r)
{
	const struct launch *l = r->launch;
	if (r->pid > 0)
		(void)process_end(r->pid, l->unit->grace_ns);
	set_process(r, 0);
	if (l->container) {
		const char *argv[] = {l->unit->inside.runtime, "rm", "--force", l->container, NULL};
		CLEANUP(buf_release) struct buf out = BUF_INIT(4096);
		int status;
		(void)process_run(argv, NULL, 30 * NS_PER_S, true, &out, &status, NULL);
	}
	/* Its helpers in groups of their own. */
	(void)state_end_marked(l->state, l->id, NS_PER_S);
}

static enum end be_ready(struct replica *r, uint64_t start_ns, uint64_t *ret_steady, char *why,
			 size_t size)
{
	uint64_t ready = clock_now();
	r->was_ready = true;
	(void)pthread_mutex_lock(&r->all->lock);
	r->view.ready_ns = ready - start_ns;
	(void)pthread_mutex_unlock(&r->all->lock);
	replica_say(r, REPLICA_READY, "%s", "");
	while (!stopping(r)) {
		limit_log(r->launch);
		if (has_ended(r, clock_now() + WATCH_EVERY_NS, why, size)) {
			*ret_steady = clock_now() - ready;
			return stopping(r) ? END_STOPPED : END_DIED;
		}
	}
	return END_STOPPED;
}

/* From start to end, once. */
static enum end live(struct replica *r, uint64_t *ret_steady, char *why, size_t size)
{
	const struct unit *u = r->launch->unit;
	CLEANUP(arena_freep) struct arena *a = arena_new();
	struct accels before = *r->all->spec->before;
	struct probe *p = NULL;
	struct err e;
	bool dead = false;
	uint64_t begin = clock_now();
	enum end end = END_HOPELESS;
	/* Started again: what others have taken meanwhile is not its own growth. */
	if (r->view.restarts > 0 && r->launch->n_devices > 0)
		(void)accels_read(a, &before, &e);
	if (u->protocol && u->ready.request &&
	    probe_new(r->launch, r->all->media, &p, &e) < 0) {
		(void)snprintf(why, size, "%.300s", e.text);
		return END_HOPELESS;
	}
	if (start(r, &e) < 0) {
		(void)snprintf(why, size, "%.300s", e.text);
	} else {
		replica_say(r, REPLICA_STARTING, "%s", "");
		if (wait_ready(r, p, begin + u->ready.within_ns, why, size, &dead) < 0) {
			end = stopping(r) ? END_STOPPED : dead ? END_DIED : END_HOPELESS;
		} else {
			replica_say(r, REPLICA_WARMING, "%s", "");
			if ((p && warm_up(r, p, why, size) < 0) ||
			    prove(r, p, &before, why, size) < 0)
				end = stopping(r) ? END_STOPPED : END_HOPELESS;
			else
				end = be_ready(r, begin, ret_steady, why, size);
		}
	}
	if (end == END_DIED)
		r->pid = 0;	/* reaped */
	end_process(r);
	p = probe_free(p);
	return end;
}

/* Shall it be started again? One that has never worked will not work the next time either. */
static bool again(const struct replica *r, enum end end)
{
	const struct unit *u = r->launch->unit;
	if (u->restart == RESTART_NEVER || (!r->was_ready && u->restart != RESTART_ALWAYS))
		return false;
	if (end == END_DIED && r->status == 0 && u->restart == RESTART_ON_FAILURE)
		return false;
	return u->restarts_max == 0 || r->view.restarts < u->restarts_max;
}

void *replica_main(void *replica)
{
	struct replica *r = replica;
	const struct unit *u = r->launch->unit;
	uint64_t backoff = u->backoff_ns;
	char why[400] = "";
	while (!stopping(r)) {
		uint64_t steady = 0;
		enum end end = live(r, &steady, why, sizeof(why));
		if (end == END_STOPPED || stopping(r))
			break;
		if (!again(r, end)) {
			replica_say(r, REPLICA_FAILED, "%s", why);
			return NULL;
		}
		if (steady > STEADY_NS)
			backoff = u->backoff_ns;
		replica_say(r, REPLICA_BACKOFF, "%s; started again after %.3g s", why,
			    ns_to_s(backoff));
		rest(r, backoff);
		backoff = MIN(backoff * 2, u->backoff_ns * BACKOFF_TIMES);
		(void)pthread_mutex_lock(&r->all->lock);
		r->view.restarts++;
		(void)pthread_mutex_unlock(&r->all->lock);
	}
	replica_say(r, REPLICA_STOPPED, "%s", "");
	return NULL;
}
