/* src/cli/soak_status.c - see soak_status.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "cli/soak_status.h"

#include <fcntl.h>
#include <math.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/outcome.h"
#include "base/str.h"
#include "cli/command.h"
#include "stats/hist.h"
#include "store/store.h"

#define SERVICES_MAX 16

struct seen {
	const char *name;
	int64_t ok, failed;
	double failing_s;	/* at the end of the last window; 0: it answers */
	struct hist *latency, *last;	/* of all windows, of the last one */
};

struct status {
	struct arena *arena;
	struct seen seen[SERVICES_MAX];
	size_t n;
	size_t parts, windows, outages;
	double longest_outage_s, load_s, planned_s;
	bool ended, idle;
	uint64_t begun_wall_ns, last_wall_ns;	/* last: the end of the last window */
	uint64_t part_wall_ns;
};

static int see_part(void *ctx, const struct soak_part *part, bool ended, struct err *e)
{
	struct status *t = ctx;
	(void)e;
	if (t->parts++ == 0)
		t->begun_wall_ns = part->start_wall_ns;
	t->part_wall_ns = part->start_wall_ns;
	t->ended = ended;
	(void)json_number(part->about, "duration_s", &t->planned_s);
	return 0;
}

static struct seen *find(struct status *t, const char *name, struct err *e)
{
	for (size_t i = 0; i < t->n; i++)
		if (strcmp(t->seen[i].name, name) == 0)
			return &t->seen[i];
	struct seen *v = &t->seen[t->n];
	if (t->n == SERVICES_MAX || hist_new(&v->latency, e) < 0 || hist_new(&v->last, e) < 0)
		return NULL;
	v->name = arena_str(t->arena, name);
	t->n++;
	return v;
}

static int see_service(struct status *t, struct seen *v, const json_t *j, struct err *e)
{
	const char *outcome;
	json_t *x;
	size_t i;
	json_object_foreach(json_object_get((json_t *)j, "outcomes"), outcome, x)
		*(strcmp(outcome, outcome_name(OUTCOME_OK)) == 0 ? &v->ok : &v->failed) +=
			json_integer_value(x);
	json_array_foreach(json_object_get(j, "outages"), i, x) {
		double seconds = json_number_value(json_object_get(x, "seconds"));
		t->longest_outage_s = fmax(t->longest_outage_s, seconds);
		t->outages++;
	}
	x = json_object_get(json_object_get(j, "hists"), "latency");
	hist_clear(v->last);
	if (x && hist_read(v->last, json_string_value(x), json_string_length(x), e) < 0)
		return -1;
	hist_merge(v->latency, v->last);
	v->failing_s = json_number_value(
		json_object_get(json_object_get(j, "failing"), "seconds"));
	return 0;
}

static int see_window(void *ctx, uint64_t number, const json_t *json, struct err *e)
{
	struct status *t = ctx;
	const char *name;
	json_t *one;
	int64_t from = 0, to = 0;
	(void)number;
	(void)json_whole(json, "from_ns", &from);
	(void)json_whole(json, "to_ns", &to);
	t->windows++;
	t->idle = json_is_true(json_object_get(json, "idle"));
	t->last_wall_ns = t->part_wall_ns + (uint64_t)to;
	if (t->idle)
		return 0;
	t->load_s += ns_to_s((uint64_t)(to - from));
	json_object_foreach(json_object_get((json_t *)json, "services"), name, one) {
		struct seen *v = find(t, name, e);
		if (!v || see_service(t, v, one, e) < 0)
			return -1;
	}
	return 0;
}

/* The lock is held as long as the writer lives, however it ends. */
static bool is_written(const char *db, struct arena *a)
{
	CLEANUP(close_fd) int fd = open(arena_fmt(a, "%s.lock", db), O_RDONLY | O_CLOEXEC);
	return fd >= 0 && flock(fd, LOCK_SH | LOCK_NB) < 0;
}

static const char *state_of(const struct status *t, bool running)
{
	return running ? "running" : t->ended ? "ended" : "killed";
}

static void put_quantiles(json_t *j, const char *key, const struct hist *h)
{
	json_t *q = json_object();
	json_put_int(q, "n", (int64_t)hist_count(h));
	if (hist_count(h)) {
		json_put_real(q, "p50", (double)hist_quantile(h, 0.5) / 1e9);
		json_put_real(q, "p99", (double)hist_quantile(h, 0.99) / 1e9);
	}
	json_put(j, key, q);
}

