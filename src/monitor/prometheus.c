/* src/monitor/prometheus.c - sampler prometheus: /metrics of services and exporters.
 * SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "base/clock.h"
#include "base/util.h"
#include "monitor/page.h"
#include "monitor/sampler.h"

#define PAGE_MAX ((size_t)8 << 20)
#define REST_MAX_NS (60 * NS_PER_S)

enum kind { KIND_GAUGE, KIND_SHARE, KIND_COUNTER, KIND_SUM, KIND_COUNT };

static const struct {
	const char *name, *unit;
	enum kind kind;
} values[PAGE_COUNT_OF_VALUES] = {
#define VALUE_ROW(id, name, unit, kind) [PAGE_##id] = {name, unit, KIND_##kind},
	PAGE_VALUES(VALUE_ROW)
#undef VALUE_ROW
};

struct source {
	const char *url;
	const char *device;	/* name of the service; NULL: a page of the machine */
	struct page_server before;
	uint64_t before_ns;	/* 0: none yet */
	uint64_t not_before;	/* a page that fails is left alone for a while */
	uint64_t rest_ns;
};

struct prometheus {
	monitor_fetch *fetch;
	uint64_t timeout_ns;
	struct buf body;
	struct source *items;
	size_t n;
};

static void prometheus_close(void *state)
{
	struct prometheus *p = state;
	buf_release(&p->body);
	free(p->items);
	free(p);
}

static int prometheus_open(const struct monitor_spec *spec, void **ret_state, struct err *e)
{
	size_t n = spec->pages.n;
	for (size_t i = 0; i < spec->n_targets; i++)
		n += spec->targets[i].metrics_url != NULL;
	if (n == 0)
		return err_set(e, ERR_UNSUPPORTED, "no metrics page is named (a service's key "
			       "`monitor`, or --pages URL)");
	if (!spec->fetch)
		return err_set(e, ERR_UNSUPPORTED, "pages cannot be fetched here");
	struct prometheus *p = calloc(1, sizeof(*p));
	struct source *items = calloc(n, sizeof(*items));
	if (!p || !items) {
		free(p);
		free(items);
		return err_set(e, ERR_SYSTEM, "no memory to read metrics pages");
	}
	p->fetch = spec->fetch;
	/* One thread reads all: a page that hangs must not cost the others their rounds. */
	p->timeout_ns = MIN(MAX(spec->every_ns / 2, 200 * NS_PER_MS), 2 * NS_PER_S);
	buf_init(&p->body, PAGE_MAX);
	p->items = items;
	for (size_t i = 0; i < spec->pages.n; i++)
		p->items[p->n++].url = spec->pages.items[i];
	for (size_t i = 0; i < spec->n_targets; i++) {
		if (!spec->targets[i].metrics_url)
			continue;
		p->items[p->n].url = spec->targets[i].metrics_url;
		p->items[p->n++].device = spec->targets[i].name;
	}
	*ret_state = p;
	return 0;
}

/* What grew between two pages; NaN when it fell (the server restarted) or is not known. */
static double grown(const struct source *s, const struct page_server *now, size_t i)
{
	double d = now->values[i] - s->before.values[i];
	return s->before_ns && d >= 0 ? d : NAN;
}

static void server_to_sink(struct source *s, const struct page_server *now, struct sink *out)
{
	double seconds = ns_to_s(out->at_ns - s->before_ns);
	for (size_t i = 0; i < PAGE_COUNT_OF_VALUES; i++) {
		double v = NAN;
		double n;
		switch (values[i].kind) {
		case KIND_GAUGE:
			v = now->values[i];
			break;
		case KIND_SHARE:
			v = 100 * now->values[i];
			break;
		case KIND_COUNTER:
			v = seconds > 0 ? grown(s, now, i) / seconds : NAN;
			break;
		case KIND_SUM:	/* mean of what ended between the two pages */
			n = grown(s, now, i + 1);
			v = n > 0 ? grown(s, now, i) / n : NAN;
			break;
		case KIND_COUNT:
			break;
		}
		if (values[i].name)
			sink_add(out, s->device ? s->device : "server", values[i].name,
				 values[i].unit, v);
	}
	s->before = *now;
	s->before_ns = out->at_ns;
}

