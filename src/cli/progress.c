/* src/cli/progress.c - see progress.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "cli/progress.h"

#include <math.h>
#include <stdarg.h>
#include <unistd.h>

#include "base/clock.h"

#define TERMINAL_EVERY_NS (200 * NS_PER_MS)
#define PLAIN_EVERY_NS (10 * NS_PER_S)

struct progress_view {
	struct progress hooks;
	bool quiet, terminal, line_open;
	char phase[80];
	uint64_t start_ns, phase_start_ns, last_ns;
};

static void put_line(struct progress_view *v, const char *line)
{
	size_t width = command_width(STDERR_FILENO);
	if (!v->terminal) {
		(void)fprintf(stderr, "%s\n", line);
		return;
	}
	size_t cut = str_utf8_cut(line, strlen(line), width - 1);
	(void)fprintf(stderr, "\r\033[K%.*s", (int)cut, line);
	(void)fflush(stderr);
	v->line_open = true;
}

static void seconds(char *out, size_t size, const char *name, double value)
{
	char text[32];
	out[0] = '\0';
	if (isnan(value))
		return;
	clock_format_duration(text, sizeof(text), (uint64_t)(value * 1e9));
	(void)snprintf(out, size, "  %s %s", name, text);
}

static void show(struct progress_view *v, const struct progress_state *s, uint64_t now)
{
	char line[400];
	char done[16] = "";
	char rate[32] = "";
	char p50[48];
	char p99[48];
	if (s->done >= 0)
		(void)snprintf(done, sizeof(done), " %3.0f %%", 100 * s->done);
	if (!isnan(s->rate))
		(void)snprintf(rate, sizeof(rate), "  %.3g/s", s->rate);
	seconds(p50, sizeof(p50), "p50", s->p50_s);
	seconds(p99, sizeof(p99), "p99", s->p99_s);
	(void)snprintf(line, sizeof(line), "%5.0fs  %s%s  ok %llu  failed %llu%s%s%s%s%s",
		       ns_to_s(now - v->start_ns), s->phase, done, (unsigned long long)s->ok,
		       (unsigned long long)s->failed, rate, p50, p99, s->note ? "  " : "",
		       s->note ? s->note : "");
	put_line(v, line);
}

static void update(void *ctx, const struct progress_state *s)
{
	struct progress_view *v = ctx;
	uint64_t now = clock_now();
	bool new_phase = strncmp(v->phase, s->phase, sizeof(v->phase) - 1) != 0;
	uint64_t every = v->terminal ? TERMINAL_EVERY_NS : PLAIN_EVERY_NS;
	if (v->quiet || (!new_phase && now - v->last_ns < every))
		return;
	if (new_phase) {
		(void)snprintf(v->phase, sizeof(v->phase), "%s", s->phase);
		v->phase_start_ns = now;
	}
	v->last_ns = now;
	show(v, s, now);
}

struct progress_view *progress_view_new(const struct common_options *common)
{
	struct progress_view *v = calloc(1, sizeof(*v));
	if (!v)
		return NULL;
	v->hooks = (struct progress){.update = update, .ctx = v};
	v->quiet = common->quiet;
	v->terminal = isatty(STDERR_FILENO);
	v->start_ns = clock_now();
	return v;
}

static void end_line(struct progress_view *v)
{
	if (v->line_open)
		(void)fputs("\r\033[K", stderr);
	v->line_open = false;
	(void)fflush(stderr);
}

struct progress_view *progress_view_free(struct progress_view *v)
{
	if (v)
		end_line(v);
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
	end_line(v);
	(void)fprintf(stderr, "%5.0fs  %s\n", ns_to_s(clock_now() - v->start_ns), text);
}
