/* src/load/load.c - see load.h: phases, threads, and what they found into a struct run.
 * SPDX-License-Identifier: Apache-2.0 */
#include "load/load.h"

#include <math.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/rng.h"
#include "base/stop.h"
#include "base/util.h"
#include "load/enough.h"
#include "load/lane.h"
#include "load/schedule.h"
#include "load/team.h"
#include "load/trace.h"
#include "load/work.h"

#define PROGRESS_EVERY_MS 500
#define PULSE_EVERY_MS 200		/* the same with other ranks, which may want an end */
#define LOOK_TOGETHER_EVERY NS_PER_S	/* at what all ranks know, where that ends the run */
#define LEAD (20 * NS_PER_MS)		/* from starting the threads to the first request */
#define LEAD_TOGETHER (100 * NS_PER_MS)	/* the same, when other ranks must hear of it first */
#define DRAIN_LIMIT (5 * NS_PER_S)	/* for requests under way when the user ends the run */
#define DRAIN_LIMIT_TOGETHER (200 * NS_PER_MS)	/* a launcher kills what takes 2 s to end */
#define LAG_TOLERATED (NS_PER_MS)	/* of the last arrival, before it counts against the rate */
#define UNCAPPED_FILES 8192

struct driver {
	struct common common;
	struct load_spec spec;
	struct site site;
	struct trace trace;
	struct pictures *pictures;
	uint32_t *order;
	struct lane **lanes;
	struct team team;
	struct enough enough;
	struct deal deals[2];		/* of the warm-up, of the measured ones */
	bool idle;			/* this rank has no share */
	uint64_t warmup_of_all;
	struct result *result;		/* of run */
	struct run *run;		/* what this process measures */
	struct run *whole;		/* rank 0 of several: all of them together; else NULL */
	const struct progress *progress;
	const char *phase_name;
	bool warming;
	uint64_t told_ns, told_ok;	/* at the last progress */
};

static bool is_open_loop(const struct driver *d)
{
	return load_law(&d->spec) != ARRIVAL_CLOSED;
}

static size_t lanes_wanted(const struct driver *d)
{
	size_t threads = (size_t)MAX(d->spec.threads, (int64_t)1);
	size_t at_once = (size_t)MAX(d->spec.concurrency, (int64_t)1);
	return is_open_loop(d) && d->spec.concurrency == 0 ? threads : MIN(threads, at_once);
}

static int allow_files(const struct driver *d, struct err *e)
{
	if (d->spec.concurrency > 0)
		return site_allow_files((uint64_t)d->spec.concurrency, e);
	/* nobody knows how many: as many as may be; too few show as failed connections */
	for (uint64_t n = UNCAPPED_FILES; n > 256; n /= 2)
		if (site_allow_files(n, NULL) == 0)
			break;
	return 0;
}

static int prepare_arrivals(struct driver *d, struct err *e)
{
	if (load_law(&d->spec) != ARRIVAL_TRACE)
		return 0;
	d->common.trace = &d->trace;
	if (trace_read(d->spec.trace, &d->trace, e) != 0)
		return -1;
	if (d->spec.duration_ns == 0 &&
	    (d->spec.requests == 0 || (uint64_t)d->spec.requests > d->trace.n))
		d->spec.requests = (int64_t)d->trace.n;
	return 0;
}

/* Two runs of a million pictures each share none, in all but one case of two thousand. */
static uint32_t first_version(uint64_t nonce)
{
	struct rng rng;
	rng_init(&rng, nonce);
	return (uint32_t)rng_next(&rng);
}

static int driver_init(struct driver *d, const struct load_spec *spec,
		       const struct load_work *work, struct result *r, struct err *e)
{
	d->spec = *spec;
	d->spec.window_ns = MAX(d->spec.window_ns ? d->spec.window_ns : NS_PER_S,
				d->spec.duration_ns / TIMELINE_WINDOWS_MAX);
	d->common.done_fd = -1;
	if (load_check(&d->spec, e) != 0 || work_check(work, spec, e) != 0 ||
	    prepare_arrivals(d, e) != 0 ||
	    team_check(&d->spec, dist_size(work->dist), e) != 0)
		return -1;
	if (enough_init(&d->enough, &d->spec.until, e) != 0)
		return -1;
	d->warmup_of_all = (uint64_t)d->spec.warmup;
	int rank = dist_rank(work->dist), ranks = dist_size(work->dist);
	if (deal_init(&d->deals[0], &d->spec, true, 0, rank, ranks, e) != 0 ||
	    deal_init(&d->deals[1], &d->spec, false, d->warmup_of_all, rank, ranks, e) != 0)
		return -1;
	d->idle = !team_share(&d->spec, rank, ranks);
	if (allow_files(d, e) != 0 || work_order(work, d->spec.seed, &d->order, e) != 0 ||
	    site_init(&d->site, work->service, e) != 0)
		return -1;
	d->common.spec = &d->spec;
	d->common.work = work;
	d->common.site = &d->site;
	d->common.order = d->order;
	if (work->unique_images && strcmp(work->service->kind, "chat") == 0 &&
	    pictures_new(work->samples, work->n_samples, r, &d->pictures, e) != 0)
		return -1;
	d->common.pictures = d->pictures;
	d->common.limits = limits_of(r, d->whole ? d->whole : d->run, work->ask.stream);
	d->common.drain_ns = d->team.dist ? DRAIN_LIMIT_TOGETHER : DRAIN_LIMIT;
	d->common.per_10s = per_10s_of(work->samples, work->n_samples);
	d->common.n_lanes = lanes_wanted(d);
	d->common.done_fd = eventfd(0, EFD_CLOEXEC);
	d->lanes = calloc(d->common.n_lanes, sizeof(struct lane *));
	if (d->common.done_fd < 0 || !d->lanes)
		return err_sys(e, "cannot set up a load");
	for (size_t i = 0; i < d->common.n_lanes; i++)
		if (lane_new(&d->common, i, &d->lanes[i], e) != 0)
			return -1;
	return 0;
}

