/* src/report/html_sweep.c - the steps of a sweep together: a table, and latency over throughput.
 *
 * Steps are runs called "NAME @ 8" or "NAME @ 4/s", one after the other.
 * SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "base/util.h"
#include "report/html_parts.h"
#include "report/html_text.h"
#include "result/format.h"

#define WIDTH 560.0
#define HEIGHT 220.0
#define LEFT 64.0
#define BOTTOM 34.0
#define EDGE 12.0

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

static double number(const struct run *run, const char *name)
{
	struct metric_value v;
	return run_value(run, name, &v) ? v.value : NAN;
}

static void axis_text(const struct html *h, double x, double y, const char *anchor,
		      const char *unit, double value)
{
	char text[FORMAT_MAX];
	format_unit(text, sizeof(text), unit, value);
	(void)buf_fmt(h->out, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\">%s</text>", x, y,
		      anchor, text);
}

struct scale {
	double x_max, y_max;
};

static double at_x(const struct scale *s, double value)
{
	return LEFT + (WIDTH - LEFT - EDGE) * value / s->x_max;
}

static double at_y(const struct scale *s, double value)
{
	return HEIGHT - BOTTOM - (HEIGHT - BOTTOM - EDGE) * value / s->y_max;
}

static void line(const struct html *h, const struct run *const *runs, size_t n, const char *name,
		 const char *color, const struct scale *s)
{
	struct buf points = BUF_INIT(1 << 16);
	for (size_t i = 0; i < n; i++) {
		double x = number(runs[i], "request_rate"), y = number(runs[i], name);
		if (isnan(x) || isnan(y))
			continue;
		(void)buf_fmt(&points, "%.1f,%.1f ", at_x(s, x), at_y(s, y));
		(void)buf_fmt(h->out, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"3\" fill=\"var(--%s)\">"
			      "<title>", at_x(s, x), at_y(s, y), color);
		html_text(h->out, arena_fmt(h->a, "%s, %s", runs[i]->name, name));
		(void)buf_str(h->out, "</title></circle>");
	}
	(void)buf_fmt(h->out, "<polyline points=\"%s\" fill=\"none\" stroke=\"var(--%s)\"/>",
		      points.data ? points.data : "", color);
	buf_release(&points);
}

static void curve(const struct html *h, const struct run *const *runs, size_t n)
{
	static const struct {
		const char *name, *color;
	} lines[] = {{"latency.p50", "c1"}, {"latency.p99", "c2"}, {"ttft.p99", "c3"}};
	struct scale s = {0};
	for (size_t i = 0; i < n; i++) {
		s.x_max = fmax(s.x_max, number(runs[i], "request_rate"));
		for (size_t k = 0; k < ARRAY_LEN(lines); k++)
			s.y_max = fmax(s.y_max, number(runs[i], lines[k].name));
	}
	if (!(s.x_max > 0) || !(s.y_max > 0))
		return;
	(void)buf_str(h->out, "<div class=\"plothead\"><b>");
	html_both(h->out, "latency over request_rate", "延迟与吞吐");
	(void)buf_str(h->out, "</b>");
	for (size_t k = 0; k < ARRAY_LEN(lines); k++)
		if (!isnan(number(runs[0], lines[k].name)))
			(void)buf_fmt(h->out, "<span><i style=\"border-color:var(--%s)\"></i>%s"
				      "</span>", lines[k].color, lines[k].name);
	(void)buf_fmt(h->out, "</div><div class=\"wide\"><svg class=\"curve\" viewBox=\"0 0 %g %g\""
		      " width=\"%g\" height=\"%g\" role=\"img\">", WIDTH, HEIGHT, WIDTH, HEIGHT);
	(void)buf_fmt(h->out, "<path d=\"M%g %gV%gH%g\" fill=\"none\" stroke=\"var(--line)\"/>",
		      LEFT, EDGE, HEIGHT - BOTTOM, WIDTH - EDGE);
	axis_text(h, LEFT - 6, EDGE + 8, "end", "s", s.y_max);
	axis_text(h, LEFT - 6, HEIGHT - BOTTOM, "end", "s", 0);
	axis_text(h, WIDTH - EDGE, HEIGHT - BOTTOM + 18, "end", "1/s", s.x_max);
	axis_text(h, LEFT, HEIGHT - BOTTOM + 18, "middle", "1/s", 0);
	for (size_t k = 0; k < ARRAY_LEN(lines); k++)
		line(h, runs, n, lines[k].name, lines[k].color, &s);
	(void)buf_str(h->out, "</svg></div>");
}

static void table(const struct html *h, const struct run *const *runs, size_t n, size_t first)
{
	static const char *const columns[] = {"request_rate", "token_rate", "audio_rate",
					      "latency.p50", "latency.p99", "ttft.p50", "ttft.p99",
					      "goodput_share", "error_rate"};
	struct buf *out = h->out;
	bool shown[ARRAY_LEN(columns)] = {0};
	for (size_t c = 0; c < ARRAY_LEN(columns); c++)
		for (size_t i = 0; i < n; i++)
			shown[c] |= number(runs[i], columns[c]) >= 0;
	(void)buf_str(out, "<div class=\"wide\"><table><thead><tr>");
	html_head(out, NULL, "step", "步");
	html_head(out, NULL, "verdict", "结论");
	for (size_t c = 0; c < ARRAY_LEN(columns); c++)
		if (shown[c])
			html_head(out, "num", columns[c], columns[c]);
	(void)buf_str(out, "</tr></thead><tbody>");
	for (size_t i = 0; i < n; i++) {
		(void)buf_fmt(out, "<tr><th class=\"name\"><a href=\"#run-%zu\">", first + i);
		html_text(out, runs[i]->name + base_of(runs[i]) + strlen(" @ "));
		(void)buf_str(out, "</a></th><td>");
		html_verdict(out, run_verdict(runs[i]));
		(void)buf_str(out, "</td>");
		for (size_t c = 0; c < ARRAY_LEN(columns); c++)
			if (shown[c])
				html_number(out, columns[c], number(runs[i], columns[c]));
		(void)buf_str(out, "</tr>");
	}
	(void)buf_str(out, "</tbody></table></div>");
}

void html_sweep(const struct html *h, size_t first, size_t n)
{
	const struct run *const *runs = (const struct run *const *)h->r->runs + first;
	(void)buf_fmt(h->out, "<section class=\"run\" id=\"sweep-%zu\"><h2>", first);
	html_text(h->out, arena_strn(h->a, runs[0]->name, base_of(runs[0])));
	(void)buf_str(h->out, "</h2>");
	table(h, runs, n, first);
	curve(h, runs, n);
	(void)buf_str(h->out, "</section>\n");
}
