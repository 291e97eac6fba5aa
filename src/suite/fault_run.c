/* src/suite/fault_run.c - see fault_run.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "suite/fault_run.h"

#include <math.h>

#include "base/clock.h"
#include "base/stop.h"
#include "protocols/protocol.h"

#define HEALTH_NS	 (2 * NS_PER_S)
#define POLL_NS		 (25 * NS_PER_MS)
#define SHORT_NS	 (1500 * NS_PER_MS)	/* a stumble, not a state: shorter than this */
#define SETTLE_NS	 (3 * NS_PER_S)
#define LONGER_NS	 (15 * NS_PER_S)	/* we wait for a reply beyond its deadline */
#define MIB		 (1024.0 * 1024.0)
#define GROWTH		 (16 * MIB)		/* of memory, that makes us look again */
#define GROWTH_AGAIN	 (6 * MIB)		/* and each time the case is repeated */
#define PEAK		 (512 * MIB)		/* above rest, and 8 times what was sent */
#define LOG_BYTES	 (64.0 * 1024)
#define REPEATS		 4
#define BASE64_RUN	 256

/* ---- health ---- */

static int ask_health(struct bench *b, const char *path, int *ret_status)
{
	CLEANUP(buf_release) struct buf body = BUF_INIT(65536);
	struct get_reply reply = {0};
	struct client *client = NULL;
	struct err e;
	if (client_new(b->service, &client, &e) < 0)
		return -1;
	int rc = client_get(client, path, HEALTH_NS, &body, &reply, &e);
	(void)client_free(client);
	*ret_status = reply.status;
	return rc;
}

static bool healthy(struct bench *b)
{
	int status = 0;
	return b->health && ask_health(b, b->health, &status) == 0 && status == 200;
}

/* The route that says 200 while the service is at rest. */
static void find_health(struct bench *b)
{
	const char *const routes[] = {"/health", b->service->protocol->health, "/v1/models"};
	for (size_t i = 0; i < ARRAY_LEN(routes) && !b->health; i++) {
		b->health = routes[i];
		if (b->health && !healthy(b))
			b->health = NULL;
	}
}

/* ---- R6 ---- */

/* Wait until everything that can be counted is back; what is then. */
static void settle(struct bench *b, struct usage *ret)
{
	uint64_t start = clock_now();
	for (;;) {
		watch_read(b->watch, ret);
		uint64_t took = clock_now() - start;
		bool back = !(ret->fds > b->base.fds) && !(ret->threads > b->base.threads) &&
			    !(ret->close_wait > b->base.close_wait) &&
			    !(ret->running > b->base.running);
		bool slim = !(ret->rss > b->base.rss + GROWTH);
		if ((back && (slim || took > SETTLE_NS / 6)) || took > SETTLE_NS ||
		    stop_requested())
			return;
		(void)clock_sleep_until(clock_now() + POLL_NS);
	}
}

/* What of this grew, in words; false: nothing. `mib`: how much memory counts. */
static bool grew(const struct usage *from, const struct usage *to, double mib, char *what,
		 size_t size)
{
	if (to->running > from->running)
		(void)snprintf(what, size, "%.0f requests are still running, %.0f before",
			       to->running, from->running);
	else if (to->fds > from->fds)
		(void)snprintf(what, size, "%.0f open files instead of %.0f", to->fds, from->fds);
	else if (to->close_wait > from->close_wait)
		(void)snprintf(what, size, "%.0f connections in CLOSE_WAIT instead of %.0f",
			       to->close_wait, from->close_wait);
	else if (to->threads > from->threads)
		(void)snprintf(what, size, "%.0f threads instead of %.0f", to->threads,
			       from->threads);
	else if (to->rss > from->rss + mib)
		(void)snprintf(what, size, "memory grew by %.1f MiB to %.1f MiB",
			       (to->rss - from->rss) / MIB, to->rss / MIB);
	else
		return false;
	return true;
}

static void judge_peak(struct bench *b, struct fault *f, const struct usage *after)
{
	double more = after->peak - b->base.rss;
	double budget = MAX(PEAK, 8 * (double)f->sent_bytes);
	if (more > budget)
		fault_find(f, "leak", "memory rose by %.0f MiB for %.2f MiB that were sent; "
			   "%.0f MiB allowed", more / MIB, (double)f->sent_bytes / MIB,
			   budget / MIB);
}

