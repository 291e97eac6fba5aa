/* src/report/html_sweep.c - the steps of a sweep together: a table, and latency over throughput.
 *
 * Steps are runs called "NAME @ 8" or "NAME @ 4/s", one after the other.
 * SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <stdlib.h>

#include "base/json.h"
#include "base/str.h"
#include "base/util.h"
#include "report/html_parts.h"
#include "report/html_text.h"
#include "result/chinese.h"
#include "result/format.h"

#define WIDTH 760.0
#define HEIGHT 260.0
#define LEFT 64.0
#define BOTTOM 38.0
#define EDGE 12.0
#define RIGHT 28.0

/* Length of what stands before " @ "; 0: the run is no step. */
static size_t base_of(const struct run *run)
{
	const char *at = strstr(run->name, " @ "), *next;
	while (at && (next = strstr(at + 1, " @ ")))
		at = next;
	return at ? (size_t)(at - run->name) : 0;
}

size_t html_sweep_steps(const struct result *r, size_t first)
{
	size_t len = base_of(r->runs[first]);
	size_t n = 1;
	if (len == 0)
		return 0;
	while (first + n < r->n_runs && base_of(r->runs[first + n]) == len &&
	       strncmp(r->runs[first]->name, r->runs[first + n]->name, len) == 0)
		n++;
	return n > 1 ? n : 0;
}

const char *html_sweep_name(const struct run *run, struct arena *a)
{
	size_t len = base_of(run);
	return len ? arena_strn(a, run->name, len) : run->name;
}

/* One step and where it stands in the result. */
struct step {
	const struct run *run;
	size_t index;
	double value;
};

static int by_value(const void *a, const void *b)
{
	const struct step *x = a, *y = b;
	return x->value != y->value ? (x->value > y->value) - (x->value < y->value)
				    : (x->index > y->index) - (x->index < y->index);
}

/* A search jumps; its steps are shown in the order of their load. */
static struct step *steps_of(const struct html *h, size_t first, size_t n)
{
	struct step *steps = arena_array(h->a, n, sizeof(*steps));
	for (size_t i = 0; i < n; i++) {
		const struct run *run = h->r->runs[first + i];
		steps[i] = (struct step){run, first + i,
					 strtod(run->name + base_of(run) + strlen(" @ "), NULL)};
	}
	qsort(steps, n, sizeof(*steps), by_value);
	return steps;
}

static double number(const struct run *run, const char *name)
{
	struct metric_value v;
	return run_value(run, name, &v) ? v.value : NAN;
}

/* Axes have round numbers: no zeros behind the point. */
static void axis_text(const struct html *h, double x, double y, const char *anchor,
		      const char *unit, double value)
{
	char text[FORMAT_MAX];
	if (strcmp(unit, "s") != 0)
		(void)snprintf(text, sizeof(text), "%g /s", value);
	else if (value > 0 && value < 1)
		(void)snprintf(text, sizeof(text), "%g ms", value * 1000);
	else
		(void)snprintf(text, sizeof(text), "%g s", value);
	(void)buf_fmt(h->out, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\">%s</text>", x, y,
		      anchor, text);
}

struct scale {
	double x_max, y_max, x_step, y_step;
};

static double at_x(const struct scale *s, double value)
{
	return LEFT + (WIDTH - LEFT - RIGHT) * value / s->x_max;
}

static double at_y(const struct scale *s, double value)
{
	return HEIGHT - BOTTOM - (HEIGHT - BOTTOM - EDGE) * value / s->y_max;
}

/* 1, 2 or 5 times a power of ten, so that about `most` of them reach the greatest value. */
static double nice_step(double greatest, double most)
{
	static const double nice[] = {1, 2, 5, 10};
	double power = pow(10, floor(log10(greatest / most)));
	for (size_t i = 0; i < ARRAY_LEN(nice); i++)
		if (greatest / (nice[i] * power) <= most)
			return nice[i] * power;
	return 10 * power;
}

