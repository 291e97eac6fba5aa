/* src/cli/progress.c - see progress.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "cli/progress.h"

#include <math.h>
#include <pthread.h>
#include <stdarg.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/stop.h"
#include "base/thread.h"
#include "base/util.h"
#include "report/width.h"

#define TERMINAL_EVERY_NS (200 * NS_PER_MS)
#define PLAIN_EVERY_NS NS_PER_S
#define DEVICES 64		/* more are not looked at */
#define OLD_NS (60 * NS_PER_S)	/* a reading older than this is not shown */
#define CLEAR_LINE "\r\033[K"
#define LEFT_AFTER 0.02		/* share done before a time left is told */

/* The last readings of one device; NaN: none. */
struct device {
	char name[64];
	double busy, memory, memory_total, temperature;
	uint64_t at_ns;
};

struct progress_view {
	struct progress hooks;
	bool quiet, terminal, line_open;
	uint64_t start_ns;
	/* Of what is drawn and told: what works and the clock come here, and may have to wait for
	 * a terminal that is stopped. The monitor does not. */
	pthread_mutex_t line;
	pthread_cond_t ended;
	pthread_t clock;
	bool asked_clock, has_clock, end;
	uint64_t phase_start_ns, last_ns;
	struct progress_state state;	/* as told last; its texts are the two below */
	char phase[80], note[160];
	pthread_mutex_t lock;	/* of what the monitor's thread writes */
	struct device devices[DEVICES];
	size_t n_devices;
	double host_cpu;
};