/* ---- R7 ---- */

static bool has_base64(const char *text)
{
	size_t run = 0;
	for (; *text && run < BASE64_RUN; text++) {
		bool in = (*text >= 'a' && *text <= 'z') || (*text >= 'A' && *text <= 'Z') ||
			  (*text >= '0' && *text <= '9') || *text == '+' || *text == '/';
		run = in ? run + 1 : 0;
	}
	return run == BASE64_RUN;
}

static void judge_log(struct bench *b, struct fault *f, const struct usage *after)
{
	char tail[16384];
	double more = after->log_bytes - b->base.log_bytes;
	watch_log_tail(b->watch, b->base.log_bytes, tail, sizeof(tail));
	if (more > MAX(LOG_BYTES, (double)f->sent_bytes / 4))
		fault_find(f, "leak", "the log grew by %.0f KiB", more / 1024);
	else if (more > 0 && has_base64(tail))
		fault_find(f, "leak", "the log holds the input in base64");
}

/* ---- R4, R5 ---- */

static bool has_ended(struct bench *b)
{
	return (b->deployed && !deploy_alive(b->deployed, NULL)) || watch_gone(b->watch);
}

static void give_up(struct bench *b, const char *why)
{
	b->gone = true;
	str_cut_copy(b->why_gone, sizeof(b->why_gone), why);
}

static void restart(struct bench *b)
{
	struct err e;
	struct canary_report r = {0};
	if (deploy_restart(b->deployed, &e) < 0 || deploy_wait(b->deployed, &e) < 0)
		give_up(b, e.text);
	else if (watch_again(b->watch, deploy_pid(b->deployed)), !canary_ask(b->canary, &r))
		give_up(b, r.detail);
}

/* The service ended: start it again, or wait for who does. */
static void bring_back(struct bench *b, struct fault *f, const char *what)
{
	uint64_t start = clock_now();
	struct canary_report r = {0};
	if (b->deployed) {
		restart(b);
		fault_find(f, "dead", "%s; %s", what, b->gone ? "it could not be started again"
								 : "it was started again");
		return;
	}
	while (clock_now() - start < b->recover_ns && !stop_requested()) {
		(void)clock_sleep_until(clock_now() + 4 * POLL_NS);
		if (!canary_ask(b->canary, &r))
			continue;
		watch_again(b->watch, 0);
		fault_find(f, "dead", "%s; good requests were answered again after %.1f s", what,
			   ns_to_s(clock_now() - start));
		return;
	}
	give_up(b, what);
	fault_find(f, "dead", "%s; no good request was answered for %.0f s", what,
		   ns_to_s(b->recover_ns));
}

/* A good request failed after the fault. Is that a stumble, a lie, or the end? */
static void look_closer(struct bench *b, struct fault *f, const struct canary_report *first)
{
	uint64_t start = clock_now();
	bool said_well = false;
	while (!has_ended(b) && clock_now() - start < b->recover_ns && !stop_requested()) {
		struct canary_report r = {0};
		bool health = healthy(b);
		bool well = canary_ask(b->canary, &r);
		uint64_t took = clock_now() - start;
		if (well) {
			bool lied = said_well && took > SHORT_NS;
			fault_find(f, lied ? "lied" : "collateral",
				   "%sthe next good request failed: %s; it worked again after "
				   "%.1f s",
				   lied ? "health said 200 meanwhile: " : "", first->detail,
				   ns_to_s(took));
			return;
		}
		said_well = health;
		if (r.outcome == OUTCOME_CONNECT && !health && took > SHORT_NS)
			break;
		(void)clock_sleep_until(clock_now() + POLL_NS);
	}
	if (stop_requested())
		return;
	if (!has_ended(b) && said_well && !b->deployed) {
		fault_find(f, "lied", "health says 200, but good requests fail: %s",
			   first->detail);
		give_up(b, first->detail);
		return;
	}
	if (!has_ended(b) && said_well)
		fault_find(f, "lied", "health says 200, but good requests fail: %s; it was started "
			   "again", first->detail);
	char what[400];
	(void)snprintf(what, sizeof(what), "%s: %s",
		       has_ended(b) ? "the service ended" : "good requests fail", first->detail);
	if (f->finding && strcmp(f->finding, "lied") == 0)
		restart(b);
	else
		bring_back(b, f, what);
}