static void axes(const struct html *h, const struct scale *s)
{
	struct buf *out = h->out;
	for (double v = 0; v <= s->y_max * 1.0001; v += s->y_step) {
		(void)buf_fmt(out, "<path d=\"M%g %.1fH%g\" stroke=\"var(--line)\"/>", LEFT,
			      at_y(s, v), WIDTH - RIGHT);
		axis_text(h, LEFT - 6, at_y(s, v) + 4, "end", "s", v);
	}
	for (double v = 0; v <= s->x_max * 1.0001; v += s->x_step) {
		(void)buf_fmt(out, "<path d=\"M%.1f %gV%g\" stroke=\"var(--line)\"/>",
			      at_x(s, v), EDGE, HEIGHT - BOTTOM);
		axis_text(h, at_x(s, v), HEIGHT - BOTTOM + 16, "middle", "1/s", v);
	}
	(void)buf_fmt(out, "<text x=\"%g\" y=\"%g\" text-anchor=\"end\">request_rate</text>",
		      WIDTH - RIGHT, HEIGHT - 4);
}

/* The first line names the steps at its points. */
static void line(const struct html *h, const struct step *steps, size_t n, const char *name,
		 const char *color, const struct scale *s, bool named)
{
	CLEANUP(buf_release) struct buf points = BUF_INIT(1 << 16);
	struct buf *out = h->out;
	for (size_t i = 0; i < n; i++) {
		const struct run *run = steps[i].run;
		double x = number(run, "request_rate"), y = number(run, name);
		char value[FORMAT_MAX];
		if (isnan(x) || isnan(y))
			continue;
		format_metric(value, sizeof(value), name, y);
		(void)buf_fmt(&points, "%.1f,%.1f ", at_x(s, x), at_y(s, y));
		(void)buf_fmt(out, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"3\" fill=\"var(--%s)\">"
			      "<title>", at_x(s, x), at_y(s, y), color);
		html_text(out, arena_fmt(h->a, "%s: %s %s", run->name, name, value));
		(void)buf_str(out, "</title></circle>");
		if (!named || str_ends(run->name, " again"))
			continue;
		(void)buf_fmt(out, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"middle\">",
			      at_x(s, x), at_y(s, y) - 7);
		html_text(out, run->name + base_of(run) + strlen(" @ "));
		(void)buf_str(out, "</text>");
	}
	(void)buf_fmt(out, "<polyline points=\"%s\" fill=\"none\" stroke=\"var(--%s)\"/>",
		      points.data ? points.data : "", color);
}

static void curve(const struct html *h, const struct step *steps, size_t n)
{
	static const struct {
		const char *name, *color;
	} lines[] = {{"latency.p99", "c4"}, {"latency.p50", "c1"}, {"ttft.p99", "c5"}};
	struct scale s = {0};
	bool has[ARRAY_LEN(lines)] = {0};
	for (size_t i = 0; i < n; i++) {
		s.x_max = fmax(s.x_max, number(steps[i].run, "request_rate"));
		for (size_t k = 0; k < ARRAY_LEN(lines); k++) {
			has[k] |= !isnan(number(steps[i].run, lines[k].name));
			s.y_max = fmax(s.y_max, number(steps[i].run, lines[k].name));
		}
	}
	if (!(s.x_max > 0) || !(s.y_max > 0))
		return;
	s.x_step = nice_step(s.x_max, 8);
	s.y_step = nice_step(s.y_max, 5);
	s.x_max = ceil(s.x_max / s.x_step - 1e-9) * s.x_step;
	s.y_max = ceil(s.y_max * 1.06 / s.y_step) * s.y_step;
	(void)buf_str(h->out, "<div class=\"plothead\"><b>");
	html_both(h->out, "latency over request_rate; each point is a step",
		  "延迟与吞吐,每点为一级负载");
	(void)buf_str(h->out, "</b>");
	for (size_t k = 0; k < ARRAY_LEN(lines); k++)
		if (has[k])
			(void)buf_fmt(h->out, "<span><i style=\"border-color:var(--%s)\"></i>%s"
				      "</span>", lines[k].color, lines[k].name);
	(void)buf_fmt(h->out, "</div><div class=\"wide\"><svg class=\"curve\" viewBox=\"0 0 %g %g\""
		      " width=\"%g\" height=\"%g\" role=\"img\">", WIDTH, HEIGHT, WIDTH, HEIGHT);
	axes(h, &s);
	for (size_t k = 0; k < ARRAY_LEN(lines); k++)
		if (has[k])
			line(h, steps, n, lines[k].name, lines[k].color, &s, k == 0);
	(void)buf_str(h->out, "</svg></div>");
}

