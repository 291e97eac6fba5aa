/* src/suite/fault_run.c - see fault_run.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "suite/fault_run.h"

#include <math.h>

#include "base/clock.h"
#include "base/stop.h"
#include "base/str.h"
#include "protocols/protocol.h"
#include "suite/fault_usage.h"

#define HEALTH_NS	 (2 * NS_PER_S)
#define POLL_NS		 (25 * NS_PER_MS)
#define SHORT_NS	 (1500 * NS_PER_MS)	/* a stumble, not a state: shorter than this */
#define LONGER_NS	 (15 * NS_PER_S)	/* we wait for a reply beyond its deadline */
#define PAUSE_NS	 NS_PER_S		/* that others may have to wait beyond it */

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

/* It answers, and otherwise than before: what the fault set stays set. From here on another answer
 * is the right one, where nobody can start the service afresh. */
static void changed(struct bench *b, struct fault *f, const struct canary_report *first)
{
	struct canary *fresh = NULL;
	struct err e;
	fault_find(f, "collateral", "good requests are answered otherwise since: %s%s",
		   first->detail, b->deployed ? "; it was started again" : "");
	if (b->deployed) {
		restart(b);
		return;
	}
	if (canary_new(b->service, b->env, &fresh, &e) < 0) {
		give_up(b, e.text);
		return;
	}
	(void)canary_free(b->canary);
	b->canary = f->canary = fresh;
	f->good = canary_sample(fresh);
}

static void lies(struct bench *b, struct fault *f, const struct canary_report *first)
{
	fault_find(f, "lied", "health says 200, but good requests fail: %s%s", first->detail,
		   b->deployed ? "; it was started again" : "");
	if (b->deployed)
		restart(b);
	else
		give_up(b, first->detail);
}

static void fell(struct bench *b, struct fault *f, const struct canary_report *first)
{
	char what[400];
	(void)snprintf(what, sizeof(what), "%s: %s",
		       has_ended(b) ? "the service ended" : "good requests fail", first->detail);
	bring_back(b, f, what);
}

/* A good request failed after the fault. Is that a stumble, a lie, or the end? */
static void look_closer(struct bench *b, struct fault *f, const struct canary_report *first)
{
	uint64_t start = clock_now();
	bool said_well = false;
	bool wrong = first->wrong > 0;
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
		wrong = r.wrong > 0;
		if (r.outcome == OUTCOME_CONNECT && !health && took > SHORT_NS)
			break;
		(void)clock_sleep_until(clock_now() + POLL_NS);
	}
	if (stop_requested())
		return;
	if (!has_ended(b) && wrong)
		changed(b, f, first);
	else if (!has_ended(b) && said_well)
		lies(b, f, first);
	else
		fell(b, f, first);
}

static void judge_canaries(struct bench *b, struct fault *f, const struct canary_report *beside)
{
	struct canary_report after = {0};
	bool well = canary_ask(b->canary, &after);
	b->before_ns = b->after_ns;
	b->after_ns = well ? after.slowest_ns : 0;
	if (has_ended(b))
		bring_back(b, f, "the service ended");
	else if (!well)
		look_closer(b, f, &after);
	else if (b->health && !healthy(b) && !healthy(b))
		fault_find(f, "lied", "a good request is answered, but health says no");
	if (beside->wrong || beside->failed)
		fault_find(f, "collateral", "%llu of %llu good request%s beside it %s: %s",
			   (unsigned long long)(beside->wrong + beside->failed),
			   (unsigned long long)beside->sent, str_plural(beside->sent),
			   beside->wrong ? "got a wrong answer" : "failed", beside->detail);
}

/* ---- a case ---- */

/* R3, and R4 of time. What good requests take before and after it is the measure: a machine that
 * is busy with something else slows these, too, and a fault that slows all the others shows beside
 * it alone. */