static void driver_release(struct driver *d)
{
	for (size_t i = 0; d->lanes && i < d->common.n_lanes; i++)
		(void)lane_free(d->lanes[i]);
	free(d->lanes);
	close_fd(&d->common.done_fd);
	site_release(&d->site);
	trace_release(&d->trace);
	pictures_free(d->pictures);
	free(d->order);
	enough_release(&d->enough);
	deal_release(&d->deals[0]);
	deal_release(&d->deals[1]);
	team_release(&d->team);
}

/* How far the phase is. */
static double share_done(const struct phase *p, uint64_t ended, uint64_t now)
{
	if (p->requests > 0)
		return (double)ended / (double)p->requests;
	return now < p->start ? 0 :
	       fmin(1, (double)(now - p->start) / (double)(p->end - p->start));
}

/* Rank 0 sees what all have seen, and says when it is enough. */
static void check_enough(struct driver *d, bool over)
{
	if (d->warming)
		return;
	struct hist *seen = enough_look(&d->enough, d->lanes, d->common.n_lanes,
					d->team.dist ? LOOK_TOGETHER_EVERY : 0, over);
	if (!seen)
		return;
	team_add_seen(&d->team, seen);
	if (dist_rank(d->team.dist) == 0 && !over && enough_is_known(&d->enough, seen))
		team_say_enough(&d->team);
}

/* How this process stands. */
static struct team_state stand(struct driver *d, bool over)
{
	struct team_state s = {
		.in_flight = atomic_load_explicit(&d->common.in_flight, memory_order_relaxed),
		.p50_s = (double)NAN,
		.p99_s = (double)NAN,
		.lanes = over ? 0 : d->common.n_lanes,
	};
	for (size_t i = 0; i < d->common.n_lanes; i++) {
		struct lane_now x = lane_now(d->lanes[i]);
		s.ok += x.ok;
		s.failed += x.failed;
		/* for the eye only: of the slowest thread, so far */
		s.p50_s = fmax(isnan(s.p50_s) ? x.p50_s : s.p50_s, x.p50_s);
		s.p99_s = fmax(isnan(s.p99_s) ? x.p99_s : s.p99_s, x.p99_s);
	}
	return s;
}

static void tell(struct driver *d, const struct phase *p, bool over)
{
	uint64_t now = clock_now();
	struct team_state all = stand(d, over);
	team_pulse(&d->team, &all);
	check_enough(d, over);
	d->enough.ended = d->team.enough;
	if (d->team.enough)
		atomic_store_explicit(&d->common.enough, true, memory_order_relaxed);
	struct progress_state s = {
		.phase = d->phase_name,
		.ok = all.ok,
		.failed = all.failed,
		.rate = (double)NAN,
		.in_flight = (double)all.in_flight,
		.p50_s = all.p50_s,
		.p99_s = all.p99_s,
	};
	if (d->told_ns != 0 && now > d->told_ns && s.ok >= d->told_ok)
		s.rate = (double)(s.ok - d->told_ok) / ns_to_s(now - d->told_ns);
	d->told_ns = now;
	d->told_ok = s.ok;
	s.done = share_done(p, s.ok + s.failed, now);
	progress_tell(d->progress, &s);
}

static void wait_for_lanes(struct driver *d, const struct phase *p)
{
	for (uint64_t ended = 0; ended < d->common.n_lanes;) {
		struct pollfd fd = {.fd = d->common.done_fd, .events = POLLIN};
		uint64_t more = 0;
		if (poll(&fd, 1, d->team.dist ? PULSE_EVERY_MS : PROGRESS_EVERY_MS) > 0 &&
		    read(d->common.done_fd, &more, sizeof(more)) == sizeof(more))
			ended += more;
		tell(d, p, ended == d->common.n_lanes);
	}
}