/* All of it: the devices stand at the end. */
static size_t terminal_width(void)
{
	struct winsize size;
	return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

/* Names are users' own: they may be wide, and what would move the cursor is shown as '?'. */
static void put_line(struct progress_view *v, const char *line)
{
	CLEANUP(buf_release) struct buf out = BUF_INIT(8192);
	if (v->terminal)
		(void)buf_str(&out, CLEAR_LINE);
	(void)width_add(&out, line, v->terminal ? terminal_width() - 1 : SIZE_MAX - 1);
	(void)buf_str(&out, v->terminal ? "" : "\n");
	if (v->terminal && !v->line_open)
		stop_last_words(CLEAR_LINE);
	v->line_open = v->terminal;
	(void)fwrite(out.data ? out.data : "", 1, out.len, stderr);
	(void)fflush(stderr);
}

/* ---- devices ---- */

void progress_view_reading(struct progress_view *v, const struct reading *r)
{
	size_t i = 0;
	bool device = strncmp(r->device, "npu ", 4) == 0 || strncmp(r->device, "gpu ", 4) == 0;
	if (!v || v->quiet)
		return;
	(void)pthread_mutex_lock(&v->lock);
	if (strcmp(r->device, "host") == 0 && strcmp(r->name, "cpu") == 0)
		v->host_cpu = r->value;
	while (i < v->n_devices && strcmp(v->devices[i].name, r->device) != 0)
		i++;
	if (device && i < DEVICES) {
		struct device *d = &v->devices[i];
		if (i == v->n_devices) {
			*d = (struct device){.busy = NAN, .memory = NAN, .memory_total = NAN,
					     .temperature = NAN};
			str_cut_copy(d->name, sizeof(d->name), r->device);
			v->n_devices++;
		}
		d->at_ns = r->at_ns;
		if (strcmp(r->name, "utilization") == 0)
			d->busy = r->value;
		else if (strcmp(r->name, "memory_used") == 0)
			d->memory = r->value;
		else if (strcmp(r->name, "memory_total") == 0)
			d->memory_total = r->value;
		else if (strcmp(r->name, "temperature") == 0)
			d->temperature = r->value;
	}
	(void)pthread_mutex_unlock(&v->lock);
}

/* "  npu 0 chip 0 71 % 38.1/64 GiB 61 °C", "  8 devices 71 % up to 61 °C"; "  host 35 %".
 * brief: " npu 71 % 61 °C", " 8 devices 71 % 61 °C", " host 35 %". */
static void devices(struct progress_view *v, uint64_t now, bool brief, struct buf *out)
{
	const char *gap = brief ? "" : " ";
	double busy = 0, hottest = NAN;
	size_t n = 0, n_busy = 0;
	const struct device *one = NULL;
	(void)pthread_mutex_lock(&v->lock);
	for (size_t i = 0; i < v->n_devices; i++) {
		const struct device *d = &v->devices[i];
		if (now > d->at_ns && now - d->at_ns > OLD_NS)
			continue;
		one = d;
		n++;
		hottest = fmax(hottest, d->temperature);
		busy += isnan(d->busy) ? 0 : d->busy;
		n_busy += !isnan(d->busy);
	}
	if (n == 1)
		(void)buf_fmt(out, "%s %.*s", gap, brief ? (int)strcspn(one->name, " ") : 64,
			      one->name);
	else if (n > 1)
		(void)buf_fmt(out, "%s %zu devices", gap, n);
	else if (!isnan(v->host_cpu))
		(void)buf_fmt(out, "%s host %.0f %%", gap, v->host_cpu);
	if (n_busy > 0)
		(void)buf_fmt(out, " %.0f %%", busy / (double)n_busy);
	if (n == 1 && !brief && !isnan(one->memory)) {
		(void)buf_fmt(out, " %.3g", one->memory / 1073741824);
		if (!isnan(one->memory_total))
			(void)buf_fmt(out, "/%.3g", one->memory_total / 1073741824);
		(void)buf_str(out, " GiB");
	}
	if (!isnan(hottest))
		(void)buf_fmt(out, " %s%.0f °C", n > 1 && !brief ? "up to " : "", hottest);
	(void)pthread_mutex_unlock(&v->lock);
}

/* ---- the line ---- */

static void seconds(struct buf *out, const char *gap, const char *name, double value)
{
	char text[32];
	if (isnan(value))
		return;
	clock_format_duration(text, sizeof(text), (uint64_t)(value * 1e9));
	(void)buf_fmt(out, "%s %s %s", gap, name, text);
}

/* What is done, and what is left when it goes on like that. */
static void done(const struct progress_view *v, const struct progress_state *s, uint64_t now,
		 bool brief, struct buf *out)
{
	double took = ns_to_s(now - v->phase_start_ns);
	if (!(s->done >= 0))
		return;
	(void)buf_fmt(out, brief ? " %.0f %%" : " %3.0f %%", 100 * s->done);
	if (s->done < LEFT_AFTER || s->done >= 1 || took < 2)
		return;
	double left = took * (1 - s->done) / s->done;
	if (left >= 3600)
		(void)buf_fmt(out, ", %.1f h left", left / 3600);
	else if (left >= 120)
		(void)buf_fmt(out, ", %.0f min left", left / 60);
	else
		(void)buf_fmt(out, ", %.0f s left", left);
}

/* brief: what a terminal of 80 columns has room for, with all numbers. */
static void put_words(struct progress_view *v, const struct progress_state *s, uint64_t now,
		      bool brief, struct buf *line)
{
	const char *gap = brief ? "" : " ", *phase = s->phase;
	if (brief && str_starts(phase, "performance "))
		phase += strlen("performance ");
	(void)buf_fmt(line, brief ? "%.0fs %s" : "%5.0fs  %s", ns_to_s(now - v->start_ns), phase);
	done(v, s, now, brief, line);
	(void)buf_fmt(line, "%s ok %llu", gap, (unsigned long long)s->ok);
	if (!brief || s->failed > 0)
		(void)buf_fmt(line, "%s failed %llu", gap, (unsigned long long)s->failed);
	if (!isnan(s->rate))
		(void)buf_fmt(line, "%s %.3g/s", gap, s->rate);
	if (!isnan(s->rate) && !isnan(s->in_flight))
		(void)buf_fmt(line, brief ? " %.3g open" : "  in flight %.3g", s->in_flight);
	seconds(line, gap, "p50", s->p50_s);
	seconds(line, gap, "p99", s->p99_s);
	devices(v, now, brief, line);
	if (s->note)
		(void)buf_fmt(line, "%s %s", gap, s->note);
}

static void show(struct progress_view *v, const struct progress_state *s, uint64_t now)
{
	CLEANUP(buf_release) struct buf line = BUF_INIT(4096);
	put_words(v, s, now, false, &line);
	if (v->terminal && line.data && width_of(line.data) >= terminal_width()) {
		buf_clear(&line);
		put_words(v, s, now, true, &line);
	}
	put_line(v, line.data ? line.data : "");
}

static void show_again(struct progress_view *v, uint64_t now)
{
	v->last_ns = now;
	show(v, &v->state, now);
}

/* What takes long between two things that are told still shows that it goes on. */
static void *run_clock(void *arg)
{
	struct progress_view *v = arg;
	(void)pthread_mutex_lock(&v->line);
	while (!v->end) {
		uint64_t now = clock_now();
		if (v->phase[0] && now - v->last_ns >= PLAIN_EVERY_NS)
			show_again(v, now);
		const struct timespec at = clock_timespec(v->last_ns > now - PLAIN_EVERY_NS
							  ? v->last_ns + PLAIN_EVERY_NS
							  : now + PLAIN_EVERY_NS);
		(void)pthread_cond_timedwait(&v->ended, &v->line, &at);
	}
	(void)pthread_mutex_unlock(&v->line);
	return NULL;
}

/* When the work begins to tell, not before: ranks fork between making the view and that, and a
 * thread stays behind there. Without it the line is drawn when something is told, and only then. */
static void start_clock(struct progress_view *v)
{
	struct err e;
	v->asked_clock = true;
	v->has_clock = thread_start(&v->clock, "progress", run_clock, v, &e) == 0;
}

static void update(void *ctx, const struct progress_state *s)
{
	struct progress_view *v = ctx;
	uint64_t now = clock_now();
	uint64_t every = v->terminal ? TERMINAL_EVERY_NS : PLAIN_EVERY_NS;
	if (v->quiet)
		return;
	(void)pthread_mutex_lock(&v->line);
	if (!v->asked_clock)
		start_clock(v);
	bool new_phase = strncmp(v->phase, s->phase, sizeof(v->phase) - 1) != 0;
	if (new_phase) {
		(void)snprintf(v->phase, sizeof(v->phase), "%s", s->phase);
		v->phase_start_ns = now;
	}
	(void)snprintf(v->note, sizeof(v->note), "%s", s->note ? s->note : "");
	v->state = *s;
	v->state.phase = v->phase;
	v->state.note = s->note ? v->note : NULL;
	if (new_phase || now - v->last_ns >= every)
		show_again(v, now);
	(void)pthread_mutex_unlock(&v->line);
}

struct progress_view *progress_view_new(const struct common_options *common)
{
	struct progress_view *v = calloc(1, sizeof(*v));
	if (!v)
		return NULL;
	(void)pthread_mutex_init(&v->lock, NULL);
	(void)pthread_mutex_init(&v->line, NULL);
	v->host_cpu = NAN;
	v->hooks = (struct progress){.update = update, .ctx = v};
	v->quiet = common->quiet;
	const char *term = getenv("TERM");
	v->terminal = isatty(STDERR_FILENO) && !(term && strcmp(term, "dumb") == 0);
	v->start_ns = clock_now();
	pthread_condattr_t attr;
	(void)pthread_condattr_init(&attr);
	(void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	(void)pthread_cond_init(&v->ended, &attr);
	(void)pthread_condattr_destroy(&attr);
	return v;
}

static void end_line(struct progress_view *v)
{
	if (v->line_open) {
		(void)fputs(CLEAR_LINE, stderr);
		stop_last_words(NULL);
	}
	v->line_open = false;
	(void)fflush(stderr);
}

struct progress_view *progress_view_free(struct progress_view *v)
{
	if (!v)
		return NULL;
	(void)pthread_mutex_lock(&v->line);
	v->end = true;
	(void)pthread_cond_signal(&v->ended);
	(void)pthread_mutex_unlock(&v->line);
	if (v->has_clock)
		(void)pthread_join(v->clock, NULL);
	end_line(v);
	(void)pthread_cond_destroy(&v->ended);
	(void)pthread_mutex_destroy(&v->line);
	(void)pthread_mutex_destroy(&v->lock);
	free(v);
	return NULL;
}

const struct progress *progress_view_hooks(struct progress_view *v)
{
	return v ? &v->hooks : NULL;
}

void progress_say(struct progress_view *v, const char *fmt, ...)
{
	char text[400];
	va_list ap;
	if (!v || v->quiet)
		return;
	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	(void)pthread_mutex_lock(&v->line);
	end_line(v);
	CLEANUP(buf_release) struct buf out = BUF_INIT(1024);
	(void)buf_fmt(&out, "%5.0fs  ", ns_to_s(clock_now() - v->start_ns));
	(void)width_add(&out, text, SIZE_MAX - 1);
	(void)fprintf(stderr, "%s\n", out.data ? out.data : "");
	(void)pthread_mutex_unlock(&v->line);
}