static void judge_times(struct bench *b, struct fault *f, const struct canary_report *beside)
{
	uint64_t good = MAX(canary_rest_ns(b->canary), MAX(b->before_ns, b->after_ns));
	uint64_t deadline = fault_deadline(f, good);
	if (f->finding && strcmp(f->finding, "slow") != 0)
		return;		/* worse than late */
	if (f->slowest_ns > deadline) {
		fault_find(f, "slow", "answered after %.1f s, at most %.1f s allowed (a good "
			   "request takes %.2f s)", ns_to_s(f->slowest_ns), ns_to_s(deadline),
			   ns_to_s(good));
		f->late = true;
	} else if (beside->slowest_ns > deadline + PAUSE_NS) {
		fault_find(f, "collateral", "a good request beside it took %.1f s, before and "
			   "after it %.2f s", ns_to_s(beside->slowest_ns), ns_to_s(good));
		f->late = true;
	}
}

/* Send it once, with canaries; R1 to R5. */
int bench_send(struct bench *b, struct fault *f, struct err *e)
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
	judge_canaries(b, f, &beside);
	judge_times(b, f, &beside);
	return 0;
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
	f->health = b->health;
	f->patience_ns = fault_deadline(f, canary_rest_ns(b->canary)) + LONGER_NS;
	if (b->gone)
		fault_skip(f, "the service is gone: %.150s", b->why_gone);
}

/* Was a time all that was wrong? */
static bool only_late(const struct bench *b, const struct fault *f)
{
	return f->finding && !b->gone && !stop_requested() &&
	       (f->late || strcmp(f->finding, "slow") == 0) &&
	       (strcmp(f->finding, "slow") == 0 || strcmp(f->finding, "collateral") == 0);
}

/* A moment in which the machine stood still is no finding: what is late must be late again. */
static int send_again(struct bench *b, struct fault *f, struct err *e)
{
	char first[sizeof(f->detail)];
	(void)snprintf(first, sizeof(first), "%s", f->detail);
	f->finding = NULL;
	f->detail[0] = '\0';
	f->late = false;
	f->slowest_ns = 0;
	if (bench_send(b, f, e) < 0)
		return -1;
	if (!f->finding)
		fault_saw(f, "once late, not again: %.150s", first);
	return 0;
}

int bench_run(struct bench *b, const struct fault_case *c, struct fault *f, struct err *e)
{
	begin(b, c, f);
	if (b->gone)
		return 0;
	watch_reset_peak(b->watch);
	if (bench_send(b, f, e) < 0 || (only_late(b, f) && send_again(b, f, e) < 0))
		return -1;
	if (b->gone)
		return 0;
	bool fell = f->finding && strcmp(f->finding, "dead") == 0;
	if (fell)	/* another process: what it holds is new */
		watch_read(b->watch, &b->base);
	else if (usage_judge(b, f, e) < 0)
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
	b->before_ns = b->after_ns;
	b->after_ns = fine ? after.slowest_ns : 0;
	usage_settle(b, &now);
	for (size_t i = 0; i < n; i++)
		all.sent_bytes += f[i].sent_bytes, all.requests += f[i].requests;
	usage_judge_peak(b, &all, &now);
	usage_judge_log(b, &all, &now);
	bool more = usage_grew(b, &b->base, &now, what, sizeof(what));
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
	bool late = false;
	bool wrong = beside.wrong || beside.failed || something_wrong(b, f, n);
	for (size_t i = 0; i < n && !wrong; i++) {
		judge_times(b, &f[i], &beside);
		late |= only_late(b, &f[i]);
	}
	return wrong || late ? run_each(b, cases, n, f, &beside, e) : 0;
}

int bench_open(struct bench *b, struct err *e)
{
	b->watch = watch_new(b->service, b->deployed ? deploy_pid(b->deployed) : 0);
	if (!b->watch)
		return err_set(e, ERR_SYSTEM, "no memory for the fault suite");
	if (canary_new(b->service, b->env, &b->canary, e) < 0)
		return -1;
	find_health(b);
	watch_read(b->watch, &b->base);
	usage_learn(b);
	struct usage now;
	usage_settle(b, &now);	/* connections of the learning are closed by then */
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