static int run_phase(struct driver *d, const struct phase *p, struct err *e)
{
	size_t started = 0;
	int rc = 0;
	while (started < d->common.n_lanes && rc == 0) {
		rc = lane_start(d->lanes[started], p, e);
		started += rc == 0;
	}
	if (rc == 0)
		wait_for_lanes(d, p);
	for (size_t i = 0; i < started; i++)
		if (lane_join(d->lanes[i], rc == 0 ? e : NULL) != 0)
			rc = -1;
	return rc;
}

static void note_first_request(const struct driver *d)
{
	struct lane_report report = lane_report(d->lanes[0]);
	if (isnan(d->run->first_request_s) && report.first_end > report.first_intended)
		d->run->first_request_s = ns_to_s(report.first_end - report.first_intended);
}

static int prepare_lanes(struct driver *d, bool measured, struct err *e)
{
	for (size_t i = 0; i < d->common.n_lanes; i++)
		if (lane_prepare(d->lanes[i], measured, e) != 0)
			return -1;
	return 0;
}

static int warm_up(struct driver *d, const char *name, struct result *r, struct err *e)
{
	uint64_t n = (uint64_t)d->spec.warmup;
	if (n == 0)
		return 0;
	if (prepare_lanes(d, false, e) != 0)
		return -1;
	struct phase p = {
		.start = clock_now() + LEAD,
		.end = UINT64_MAX,
		.send_end = UINT64_MAX,
		.requests = n,
		.stream = "warmup arrivals",
		.deal = &d->deals[0],
	};
	d->phase_name = arena_fmt(r->arena, "%s (warm-up)", name);
	d->warming = true;
	team_phase(&d->team, 0);
	if (run_phase(d, &p, e) != 0)
		return -1;
	d->warming = false;
	d->run->warmup_requests = n;	/* of this rank's share */
	note_first_request(d);
	return 0;
}

/* Asked and achieved rate: the schedule's length against the same with the delay in which we
 * met its last arrival. What the service held back is no delay of ours. */
static void find_rates(const struct driver *d, const struct phase *p,
		       const struct lane_report *all, struct totals *t)
{
	t->asked_rate = t->achieved_rate = (double)NAN;
	if (!is_open_loop(d))
		return;
	double rate = schedule_mean_rate(&d->spec, d->common.trace);
	t->asked_rate = t->achieved_rate = rate;
	uint64_t span = all->last_intended > p->start ? all->last_intended - p->start : 0;
	if (span > 0 && all->last_lag > LAG_TOLERATED)
		t->achieved_rate = rate * (double)span / (double)(span + all->last_lag);
}

/* What the lanes report beside their meters. */
static struct totals sum_reports(const struct driver *d, const struct phase *p)
{
	struct lane_report all = {0};
	struct totals t = {.threads = (int)d->common.n_lanes};
	for (size_t i = 0; i < d->common.n_lanes; i++) {
		struct lane_report x = lane_report(d->lanes[i]);
		all.cpu_ns += x.cpu_ns;
		t.reads_stamped += x.reads_stamped;
		t.reads_user += x.reads_user;
		all.peak = MAX(all.peak, x.peak);
		all.stopped_at = MAX(all.stopped_at, x.stopped_at);
		all.last_intended = MAX(all.last_intended, x.last_intended);
		all.last_lag = MAX(all.last_lag, x.last_lag);
		if (x.wall_ns > 0)
			t.busiest = fmax(t.busiest, (double)x.cpu_ns / (double)x.wall_ns);
	}
	uint64_t end = all.stopped_at != 0 ? MIN(all.stopped_at, p->end) : p->end;
	t.peak = all.peak;
	t.cpu_s = ns_to_s(all.cpu_ns);
	t.interrupted = all.stopped_at != 0 && stop_requested();
	t.window_ns = end == UINT64_MAX ? end : end > p->start ? end - p->start : 0;
	find_rates(d, p, &all, &t);
	return t;
}

/* What all lanes counted, in one meter; NULL: there was nothing to do. */
static int merge_lanes(const struct driver *d, struct meter **ret, struct err *e)
{
	*ret = d->idle ? NULL : lane_meter(d->lanes[0]);
	for (size_t i = 1; i < d->common.n_lanes && *ret; i++)
		if (meter_merge(*ret, lane_meter(d->lanes[i]), e) != 0)
			return -1;
	return 0;
}