/* What an assay on another machine reads there, under the name of the service or of the page; and
 * how far its wall clock is ahead of ours, to half of the time that the page took. */
static size_t own_to_sink(const struct source *s, const char *text, size_t len, uint64_t took,
			  struct arena *a, struct sink *out)
{
	struct page_cursor c = {text, text + len};
	struct page_sample sample;
	struct page_own own;
	size_t n = 0;
	const char *where = s->device ? s->device : s->url;
	double half = ns_to_s(took) / 2, here = ns_to_s(clock_wall()) - half;
	while (page_next(&c, &sample)) {
		if (!page_to_own(&sample, a, &own))
			continue;
		n++;
		if (own.device) {
			sink_add(out, arena_fmt(a, "%s: %s", where, own.device), own.name,
				 own.unit, own.value);
		} else if (strcmp(own.name, "clock") == 0) {
			sink_add(out, where, "clock_ahead", "s", own.value - here);
			sink_add(out, where, "clock_ahead_bound", "s", half);
		}
	}
	return n;
}

static int read_page(struct prometheus *p, struct source *s, struct sink *out, struct err *e)
{
	int status = 0;
	buf_clear(&p->body);
	uint64_t asked = clock_now();
	if (p->fetch(s->url, p->timeout_ns, &p->body, &status, e) < 0)
		return -1;
	uint64_t took = clock_now() - asked;
	out->at_ns = asked + took / 2;
	if (status != 200)
		return err_set(e, ERR_DATA, "%s answers with status %d", s->url, status);
	CLEANUP(arena_freep) struct arena *a = arena_new();
	struct capture c;
	capture_init(&c, a);
	const char *text = p->body.data ? p->body.data : "";
	page_to_devices(text, p->body.len, &c);
	for (size_t i = 0; i < c.n; i++)
		device_to_sink(&c.devices[i], out);
	struct page_server now;
	size_t known = page_to_server(text, p->body.len, &now);
	if (known)
		server_to_sink(s, &now, out);
	size_t own = own_to_sink(s, text, p->body.len, took, a, out);
	if (!known && !c.n && !own)
		return err_set(e, ERR_DATA, "%s holds no metric that is known", s->url);
	return 0;
}

static int prometheus_read(void *state, struct sink *out, struct err *e)
{
	struct prometheus *p = state;
	int rc = 0;
	for (size_t i = 0; i < p->n; i++) {
		struct source *s = &p->items[i];
		if (clock_now() < s->not_before) {
			rc = rc < 0 ? rc : 1;
			continue;
		}
		if (read_page(p, s, out, e) == 0) {
			s->rest_ns = 0;
			continue;
		}
		rc = -1;
		s->rest_ns = MIN(MAX(2 * s->rest_ns, 2 * p->timeout_ns), REST_MAX_NS);
		s->not_before = clock_now() + s->rest_ns;
	}
	return rc;
}

static json_t *prometheus_once(void *state, struct err *e)
{
	struct prometheus *p = state;
	json_t *all = json_pack("{s:[]}", "devices");
	for (size_t i = 0; i < p->n; i++) {
		int status = 0;
		buf_clear(&p->body);
		if (p->items[i].device ||
		    p->fetch(p->items[i].url, 5 * NS_PER_S, &p->body, &status, e) < 0 ||
		    status != 200 || !p->body.data)
			continue;
		CLEANUP(arena_freep) struct arena *a = arena_new();
		struct capture c;
		capture_init(&c, a);
		page_to_devices(p->body.data, p->body.len, &c);
		json_t *one = capture_to_json(&c);
		(void)json_array_extend(json_object_get(all, "devices"),
					json_object_get(one, "devices"));
		json_decref(one);
	}
	return all;
}

const struct sampler sampler_prometheus = {
	.name = "prometheus",
	.summary = "metrics pages: npu-exporter, DCGM exporter, vLLM, SGLang, MindIE, llama.cpp",
	.open = prometheus_open,
	.close = prometheus_close,
	.read = prometheus_read,
	.once = prometheus_once,
};
