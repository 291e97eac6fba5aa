/* src/load/team_gather.c - the parts of all ranks put together.
 * SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "base/thread.h"
#include "base/util.h"
#include "load/team.h"

void totals_add(struct totals *a, const struct totals *b)
{
	a->threads += b->threads;
	a->peak += b->peak;
	a->cpu_s += b->cpu_s;
	a->busiest = fmax(a->busiest, b->busiest);
	a->asked_rate += b->asked_rate;
	a->achieved_rate += b->achieved_rate;
	a->reads_stamped += b->reads_stamped;
	a->reads_user += b->reads_user;
	a->window_ns = MAX(a->window_ns, b->window_ns);
	a->interrupted = a->interrupted || b->interrupted;
}

int team_put(struct result *r, struct run *run, const struct totals *t, struct meter *m,
	     uint64_t start, struct err *e)
{
	struct generator *g = &run->generator;
	run->interrupted = t->interrupted;
	run->concurrency_peak = t->peak;
	g->threads = t->threads;
	g->cpu_s = t->cpu_s;
	g->busiest_core_share = t->busiest;
	g->reads_stamped = t->reads_stamped;
	g->reads_user = t->reads_user;
	g->asked_rate = t->asked_rate;
	g->achieved_rate = t->achieved_rate;
	return meter_finish(m, t->window_ns == UINT64_MAX ? t->window_ns : start + t->window_ns,
			    r, run, e);
}

struct run_host team_own_row(const struct team *t, const struct run *own,
			     const struct dist_start *start)
{
	int cpus[1024];
	struct run_host h = {
		.rank = dist_rank(t->dist),
		.host = dist_host(t->dist, dist_rank(t->dist)),
		.cpus = (uint64_t)thread_cpus(cpus, (int)ARRAY_LEN(cpus)),
		.start_bound_s = ns_to_s(start->bound_ns),
		.clock_ahead_s = (double)start->wall_ns / 1e9,
	};
	run_host_fill(&h, own);
	return h;
}

static struct run_host lost_row(const struct team *t, int rank, struct arena *a)
{
	struct run_host h = {
		.rank = rank,
		.host = arena_str(a, dist_host(t->dist, rank)),
		.lost = true,
		.attempted = t->states[rank].ok + t->states[rank].failed,
		.ok = t->states[rank].ok,
		.failed = t->states[rank].failed,
	};
	h.request_rate = h.asked_rate = h.achieved_rate = (double)NAN;
	h.latency_p50 = h.latency_p99 = h.ttft_p50 = (double)NAN;
	h.generator_delay = h.bound = (struct run_p99){(double)NAN, (double)NAN};
	h.busiest_core_share = (double)NAN;
	h.start_bound_s = h.clock_ahead_s = (double)NAN;
	return h;
}

struct sum {
	struct meter *meter;
	struct totals totals;
};

/* One rank's part beside the others'. */
static int add_part(struct team *t, int rank, const struct buf *text,
		    const struct meter_spec *spec, struct result *r, struct run *whole,
		    struct sum *sum, struct err *e)
{
	struct team_part part;
	if (dist_is_lost(t->dist, rank) || text->len == 0) {
		*ARENA_ADD(r->arena, whole->hosts, whole->n_hosts) = lost_row(t, rank, r->arena);
		return 0;
	}
	if (team_part_read(text->data, text->len, spec, r->arena, &part, e) != 0)
		return err_prefix(e, "rank %d on %s: ", rank, dist_host(t->dist, rank));
	*ARENA_ADD(r->arena, whole->hosts, whole->n_hosts) = part.host;
	if (!part.meter)
		return 0;
	if (!sum->meter) {
		*sum = (struct sum){part.meter, part.totals};
		return 0;
	}
	totals_add(&sum->totals, &part.totals);
	int rc = meter_merge(sum->meter, part.meter, e);
	part.meter = meter_free(part.meter);
	return rc;
}

int team_gather(struct team *t, const struct team_part *own, const struct meter_spec *spec,
		struct result *r, struct run *whole, struct err *e)
{
	int n = dist_size(t->dist);
	struct sum sum = {0};
	CLEANUP(buf_release) struct buf text = BUF_INIT(DIST_MESSAGE_MAX);
	CLEANUP(free_ptr) struct buf *parts = calloc((size_t)n, sizeof(*parts));
	if (!parts)
		return err_sys(e, "cannot put the ranks together");
	for (int i = 0; i < n; i++)
		buf_init(&parts[i], DIST_MESSAGE_MAX);
	int rc = team_part_write(own, &text, e);
	if (dist_gather(t->dist, text.data ? text.data : "", text.len, parts, e) < 0)
		rc = -1;
	for (int i = 0; i < n; i++) {
		if (rc == 0 && whole)
			rc = add_part(t, i, &parts[i], spec, r, whole, &sum, e);
		buf_release(&parts[i]);
	}
	if (rc == 0 && sum.meter)
		rc = team_put(r, whole, &sum.totals, sum.meter, spec->start, e);
	(void)meter_free(sum.meter);
	return rc;
}
