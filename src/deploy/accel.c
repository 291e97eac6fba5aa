/* src/deploy/accel.c - see accel.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "deploy/accel.h"

#include <math.h>
#include <pthread.h>

#include "base/clock.h"
#include "base/json.h"
#include "monitor/monitor.h"

/* npu-smi and the vendors' libraries are asked by one thread at a time. */
static pthread_mutex_t one_at_a_time = PTHREAD_MUTEX_INITIALIZER;

#define MB 1048576.

static void read_one(const json_t *j, size_t at, struct arena *a, struct accel *x)
{
	int64_t unit = 0, chip = -1;
	double used, total;
	*x = (struct accel){.id = (int64_t)at, .used = NAN, .total = NAN};
	x->gpu = json_whole(j, "gpu", &unit);
	if (!x->gpu)
		(void)json_whole(j, "npu", &unit);
	(void)json_whole(j, "chip", &chip);
	if (x->gpu)
		x->id = unit;
	(void)json_whole(j, "logic_id", &x->id);
	x->phys = x->id;
	(void)json_whole(j, "phy_id", &x->phys);
	x->name = arena_str(a, json_text(j, "name", NULL));
	x->label = chip >= 0 ? arena_fmt(a, "npu %lld chip %lld", (long long)unit,
					 (long long)chip) :
		   arena_fmt(a, "%s %lld", x->gpu ? "gpu" : "npu", (long long)unit);
	/* Memory of a 310P is DDR; where both are told, HBM is the one that models use. */
	if (json_number(j, "memory_used_mb", &used))
		x->used = used * MB;
	if (json_number(j, "memory_total_mb", &total))
		x->total = total * MB;
	const json_t *rows = json_object_get(j, "processes");
	x->processes_known = json_is_array(rows);
	x->pids = arena_array(a, 2 * json_array_size(rows) + 1, sizeof(*x->pids));
	for (size_t i = 0; i < json_array_size(rows); i++) {
		int64_t pid;
		if (json_whole(json_array_get(rows, i), "pid", &pid))
			x->pids[x->n_pids++] = (pid_t)pid;
		if (json_whole(json_array_get(rows, i), "container_pid", &pid))
			x->pids[x->n_pids++] = (pid_t)pid;
	}
}

static int read_unlocked(struct arena *a, struct accels *ret, struct err *e)
{
	struct monitor_spec spec;
	monitor_defaults(&spec);
	CLEANUP(json_unref) json_t *j = monitor_once(&spec, e);
	if (!j)
		return -1;
	const json_t *devices = json_object_get(j, "devices");
	*ret = (struct accels){0};
	ret->items = arena_array(a, json_array_size(devices) + 1, sizeof(*ret->items));
	for (size_t i = 0; i < json_array_size(devices); i++)
		read_one(json_array_get(devices, i), i, a, &ret->items[ret->n++]);
	ret->why = arena_str(a, json_text(j, "error.message", NULL));
	return 0;
}

int accels_read(struct arena *a, struct accels *ret, struct err *e)
{
	(void)pthread_mutex_lock(&one_at_a_time);
	int rc = read_unlocked(a, ret, e);
	(void)pthread_mutex_unlock(&one_at_a_time);
	return rc;
}

const struct accel *accel_find(const struct accels *all, int64_t id)
{
	for (size_t i = 0; i < all->n; i++)
		if (all->items[i].id == id)
			return &all->items[i];
	return NULL;
}

enum platform_kind accel_platform(const struct unit *u, const struct accels *all)
{
	if (u->devices.cpu)
		return PLATFORM_CPU;
	if (u->platform != PLATFORM_AUTO)
		return (enum platform_kind)u->platform;
	if (all->n > 0)
		return all->items[0].gpu ? PLATFORM_CUDA : PLATFORM_ASCEND;
	if (u->recipe && u->recipe->platforms.n == 1)
		return strcmp(u->recipe->platforms.items[0], "cuda") == 0 ? PLATFORM_CUDA :
		       PLATFORM_ASCEND;
	return PLATFORM_ASCEND;
}

static bool is_taken(const int64_t *taken, size_t n, int64_t id)
{
	for (size_t i = 0; i < n; i++)
		if (taken[i] == id)
			return true;
	return false;
}

/* The one with the most free memory that nobody of this deployment has; -1: none. */
static int64_t roomiest(const struct accels *all, const int64_t *taken, size_t n_taken)
{
	int64_t best = -1;
	double most = -1;
	for (size_t i = 0; i < all->n; i++) {
		const struct accel *x = &all->items[i];
		double room = x->total - x->used;
		if (isnan(room))
			room = 0;	/* not told: behind those that tell */
		if (!is_taken(taken, n_taken, x->id) && room > most) {
			most = room;
			best = x->id;
		}
	}
	return best;
}