static void judge_canaries(struct bench *b, struct fault *f, const struct canary_report *beside)
{
	struct canary_report after = {0};
	bool well = canary_ask(b->canary, &after);
	if (has_ended(b))
		bring_back(b, f, "the service ended");
	else if (!well)
		look_closer(b, f, &after);
	else if (b->health && !healthy(b) && !healthy(b))
		fault_find(f, "lied", "a good request is answered, but health says no");
	if (beside->wrong || beside->failed)
		fault_find(f, "collateral", "%llu of %llu good requests beside it %s: %s",
			   (unsigned long long)(beside->wrong + beside->failed),
			   (unsigned long long)beside->sent,
			   beside->wrong ? "got a wrong answer" : "failed", beside->detail);
}

/* ---- a case ---- */

static void judge_deadline(struct bench *b, struct fault *f, const struct canary_report *beside)
{
	uint64_t good = MAX(canary_rest_ns(b->canary), beside->slowest_ns);
	uint64_t deadline = fault_deadline(f->c, good);
	if (f->slowest_ns > deadline)
		fault_find(f, "slow", "answered after %.1f s, at most %.1f s allowed",
			   ns_to_s(f->slowest_ns), ns_to_s(deadline));
}

/* Send it once, with canaries; R1 to R5. */
static int send_once(struct bench *b, struct fault *f, struct err *e)
{
	struct canary_report beside = {0};
	if (client_new(b->service, &f->client, e) < 0)
		return -1;
	int rc = canary_start(b->canary, f->patience_ns, e);
	if (rc == 0)
		(void)f->c->send(f);
	canary_stop(b->canary, &beside);
	f->client = client_free(f->client);
	if (rc < 0)
		return -1;
	judge_deadline(b, f, &beside);
	judge_canaries(b, f, &beside);
	return 0;
}

/* R6: something grew. Memory and pools may grow once; what grows each time leaks. */
static int repeat(struct bench *b, struct fault *f, struct usage *now, const char *first,
		  struct err *e)
{
	char what[160];
	for (int i = 0; i < REPEATS && !b->gone && !stop_requested(); i++) {
		struct usage before = *now;
		struct usage rest = b->base;
		if (send_once(b, f, e) < 0)
			return -1;
		b->base = before;
		settle(b, now);
		b->base = rest;
		if (!grew(&before, now, GROWTH_AGAIN, what, sizeof(what)))
			return 0;
	}
	if (!b->gone)
		fault_find(f, "leak", "%s; and it grew as often as the case was repeated: %s",
			   first, what);
	return 0;
}

static int judge_usage(struct bench *b, struct fault *f, struct err *e)
{
	struct usage after;
	char what[160];
	int rc = 0;
	settle(b, &after);
	judge_peak(b, f, &after);
	judge_log(b, f, &after);
	if (after.running > b->base.running)
		fault_find(f, "leak", "%.0f requests still run %.0f s after it",
			   after.running, ns_to_s(SETTLE_NS));
	else if (grew(&b->base, &after, GROWTH, what, sizeof(what)))
		rc = repeat(b, f, &after, what, e);
	b->base = after;
	return rc;
}

static void begin(struct bench *b, const struct fault_case *c, struct fault *f)
{
	*f = (struct fault){.c = c,
			    .env = b->env,
			    .service = b->service,
			    .canary = b->canary,
			    .scratch = arena_new(),
			    .good = canary_sample(b->canary),
			    .marker = "XMARKERX",
			    .start_ns = clock_now()};
	rng_init_named(&f->rng, (uint64_t)b->seed, c->id);
	f->patience_ns = fault_deadline(c, canary_rest_ns(b->canary)) + LONGER_NS;
	if (b->gone)
		fault_skip(f, "the service is gone: %.150s", b->why_gone);
}

int bench_run(struct bench *b, const struct fault_case *c, struct fault *f, struct err *e)
{
	begin(b, c, f);
	if (b->gone)
		return 0;
	watch_reset_peak(b->watch);
	if (send_once(b, f, e) < 0)
		return -1;
	if (b->gone)
		return 0;
	bool fell = f->finding && strcmp(f->finding, "dead") == 0;
	if (fell)	/* another process: what it holds is new */
		watch_read(b->watch, &b->base);
	else if (judge_usage(b, f, e) < 0)
		return -1;
	return 0;
}