/* A search looks for steps that miss their targets: they are no failures. */
static void step_verdict(const struct html *h, const struct run *run)
{
	const char *came = json_text(run->settings, "find.targets", NULL);
	const char *missed = json_text(run->settings, "find.first_missed", NULL);
	if (!came) {
		html_run_verdict(h->out, run);
		return;
	}
	const char *distrust = json_text(run->settings, "find.not_trustworthy", NULL);
	bool met = strcmp(came, "met") == 0, few = strcmp(came, "too few requests") == 0;
	(void)buf_fmt(h->out, "<span class=\"v %s\"><i>%s</i> ", met ? "pass" : "skipped",
		      met ? "✓" : "✗");
	if (few)
		html_both(h->out, "too few requests to say", "样本太少,无法判定");
	else
		html_both(h->out, met ? "met" : distrust ? "not trustworthy" : "missed",
			  met ? "达标" : distrust ? "结果不可信" : "未达标");
	(void)buf_str(h->out, "</span>");
	if (distrust)
		html_tag_both(h->out, "small", NULL, distrust, in_chinese(distrust, h->a));
	else if (missed)
		html_tag(h->out, "small", NULL, missed);
}

static void table(const struct html *h, const struct step *steps, size_t n)
{
	static const char *const columns[] = {"request_rate", "token_rate", "audio_rate",
					      "latency.p50", "latency.p99", "ttft.p50", "ttft.p99",
					      "goodput_share", "error_rate"};
	struct buf *out = h->out;
	bool shown[ARRAY_LEN(columns)] = {0};
	for (size_t c = 0; c < ARRAY_LEN(columns); c++)
		for (size_t i = 0; i < n; i++)
			shown[c] |= number(steps[i].run, columns[c]) >= 0;
	(void)buf_str(out, "<div class=\"wide\"><table><thead><tr>");
	html_head(out, NULL, "step", "步");
	html_head(out, NULL, "verdict", "结论");
	html_head(out, "num", "n", "样本数");
	for (size_t c = 0; c < ARRAY_LEN(columns); c++)
		if (shown[c])
			html_head(out, "num", columns[c], columns[c]);
	(void)buf_str(out, "</tr></thead><tbody>");
	for (size_t i = 0; i < n; i++) {
		const struct run *run = steps[i].run;
		(void)buf_fmt(out, "<tr><th class=\"name\"><a href=\"#run-%zu\">", steps[i].index);
		html_text(out, run->name + base_of(run) + strlen(" @ "));
		(void)buf_str(out, "</a></th><td>");
		step_verdict(h, run);
		(void)buf_fmt(out, "</td><td class=\"num\">%llu</td>",
			      (unsigned long long)run->attempted);
		for (size_t c = 0; c < ARRAY_LEN(columns); c++)
			if (shown[c])
				html_number(out, columns[c], number(run, columns[c]));
		(void)buf_str(out, "</tr>");
	}
	(void)buf_str(out, "</tbody></table></div>");
}

void html_sweep(const struct html *h, size_t first, size_t n)
{
	const struct step *steps = steps_of(h, first, n);
	(void)buf_fmt(h->out, "<section class=\"run\" id=\"sweep-%zu\"><h2>", first);
	html_text(h->out, html_sweep_name(steps[0].run, h->a));
	(void)buf_str(h->out, "</h2>");
	table(h, steps, n);
	curve(h, steps, n);
	(void)buf_str(h->out, "<details class=\"steps\"><summary>");
	html_both(h->out, arena_fmt(h->a, "The %zu steps in full", n),
		  arena_fmt(h->a, "%zu 级负载的完整数据", n));
	(void)buf_str(h->out, "</summary>\n");
	for (size_t i = 0; i < n; i++)
		html_run(h, steps[i].run, steps[i].index);
	(void)buf_str(h->out, "</details></section>\n");
}
