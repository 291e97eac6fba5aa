/* src/suite/soak_keep.c - what of a soak survives: its windows in the store, its log, going on.
 * SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <math.h>
#include <stdarg.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"
#include "base/str.h"
#include "suite/soak_in.h"

struct soak_pending {
	uint64_t number;
	struct soak_row rows[SOAK_SERVICES_MAX];
	json_t *json;
};

static void read_boot(char *out, size_t size)
{
	CLEANUP(buf_release) struct buf b = BUF_INIT(4096);
	int n = 0;
	if (file_read("/proc/sys/kernel/random/boot_id", &b, NULL) == 0)
		n = (int)strcspn(b.data, "\n");
	(void)snprintf(out, size, "%.*s", n, n ? b.data : "");
}

/* ---- the log: one line per window ---- */

/* Opened for each line: rotating it needs no signal, and a full disk costs the line alone. */
void soak_log(struct soak *s, const char *fmt, ...)
{
	if (!s->env->store)
		return;
	CLEANUP(free_ptr) char *path = file_beside(store_path(s->env->store), "soak.log");
	CLEANUP(buf_release) struct buf line = BUF_INIT(8192);
	char now[32], text[4096];
	va_list args;
	va_start(args, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	clock_format_wall(now, sizeof(now), clock_wall());
	(void)buf_fmt(&line, "%s %s\n", now, text);
	int fd = path ? open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644) : -1;
	if (fd < 0 || file_write_all(fd, line.data, line.len) < 0)
		s->unlogged++;
	if (fd >= 0)
		(void)close(fd);
}

/* What this program itself needs, so that nobody has to guess whether it disturbs. */
static double own_memory(void)
{
	CLEANUP(buf_release) struct buf b = BUF_INIT(4096);
	unsigned long long pages = 0;
	if (file_read("/proc/self/statm", &b, NULL) < 0 ||
	    sscanf(b.data, "%*u %llu", &pages) != 1)
		return (double)NAN;
	return (double)pages * (double)sysconf(_SC_PAGESIZE);
}

static void log_window(struct soak *s, const struct soak_row *rows, bool idle)
{
	CLEANUP(buf_release) struct buf b = BUF_INIT(3000);
	const struct run_window *w = &rows[0].window;
	(void)buf_fmt(&b, "window %llu %s %.1f-%.1f s", (unsigned long long)s->windows,
		      idle ? "idle" : "load", ns_to_s(w->from_ns), ns_to_s(w->to_ns));
	for (size_t i = 0; !idle && i < s->n_services; i++) {
		w = &rows[i].window;
		(void)buf_fmt(&b, " | %s ok %llu failed %llu", rows[i].service,
			      (unsigned long long)w->ok, (unsigned long long)w->failed);
		if (!isnan(w->latency_p50))
			(void)buf_fmt(&b, " p50 %.3f s p99 %.3f s", w->latency_p50,
				      w->latency_p99);
		if (s->services[i].open.seconds > 0)
			(void)buf_fmt(&b, " FAILING for %.0f s", s->services[i].open.seconds);
	}
	(void)buf_fmt(&b, " | assay %.1f MiB %.1f s cpu", own_memory() / (1 << 20),
		      ns_to_s(clock_process_cpu()));
	if (s->n_pending || s->unsaved)
		(void)buf_fmt(&b, " | NOT SAVED: %zu waiting, %llu lost", s->n_pending,
			      (unsigned long long)s->unsaved);
	soak_log(s, "%s", b.data);
}

/* ---- the store ---- */

/* Oldest first, until one fails: what is saved stays a prefix. */
static void save_pending(struct soak *s)
{
	struct err e = {0};
	size_t done = 0;
	while (done < s->n_pending) {
		struct soak_pending *p = &s->pending[done];
		if (store_soak_window(s->env->store, &s->part, p->number, p->rows, s->n_services,
				      p->json, &e) < 0)
			break;
		json_decref(p->json);
		done++;
	}
	if (done < s->n_pending)
		soak_log(s, "cannot save windows: %s", e.text);
	s->n_pending -= done;
	memmove(s->pending, s->pending + done, s->n_pending * sizeof(s->pending[0]));
}

void soak_keep_window(struct soak *s, const struct soak_row *rows, json_t *json)
{
	bool idle = json_is_true(json_object_get(json, "idle"));
	if (!s->saving) {
		json_decref(json);
		return;
	}
	if (s->n_pending == SOAK_PENDING_MAX) {
		json_decref(s->pending[0].json);
		s->n_pending--;
		s->unsaved++;
		memmove(s->pending, s->pending + 1, s->n_pending * sizeof(s->pending[0]));
	}
	struct soak_pending *p = &s->pending[s->n_pending++];
	p->number = s->windows;
	p->json = json;
	memcpy(p->rows, rows, s->n_services * sizeof(rows[0]));
	save_pending(s);
	log_window(s, rows, idle);
}

void soak_keep_end(struct soak *s)
{
	struct err e;
	if (!s->saving)
		return;
	save_pending(s);
	s->unsaved += s->n_pending;
	for (size_t i = 0; i < s->n_pending; i++)
		json_decref(s->pending[i].json);
	s->n_pending = 0;
	if (store_soak_end(s->env->store, &s->part, &e) < 0)
		soak_log(s, "cannot save the end: %s", e.text);
	if (s->unsaved || s->unlogged)
		strings_add(&s->result->errors, s->result->arena,
			    arena_fmt(s->result->arena,
				      "soak: %llu window%s and %llu line%s of the log could not "
				      "be written (full disk?); the report has all of them, "
				      "results.db has not",
				      (unsigned long long)s->unsaved, str_plural(s->unsaved),
				      (unsigned long long)s->unlogged, str_plural(s->unlogged)));
	free(s->pending);
	s->pending = NULL;
}