/* ---- some cases between the same canaries ---- */

bool bench_is_cheap(const struct fault_case *c)
{
	return c->deadline <= 10 && !c->heavy && !c->once;
}

static int send_some(struct bench *b, struct fault *f, size_t n, struct canary_report *beside,
		     struct err *e)
{
	int rc = canary_start(b->canary, f->patience_ns, e);
	for (size_t i = 0; rc == 0 && i < n; i++) {
		rc = client_new(b->service, &f[i].client, e);
		f[i].start_ns = clock_now();
		if (rc == 0)
			(void)f[i].c->send(&f[i]);
		f[i].client = client_free(f[i].client);
		f[i].end_ns = clock_now();
	}
	canary_stop(b->canary, beside);
	return rc;
}

/* Is anything but the replies other than it should be? */
static bool something_wrong(struct bench *b, const struct fault *f, size_t n)
{
	struct fault all = {.c = f->c};
	struct canary_report after = {0};
	struct usage now;
	char what[160];
	bool fine = canary_ask(b->canary, &after) && !has_ended(b) &&
		    (!b->health || healthy(b) || healthy(b));
	settle(b, &now);
	for (size_t i = 0; i < n; i++)
		all.sent_bytes += f[i].sent_bytes;
	judge_peak(b, &all, &now);
	judge_log(b, &all, &now);
	bool more = grew(&b->base, &now, GROWTH, what, sizeof(what));
	if (fine && !more)
		b->base = now;
	return !fine || more || all.finding;
}

/* Each again, alone, when the service is well. */
static int run_each(struct bench *b, const struct fault_case *const *cases, size_t n,
		    struct fault *f, const struct canary_report *beside, struct err *e)
{
	struct fault lost = {.c = f->c};
	struct canary_report r = {0};
	bool found = false;
	if (!canary_ask(b->canary, &r) || has_ended(b))
		look_closer(b, &lost, &r);
	watch_read(b->watch, &b->base);
	for (size_t i = 0; i < n; i++) {
		(void)arena_free(f[i].scratch);
		f[i].scratch = NULL;
	}
	for (size_t i = 0; i < n; i++) {
		if (bench_run(b, cases[i], &f[i], e) < 0)
			return -1;
		f[i].end_ns = clock_now();
		found |= f[i].finding != NULL;
	}
	if (found || (!lost.finding && beside->wrong + beside->failed == 0))
		return 0;
	fault_find(&f[n - 1], lost.finding ? lost.finding : "collateral",
		   "seen when the cases %s to %s were sent in a row, not with each alone: %.300s",
		   cases[0]->id, cases[n - 1]->id, lost.finding ? lost.detail : beside->detail);
	return 0;
}

int bench_run_some(struct bench *b, const struct fault_case *const *cases, size_t n,
		   struct fault *f, struct err *e)
{
	struct canary_report beside = {0};
	for (size_t i = 0; i < n; i++)
		begin(b, cases[i], &f[i]);
	if (b->gone)
		return 0;
	watch_reset_peak(b->watch);
	if (send_some(b, f, n, &beside, e) < 0)
		return -1;
	if (beside.wrong || beside.failed || something_wrong(b, f, n))
		return run_each(b, cases, n, f, &beside, e);
	for (size_t i = 0; i < n; i++)
		judge_deadline(b, &f[i], &beside);
	return 0;
}

int bench_open(struct bench *b, struct err *e)
{
	b->watch = watch_new(b->service, b->deployed ? deploy_pid(b->deployed) : 0);
	if (!b->watch)
		return err_set(e, ERR_SYSTEM, "no memory for the fault suite");
	if (canary_new(b->service, b->env, &b->canary, e) < 0)
		return -1;
	find_health(b);
	struct canary_report r = {0};
	(void)canary_ask(b->canary, &r);
	watch_read(b->watch, &b->base);
	struct usage now;
	settle(b, &now);	/* connections of the learning are closed by then */
	for (int i = 0; i < 10; i++) {
		(void)clock_sleep_until(clock_now() + POLL_NS);
		b->base = now;
		watch_read(b->watch, &now);
	}
	return 0;
}

void bench_close(struct bench *b)
{
	b->canary = canary_free(b->canary);
	b->watch = watch_free(b->watch);
}
