/* src/monitor/process.c - sampler process: the process tree of each service from /proc.
 *
 * What costs the watched process something (smaps_rollup holds its memory lock) or grows with
 * what it holds (fds, sockets) is read so rarely that it takes at most 1 % of the time.
 * SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/util.h"
#include "monitor/proc.h"
#include "monitor/sampler.h"
#include "monitor/tree.h"

#define PSS_EVERY_NS (10 * NS_PER_S)

struct seen {		/* a process of the tree */
	pid_t pid;
	uint64_t start_ticks, ticks;
};

struct watched {
	char device[128];
	pid_t pid;
	struct tree tree;
	struct seen *before, *now;
	size_t n_before, n_now, room;
	uint64_t before_ns;	/* 0: no round yet */
	uint64_t pss_next, fds_next;	/* not before this moment */
};

struct process_state {
	const char *root;
	double ticks_per_s;
	double page_size;
	struct watched *items;
	size_t n;
};

static void process_close(void *state)
{
	struct process_state *p = state;
	for (size_t i = 0; p && i < p->n; i++) {
		tree_release(&p->items[i].tree);
		free(p->items[i].before);
		free(p->items[i].now);
	}
	if (p)
		free(p->items);
	free(p);
}

static int process_open(const struct monitor_spec *spec, void **ret_state, struct err *e)
{
	size_t known = 0;
	for (size_t i = 0; i < spec->n_targets; i++)
		known += spec->targets[i].pid > 0;
	if (known == 0)
		return err_set(e, ERR_UNSUPPORTED, "no process is known to watch (services that "
			       "assay did not start are watched by --pid)");
	struct process_state *p = calloc(1, sizeof(*p));
	if (p)
		p->items = calloc(known, sizeof(*p->items));
	if (!p || !p->items) {
		process_close(p);
		return err_set(e, ERR_SYSTEM, "no memory to watch processes");
	}
	p->root = spec->root;
	p->ticks_per_s = (double)sysconf(_SC_CLK_TCK);
	p->page_size = (double)sysconf(_SC_PAGESIZE);
	for (size_t i = 0; i < spec->n_targets; i++) {
		const struct monitor_target *t = &spec->targets[i];
		if (t->pid <= 0)
			continue;
		struct watched *w = &p->items[p->n++];
		w->pid = (pid_t)t->pid;
		(void)snprintf(w->device, sizeof(w->device), "%s pid %lld",
			       t->name ? t->name : "process", (long long)t->pid);
	}
	*ret_state = p;
	return 0;
}

static int make_room(struct watched *w, size_t n)
{
	if (n <= w->room)
		return 0;
	struct seen *before = reallocarray(w->before, n, sizeof(*before));
	if (before)
		w->before = before;
	struct seen *now = reallocarray(w->now, n, sizeof(*now));
	if (now)
		w->now = now;
	if (!before || !now)
		return -1;
	w->room = n;
	return 0;
}

/* CPU ticks that a process used since the last round. */
static uint64_t used_since(const struct watched *w, const struct seen *s)
{
	for (size_t i = 0; i < w->n_before; i++) {
		const struct seen *b = &w->before[i];
		if (b->pid == s->pid && b->start_ticks == s->start_ticks)
			return s->ticks > b->ticks ? s->ticks - b->ticks : 0;
	}
	return s->ticks;	/* started since then */
}