/* ---- going on ---- */

struct past {
	struct soak *s;
	struct soak_part last;
	uint64_t last_to_ns;	/* of the last window, in its part's time */
	char boot[40];		/* of now */
	size_t parts, other_boots;
	bool same_boot;		/* of the part that is read */
};

/* What a soak that goes on must have in common with what it was. */
static json_t *about(const struct soak *s)
{
	json_t *services = json_object();
	for (size_t i = 0; i < s->n_services; i++) {
		const struct service *v = s->services[i].service;
		json_put(services, v->name, json_pack("{s:s,s:s,s:f}", "url", v->url, "protocol",
						      v->protocol_name, "share",
						      s->services[i].share));
	}
	json_t *j = json_object();
	json_put(j, "services", services);
	json_put_real(j, "duration_s", ns_to_s(s->settings->duration_ns));
	json_put_real(j, "window_s", ns_to_s(s->settings->window_ns));
	json_put_int(j, "seed", s->settings->seed);
	return j;
}

static int past_part(void *ctx, const struct soak_part *part, bool ended, struct err *e)
{
	struct past *p = ctx;
	struct soak *s = p->s;
	CLEANUP(json_unref) json_t *mine = about(s);
	(void)ended;
	if (!json_equal(mine, part->about))
		return err_set(e, ERR_USAGE,
			       "the soak in '%s' was of other services or settings: it cannot go "
			       "on with these", store_path(s->env->store));
	p->parts++;
	p->same_boot = strcmp(part->boot, p->boot) == 0;
	p->other_boots += !p->same_boot;
	p->last = *part;
	p->last.about = NULL;
	p->last_to_ns = 0;
	s->part = p->last;
	if (p->same_boot && s->first_start_ns == 0) {
		s->first_start_ns = part->start_ns;
		s->first_start_wall_ns = part->start_wall_ns;
	}
	return 0;
}

static int past_window(void *ctx, uint64_t number, const json_t *json, struct err *e)
{
	struct past *p = ctx;
	int64_t to = 0;
	if (json_whole(json, "to_ns", &to))
		p->last_to_ns = (uint64_t)to;
	return soak_replay(p->s, number, json, p->same_boot, e);
}

/* It is not known when a service that was failing at a kill came back: at the earliest then. */
static void close_outages(struct soak *s)
{
	struct soak_result *r = &s->result->soak;
	for (size_t i = 0; i < s->n_services; i++) {
		struct outage *open = &s->services[i].open;
		if (open->seconds >= 1)
			*ARENA_ADD(s->result->arena, r->outages, r->n_outages) = *open;
		*open = (struct outage){0};
	}
}

static void note_gap(struct soak *s, const struct past *p)
{
	struct result *r = s->result;
	r->soak.gaps += p->parts;
	if (p->same_boot)
		soak_log(s, "goes on after a gap of %.0f s",
			 ns_to_s(clock_now() - p->last.start_ns - p->last_to_ns));
	else
		soak_log(s, "goes on after a reboot");
	if (p->other_boots)
		strings_add(&r->skipped, r->arena,
			    arena_fmt(r->arena, "soak: %.0f s before a reboot of this host are "
				      "in soak_window of results.db and not in these numbers",
				      s->before_s));
	if (s->first_start_ns && s->first_start_ns < r->start_ns) {
		r->start_ns = s->first_start_ns;
		r->start_wall_ns = s->first_start_wall_ns;
	}
}

static int read_past(struct soak *s, struct past *p, struct err *e)
{
	const struct soak_reader reader = {past_part, past_window, p};
	if (store_soak_read(store_path(s->env->store), &reader, e) < 0)
		return -1;
	close_outages(s);
	if (s->measured_s + s->before_s >= ns_to_s(s->settings->duration_ns) * 0.9999)
		return err_set(e, ERR_USAGE, "the soak in '%s' has come to its end",
			       store_path(s->env->store));
	return 0;
}

int soak_keep_begin(struct soak *s, struct err *e)
{
	struct past past = {.s = s};
	bool resume = s->settings->resume != NULL;
	read_boot(past.boot, sizeof(past.boot));
	if (resume && !s->env->store)
		return err_set(e, ERR_USAGE, "a soak goes on in the folder that it was begun in");
	if (resume && read_past(s, &past, e) < 0)
		return -1;
	if (past.parts)
		note_gap(s, &past);
	CLEANUP(json_unref) json_t *mine = about(s);
	s->part = (struct soak_part){.start_ns = clock_now(), .start_wall_ns = clock_wall(),
				     .about = mine};
	(void)snprintf(s->part.boot, sizeof(s->part.boot), "%s", past.boot);
	if (s->first_start_ns == 0) {
		s->first_start_ns = s->part.start_ns;
		s->first_start_wall_ns = s->part.start_wall_ns;
	}
	if (s->env->store) {
		s->pending = calloc(SOAK_PENDING_MAX, sizeof(*s->pending));
		if (!s->pending)
			return err_set(e, ERR_SYSTEM, "no memory for windows that wait");
		if (store_soak_begin(s->env->store, &s->part, resume, e) < 0)
			return -1;
		s->saving = true;
		soak_log(s, "%s", resume ? "resumed" : "begun");
	}
	s->part.about = NULL;
	return 0;
}