/* This process's share into its run, and with other ranks, all of it into the whole of rank 0. */
static int finish(struct driver *d, const struct phase *p, const struct dist_start *start,
		  struct result *r, struct err *e)
{
	struct team_part part = {.totals = sum_reports(d, p)};
	struct meter *m = NULL;
	int rc = merge_lanes(d, &m, e);
	if (rc == 0 && m && d->team.dist && !(part.measured = meter_to_json(m, e)))
		rc = -1;
	if (rc == 0 && m)
		rc = team_put(d->result, d->run, &part.totals, m, p->start, e);
	note_first_request(d);
	if (d->team.dist) {
		part.host = team_own_row(&d->team, d->run, start);
		struct meter_spec spec = lane_meter_spec(&d->common, p);
		if (team_gather(&d->team, &part, &spec, r, d->whole, e) != 0)
			rc = -1;
	}
	json_decref(part.measured);
	return rc;
}

static int no_more(struct driver *d)
{
	d->run->interrupted = true;
	if (d->whole)
		d->whole->interrupted = true;
	return 0;
}

static int measure(struct driver *d, struct result *r, struct err *e)
{
	struct run *run = d->run;
	struct dist *dist = d->team.dist;
	struct dist_start start;
	const char *name = run->suite && run->name
				   ? arena_fmt(r->arena, "%s %s", run->suite, run->name) : "load";
	int rc = d->idle ? 0 : warm_up(d, name, r, e);
	if (rc == 0 && !d->idle)
		rc = prepare_lanes(d, true, e);
	if (dist_agree(dist, rc, e) < 0)
		return -1;
	if (stop_requested() ||
	    dist_start(dist, dist ? LEAD_TOGETHER : LEAD, &start, e) < 0)
		return stop_requested() ? no_more(d) : -1;
	struct phase p = {
		.start = start.at_ns,
		.requests = (uint64_t)d->spec.requests,
		.first_index = (uint64_t)d->spec.warmup,
		.stream = "arrivals",
		.deal = &d->deals[1],
		.measured = true,
	};
	p.end = d->spec.duration_ns > 0 ? p.start + d->spec.duration_ns : UINT64_MAX;
	p.send_end = p.end == UINT64_MAX ? p.end : p.end + d->spec.cooldown_ns;
	run->start_ns = p.start;
	run->start_wall_ns = clock_wall() + (p.start - clock_now());
	d->phase_name = name;
	d->told_ns = 0;
	team_phase(&d->team, 1);
	rc = d->idle ? 0 : run_phase(d, &p, e);
	if (rc == 0 || dist)
		rc = finish(d, &p, &start, r, rc == 0 ? e : NULL) < 0 ? -1 : rc;
	if (dist_rank(dist) == 0)
		enough_note(&d->enough, &d->spec.until, r, d->whole ? d->whole : run);
	if (d->whole) {
		d->whole->start_ns = run->start_ns;
		d->whole->start_wall_ns = run->start_wall_ns;
		d->whole->first_request_s = run->first_request_s;
		d->whole->warmup_requests = d->warmup_of_all;
	}
	return dist_agree(dist, rc, e);
}

/* With other ranks rank 0 has two runs: its own share goes into a result of its own. */
static void make_runs(struct driver *d, const struct load_work *work, struct result *r,
		      struct run *run)
{
	d->result = r;
	d->run = run;
	if (dist_size(work->dist) == 1 || dist_rank(work->dist) != 0)
		return;
	d->whole = run;
	d->result = work->own;
	d->run = result_add_run(work->own, run->name, run->suite);
	d->run->service = run->service;
	d->run->settings = json_deep_copy(run->settings);
}

/* One number for all requests of a run, whichever rank sends them. */
static int choose_nonce(struct driver *d, struct err *e)
{
	CLEANUP(buf_release) struct buf word = BUF_INIT(sizeof(d->common.nonce));
	d->common.nonce = clock_wall();
	if (d->team.dist) {
		(void)buf_add(&word, &d->common.nonce, sizeof(d->common.nonce));
		if (dist_broadcast(d->team.dist, &word, e) < 0 ||
		    word.len != sizeof(d->common.nonce))
			return -1;
		memcpy(&d->common.nonce, word.data, word.len);
	}
	d->common.first_version = first_version(d->common.nonce);
	return 0;
}

int load_run(const struct load_spec *spec, const struct load_work *work, struct result *r,
	     struct run *run, const struct progress *progress, struct err *e)
{
	struct driver d = {.progress = progress};
	make_runs(&d, work, r, run);
	int rc = team_init(&d.team, work->dist, e);
	if (rc == 0)
		rc = driver_init(&d, spec, work, r, e);
	rc = dist_agree(work->dist, rc, e);
	if (rc == 0 && choose_nonce(&d, e) < 0)
		rc = stop_requested() ? no_more(&d) : -1;
	else if (rc == 0)
		rc = measure(&d, r, e);
	if (rc < 0 && d.whole)
		d.run->error = arena_str(d.result->arena, e->text);
	driver_release(&d);
	return rc;
}