static void read_stats(struct process_state *p, struct watched *w, struct sink *out)
{
	uint64_t used = 0;
	int64_t threads = 0;
	uint64_t rss = 0;
	size_t alive = 0;
	w->n_now = 0;
	for (size_t i = 0; i < w->tree.n; i++) {
		char text[1024];
		struct proc_stat s;
		if (proc_read(p->root, text, sizeof(text), "/proc/%d/stat",
			      (int)w->tree.pids[i]) < 0 || !proc_parse_stat(text, &s))
			continue;	/* ended meanwhile */
		struct seen *now = &w->now[w->n_now++];
		*now = (struct seen){w->tree.pids[i], s.start_ticks, s.ticks};
		used += used_since(w, now);
		if (s.state == 'Z')
			continue;	/* holds nothing any more */
		w->tree.pids[alive++] = w->tree.pids[i];
		threads += s.threads;
		rss += s.rss_pages;
	}
	uint64_t now_ns = clock_now();
	if (w->before_ns && now_ns > w->before_ns)
		sink_add(out, w->device, "cpu", "%", 100.0 * (double)used / p->ticks_per_s /
			 ns_to_s(now_ns - w->before_ns));
	sink_add(out, w->device, "zombies", "count", (double)(w->n_now - alive));
	sink_add(out, w->device, "processes", "count", (double)alive);
	if (alive > 0) {
		sink_add(out, w->device, "rss", "B", (double)rss * p->page_size);
		sink_add(out, w->device, "threads", "count", (double)threads);
	}
	w->tree.n = alive;
	struct seen *spare = w->before;
	w->before = w->now;
	w->now = spare;
	w->n_before = w->n_now;
	w->before_ns = now_ns;
}

/* Each page counted once, however many processes of the tree share it. */
static void read_pss(struct process_state *p, struct watched *w, struct sink *out)
{
	uint64_t start = clock_now();
	if (start < w->pss_next)
		return;
	double sum = 0;
	for (size_t i = 0; i < w->tree.n; i++) {
		char text[2048];
		if (proc_read(p->root, text, sizeof(text), "/proc/%d/smaps_rollup",
			      (int)w->tree.pids[i]) < 0)
			sum = NAN;	/* a sum that lacks a part is no sum */
		else
			sum += proc_value(text, "Pss:") * 1024;
	}
	sink_add(out, w->device, "pss", "B", sum);
	uint64_t end = clock_now();
	w->pss_next = end + MAX(PSS_EVERY_NS, 100 * (end - start));
}

static void read_fds(struct process_state *p, struct watched *w, struct sink *out)
{
	uint64_t start = clock_now();
	if (start < w->fds_next)
		return;
	double sum = 0;
	for (size_t i = 0; i < w->tree.n; i++) {
		long n = tree_count_fds(p->root, w->tree.pids[i]);
		sum = n < 0 ? NAN : sum + (double)n;
	}
	sink_add(out, w->device, "fds", "count", sum);
	struct socket_counts c;
	if (tree_count_sockets(&w->tree, p->root, &c) == 0) {
		sink_add(out, w->device, "sockets_established", "count", (double)c.established);
		sink_add(out, w->device, "sockets_listening", "count", (double)c.listening);
		sink_add(out, w->device, "sockets_close_wait", "count", (double)c.close_wait);
		sink_add(out, w->device, "sockets_other", "count", (double)c.other);
	}
	uint64_t end = clock_now();
	w->fds_next = end + 100 * (end - start);
}

static int read_one(struct process_state *p, struct watched *w, struct sink *out, struct err *e)
{
	if (tree_find(&w->tree, p->root, w->pid) < 0 || make_room(w, w->tree.n) < 0)
		return err_set(e, ERR_SYSTEM, "%s has too many processes to watch", w->device);
	read_stats(p, w, out);
	if (w->tree.n == 0)
		return err_set(e, ERR_DATA, "%s is gone", w->device);
	read_fds(p, w, out);
	read_pss(p, w, out);
	return 0;
}

static int process_read(void *state, struct sink *out, struct err *e)
{
	struct process_state *p = state;
	int rc = 0;
	for (size_t i = 0; i < p->n; i++) {
		out->at_ns = clock_now();
		if (read_one(p, &p->items[i], out, e) < 0)
			rc = -1;
	}
	return rc;
}

const struct sampler sampler_process = {
	.name = "process",
	.summary = "CPU, memory, threads, open files and sockets of each service's process tree",
	.open = process_open,
	.close = process_close,
	.read = process_read,
};