static int print_json(const struct status *t, const char *state)
{
	CLEANUP(json_unref) json_t *j = json_object();
	json_t *services = json_object();
	char wall[32];
	for (size_t i = 0; i < t->n; i++) {
		const struct seen *v = &t->seen[i];
		json_t *one = json_object();
		json_put_int(one, "ok", v->ok);
		json_put_int(one, "failed", v->failed);
		json_put_real(one, "failing_s", v->failing_s);
		put_quantiles(one, "latency", v->latency);
		put_quantiles(one, "last_window_latency", v->last);
		json_put(services, v->name, one);
	}
	json_put_text(j, "state", state);
	clock_format_wall(wall, sizeof(wall), t->begun_wall_ns);
	json_put_text(j, "begun", wall);
	clock_format_wall(wall, sizeof(wall), t->last_wall_ns);
	json_put_text(j, "last_window_end", t->windows ? wall : NULL);
	json_put_int(j, "windows", (int64_t)t->windows);
	json_put_int(j, "gaps", (int64_t)t->parts - 1);
	json_put_real(j, "load_s", t->load_s);
	json_put_real(j, "planned_s", t->planned_s);
	json_put_int(j, "outages", (int64_t)t->outages);
	json_put_real(j, "longest_outage_s", t->longest_outage_s);
	json_put(j, "services", services);
	return command_print_json(j);
}

static int print_text(const struct status *t, const char *state)
{
	CLEANUP(buf_release) struct buf out = BUF_INIT(BUF_UNLIMITED);
	char begun[32], load[32], planned[32];
	clock_format_wall(begun, sizeof(begun), t->begun_wall_ns);
	clock_format_duration(load, sizeof(load), (uint64_t)(t->load_s * 1e9));
	clock_format_duration(planned, sizeof(planned), (uint64_t)(t->planned_s * 1e9));
	(void)buf_fmt(&out, "%s%s: %s of %s, begun %s, %zu window%s, %zu gap%s\n", state,
		      t->idle ? ", idle" : "", load, planned, begun, t->windows,
		      str_plural(t->windows), t->parts - 1, str_plural(t->parts - 1));
	for (size_t i = 0; i < t->n; i++) {
		const struct seen *v = &t->seen[i];
		(void)buf_fmt(&out, "  %-8s ok %lld, failed %lld", v->name, (long long)v->ok,
			      (long long)v->failed);
		if (hist_count(v->latency))
			(void)buf_fmt(&out, ", latency p50 %.3f s, p99 %.3f s",
				      (double)hist_quantile(v->latency, 0.5) / 1e9,
				      (double)hist_quantile(v->latency, 0.99) / 1e9);
		if (hist_count(v->last))
			(void)buf_fmt(&out, " (last window %.3f s, %.3f s)",
				      (double)hist_quantile(v->last, 0.5) / 1e9,
				      (double)hist_quantile(v->last, 0.99) / 1e9);
		if (v->failing_s > 0)
			(void)buf_fmt(&out, ", FAILING for %.0f s", v->failing_s);
		(void)buf_char(&out, '\n');
	}
	(void)buf_fmt(&out, "  outages  %zu", t->outages);
	if (t->outages)
		(void)buf_fmt(&out, ", the longest %.1f s", t->longest_outage_s);
	(void)buf_char(&out, '\n');
	return command_print(out.data, out.len);
}

static int read_status(const char *db, struct status *t, struct err *e)
{
	const struct soak_reader reader = {see_part, see_window, t};
	return store_soak_read(db, &reader, e);
}

static void release(struct status *t)
{
	for (size_t i = 0; i < t->n; i++) {
		(void)hist_free(t->seen[i].latency);
		(void)hist_free(t->seen[i].last);
	}
}

int soak_may_write(const char *dir, bool resume, struct err *e)
{
	CLEANUP(arena_freep) struct arena *a = arena_new();
	struct status t = {.arena = a};
	const char *db = arena_fmt(a, "%s/results.db", dir);
	if (is_written(db, a))
		return err_set(e, ERR_USAGE, "assay is running in '%s': assay soak --status tells "
			       "where it stands; give another folder", dir);
	int rc = resume ? read_status(db, &t, e) : 0;
	if (rc == 0 && resume && t.load_s >= t.planned_s * 0.9999)
		rc = err_set(e, ERR_USAGE, "the soak in '%s' has come to its end: assay report "
			     "shows it", dir);
	release(&t);
	return rc;
}

int soak_status(const char *dir, bool json)
{
	CLEANUP(arena_freep) struct arena *a = arena_new();
	struct status t = {.arena = a};
	const char *db = arena_fmt(a, "%s/results.db", dir);
	struct err e;
	bool running = is_written(db, a);
	int rc = read_status(db, &t, &e);
	const char *state = state_of(&t, running);
	int status = rc < 0 ? command_fail(&e) : json ? print_json(&t, state)
						      : print_text(&t, state);
	release(&t);
	return status;
}