int accel_place(const struct unit *u, const struct accels *all, struct arena *a,
		int64_t **ret_ids, size_t *ret_per, int64_t *taken, size_t *n_taken,
		size_t taken_max, struct err *e)
{
	size_t per = u->devices.cpu ? 0 : u->devices.chosen ? u->devices.n :
		     u->devices.n / (size_t)u->replicas;
	size_t n = per * (size_t)u->replicas;
	int64_t *ids = arena_array(a, n + 1, sizeof(*ids));
	if (n > 0 && all->n == 0 && u->devices.chosen)
		return yaml_err(e, yaml_find(u->node, "devices"), "service '%s': no NPU or GPU "
				"can be seen here (%s); write devices: [cpu] to run on the CPU",
				u->name, all->why ? all->why : "no sampler finds one");
	for (size_t i = 0; i < n; i++) {
		int64_t id = u->devices.chosen ? roomiest(all, taken, *n_taken) :
			     u->devices.ids[i];
		if (id < 0)
			return yaml_err(e, yaml_find(u->node, "devices"), "service '%s' wants %zu "
					"devices and no free one is left of %zu; list devices to "
					"share them", u->name, n, all->n);
		if (all->n > 0 && !accel_find(all, id))
			return yaml_err(e, yaml_find(u->node, "devices"), "service '%s': there is "
					"no device %lld here (assay monitor --once lists them)",
					u->name, (long long)id);
		ids[i] = id;
		if (*n_taken < taken_max)
			taken[(*n_taken)++] = id;
	}
	*ret_ids = ids;
	*ret_per = per;
	return 0;
}

/* The highest busy share seen while there is load. */
struct busy_watch {
	const struct accels *now;
	const struct proof_ask *ask;
	pthread_mutex_t lock;
	double busy;
};

static void on_reading(void *ctx, const struct reading *r)
{
	struct busy_watch *w = ctx;
	if (strcmp(r->name, "utilization") != 0 && strcmp(r->name, "overall_utilization") != 0)
		return;
	for (size_t i = 0; i < w->ask->n; i++) {
		const struct accel *x = accel_find(w->now, w->ask->ids[i]);
		if (!x || strcmp(x->label, r->device) != 0)
			continue;
		(void)pthread_mutex_lock(&w->lock);
		w->busy = isnan(w->busy) ? r->value : fmax(w->busy, r->value);
		(void)pthread_mutex_unlock(&w->lock);
	}
}

static double busy_so_far(struct busy_watch *w)
{
	(void)pthread_mutex_lock(&w->lock);
	double busy = w->busy;
	(void)pthread_mutex_unlock(&w->lock);
	return busy;
}

static double watch_under_load(const struct proof_ask *ask, const struct accels *now)
{
	struct busy_watch w = {.now = now, .ask = ask, .lock = PTHREAD_MUTEX_INITIALIZER,
			       .busy = NAN};
	struct monitor_spec spec;
	struct monitor *m = NULL;
	struct err e;
	monitor_defaults(&spec);
	spec.every_ns = NS_PER_S / 5;
	spec.no_series = true;
	spec.listener = (struct monitor_listener){.reading = on_reading, .ctx = &w};
	if (monitor_start(&spec, &m, &e) < 0)
		return NAN;
	uint64_t until = clock_now() + ask->load_ns;
	while (clock_now() < until && !(busy_so_far(&w) > 0) && ask->load(ask->ctx) == 0)
		;
	(void)monitor_stop(m, NULL);
	return w.busy;
}

static void look(const struct proof_ask *ask, const struct accels *now, struct proof *p)
{
	p->growth = 0;
	for (size_t i = 0; i < ask->n; i++) {
		const struct accel *before = accel_find(ask->before, ask->ids[i]);
		const struct accel *after = accel_find(now, ask->ids[i]);
		p->growth += before && after ? after->used - before->used : NAN;
		for (size_t k = 0; after && k < after->n_pids; k++)
			for (size_t q = 0; q < ask->n_pids; q++)
				p->row |= after->pids[k] == ask->pids[q];
	}
}

static void judge(const struct proof_ask *ask, struct proof *p)
{
	char growth[48] = "memory not readable";
	char busy[48] = "busy not readable";
	bool grown = p->growth >= (double)ask->growth_min;
	if (!isnan(p->growth))
		(void)snprintf(growth, sizeof(growth), "memory %+.0f MiB", p->growth / MB);
	if (!isnan(p->busy))
		(void)snprintf(busy, sizeof(busy), "busy up to %.0f %%", p->busy);
	(void)snprintf(p->words, sizeof(p->words), "%s, %s, %s", growth,
		       p->row ? "its process is listed" : "no process of it listed", busy);
	if (p->busy == 0 || (!grown && !p->row && !isnan(p->growth)))
		p->state = PROOF_REFUTED;
	else if ((grown || p->row) && p->busy > 0)
		p->state = PROOF_HOLDS;
	else
		p->state = PROOF_UNKNOWN;
}

void accel_prove(const struct proof_ask *ask, struct proof *ret)
{
	CLEANUP(arena_freep) struct arena *a = arena_new();
	struct accels now = {0};
	struct err e;
	*ret = (struct proof){.growth = NAN, .busy = NAN};
	if (ask->n == 0)
		return;
	(void)pthread_mutex_lock(&one_at_a_time);
	if (read_unlocked(a, &now, &e) == 0 && now.n > 0) {
		if (ask->load)
			ret->busy = watch_under_load(ask, &now);
		(void)read_unlocked(a, &now, &e);
	}
	(void)pthread_mutex_unlock(&one_at_a_time);
	look(ask, &now, ret);
	judge(ask, ret);
}
