/* src/report/html_facts.c - the first screen's lists: trust, what was not run, the environment, and
 * the command that repeats it.
 * SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "base/json.h"
#include "base/str.h"
#include "base/util.h"
#include "monitor/monitor.h"
#include "report/html_parts.h"
#include "report/html_text.h"
#include "result/chinese.h"

#define REASONS_MAX 12	/* of skipped cases; the table of cases has all */

static void trust(const struct html *h)
{
	struct buf *out = h->out;
	const struct result *r = h->r;
	size_t bad = 0;
	for (size_t i = 0; i < r->n_runs; i++)
		bad += !r->runs[i]->trust.trustworthy;
	(void)buf_str(out, "<section><h2>");
	html_both(out, "Can the numbers be trusted?", "结果可信吗?");
	(void)buf_str(out, "</h2>");
	if (r->n_runs == 0 || bad == 0) {
		(void)buf_str(out, "<p>");
		html_both(out,
			  arena_fmt(h->a,
				    "Yes: in %s the tester kept up and its clocks were exact "
				    "enough.", r->n_runs == 1 ? "the one run"
				    : arena_fmt(h->a, "all %zu runs", r->n_runs)),
			  arena_fmt(h->a, "可信: %zu 次运行中测试端均未成为瓶颈,计时足够精确。",
				    r->n_runs));
		(void)buf_str(out, "</p>");
	}
	(void)buf_str(out, "<ul>");
	for (size_t i = 0; i < r->n_runs; i++)
		for (size_t k = 0; k < r->runs[i]->trust.reasons.n; k++) {
			(void)buf_fmt(out, "<li class=\"untrustworthy\"><a href=\"#run-%zu\">", i);
			html_text(out, r->runs[i]->name);
			(void)buf_str(out, "</a>: ");
			html_both(out, r->runs[i]->trust.reasons.items[k],
				  trust_reason(r->runs[i], k, h->a, true));
			(void)buf_str(out, "</li>");
		}
	(void)buf_str(out, "</ul></section>");
}

/* "npu-smi: cannot run …": true on every machine without that device, so it is put away. */
static bool of_sampler(const char *text)
{
	const char *name, *summary;
	for (size_t i = 0; monitor_sampler(i, &name, &summary); i++) {
		size_t len = strlen(name);
		if (strncmp(text, name, len) == 0 && text[len] == ':')
			return true;
	}
	return false;
}

static void samplers_not_run(const struct html *h)
{
	struct buf *out = h->out;
	const struct strings *all = &h->r->skipped;
	size_t n = 0;
	for (size_t i = 0; i < all->n; i++)
		n += of_sampler(all->items[i]);
	if (n == 0)
		return;
	(void)buf_str(out, "<details><summary>");
	html_both(out, arena_fmt(h->a, "Readings that are not to be had here: %zu kind%s", n,
				 str_plural(n)),
		  arena_fmt(h->a, "本机缺少 %zu 类监控数据", n));
	(void)buf_str(out, "</summary><ul>");
	for (size_t i = 0; i < all->n; i++)
		if (of_sampler(all->items[i]))
			html_tag_both(out, "li", NULL, all->items[i],
				      in_chinese(all->items[i], h->a));
	(void)buf_str(out, "</ul></details>");
}

/* Is id one of "a, b, c"? The same case is often skipped for several services. */
static bool named(const char *ids, const char *id)
{
	size_t len = strlen(id);
	for (const char *at = ids; at && (at = strstr(at, id)); at++)
		if ((at == ids || at[-1] == ' ') && (at[len] == ',' || at[len] == '\0'))
			return true;
	return false;
}

/* Skipped cases by their reason: "3 cases: no reference given (F1, F2, F9)". */
static void skipped_cases(const struct html *h)
{
	struct buf *out = h->out;
	const struct result *r = h->r;
	struct reason {
		const char *why;
		size_t n;
		const char *ids;
		size_t n_ids;
	} *reasons = arena_array(h->a, REASONS_MAX + 1, sizeof(*reasons));
	size_t n = 0, others = 0;
	for (size_t i = 0; i < r->n_cases; i++) {
		const struct case_result *c = &r->cases[i];
		const char *why = c->detail ? c->detail : "", *id = c->id ? c->id : "?";
		size_t k = 0;
		if (c->verdict != VERDICT_SKIPPED)
			continue;
		while (k < n && strcmp(reasons[k].why, why) != 0)
			k++;
		others += k == REASONS_MAX;
		if (k == REASONS_MAX)
			continue;
		n = MAX(n, k + 1);
		reasons[k].why = why;
		reasons[k].n++;
		if (named(reasons[k].ids, id))
			continue;
		if (reasons[k].n_ids++ < 6)
			reasons[k].ids = reasons[k].ids
				? arena_fmt(h->a, "%s, %s", reasons[k].ids, id) : id;
		else if (reasons[k].n_ids == 7)
			reasons[k].ids = arena_fmt(h->a, "%s, …", reasons[k].ids);
	}
	for (size_t k = 0; k < n; k++) {
		(void)buf_str(out, "<li>");
		html_both(out, arena_fmt(h->a, "%zu case%s", reasons[k].n,
					 str_plural(reasons[k].n)),
			  arena_fmt(h->a, "%zu 个用例", reasons[k].n));
		const char *ids = reasons[k].ids ? reasons[k].ids : "";
		html_both(out, arena_fmt(h->a, ": %s (%s)", reasons[k].why, ids),
			  arena_fmt(h->a, ": %s (%s)", in_chinese(reasons[k].why, h->a), ids));
		(void)buf_str(out, "</li>");
	}
	if (others == 0)
		return;
	(void)buf_str(out, "<li><a href=\"#cases\">");
	html_both(out, arena_fmt(h->a, "%zu more case%s", others, str_plural(others)),
		  arena_fmt(h->a, "另有 %zu 个用例", others));
	(void)buf_str(out, "</a></li>");
}

static void not_run(const struct html *h)
{
	struct buf *out = h->out;
	const struct result *r = h->r;
	size_t cases = 0;
	for (size_t i = 0; i < r->n_cases; i++)
		cases += r->cases[i].verdict == VERDICT_SKIPPED;
	if (r->skipped.n + r->errors.n + cases == 0)
		return;
	(void)buf_str(out, "<section><h2>");
	html_both(out, "Not run, and why", "未运行及原因");
	(void)buf_str(out, "</h2><ul>");
	for (size_t i = 0; i < r->errors.n; i++)
		html_tag_both(out, "li", "error", r->errors.items[i],
			      in_chinese(r->errors.items[i], h->a));
	for (size_t i = 0; i < r->skipped.n; i++)
		if (!of_sampler(r->skipped.items[i]))
			html_tag_both(out, "li", NULL, r->skipped.items[i],
				      in_chinese(r->skipped.items[i], h->a));
	skipped_cases(h);
	(void)buf_str(out, "</ul>");
	samplers_not_run(h);
	(void)buf_str(out, "</section>");
}

/* ---- environment ---- */

/* A JSON value as short text: objects as "key value, key value". */
static void value_text(struct buf *out, const json_t *v, int depth)
{
	const char *key;
	json_t *item;
	size_t i;
	bool first = true;
	if (json_is_string(v))
		(void)buf_str(out, json_string_value(v));
	else if (json_is_integer(v))
		(void)buf_fmt(out, "%lld", (long long)json_integer_value(v));
	else if (json_is_real(v))
		(void)buf_fmt(out, "%.6g", json_real_value(v));
	else if (json_is_boolean(v))
		(void)buf_str(out, json_is_true(v) ? "yes" : "no");
	else if (depth > 4)
		(void)buf_str(out, "…");
	json_object_foreach((json_t *)(json_is_object(v) && depth <= 4 ? v : NULL), key, item) {
		(void)buf_fmt(out, "%s%s ", first ? "" : ", ", key);
		value_text(out, item, depth + 1);
		first = false;
	}
	json_array_foreach((json_is_array(v) && depth <= 4 ? v : NULL), i, item) {
		(void)buf_str(out, i ? "; " : "");
		value_text(out, item, depth + 1);
	}
}

static void add(struct buf *b, const char *text)
{
	if (text && *text)
		(void)buf_fmt(b, "%s%s", b->len ? ", " : "", text);
}

static const char *host_text(struct arena *a, const json_t *host)
{
	CLEANUP(buf_release) struct buf b = BUF_INIT(1 << 16);
	const json_t *cpus = json_object_get(host, "cpus"), *cores = json_object_get(host, "cores");
	const json_t *memory = json_object_get(host, "memory_bytes");
	const char *cpu = json_text(host, "cpu", NULL);
	cpus = cpus ? cpus : cores;
	add(&b, json_text(host, "name", NULL));
	if (cpus)
		add(&b, arena_fmt(a, "%lld × %s", (long long)json_integer_value(cpus),
				  cpu ? cpu : "CPU"));
	else
		add(&b, cpu);
	if (memory)
		add(&b, arena_fmt(a, "%.4g GiB", json_number_value(memory) / 1073741824));
	add(&b, json_text(host, "os", NULL));
	add(&b, json_text(host, "kernel", NULL));
	return arena_str(a, b.data);
}

/* "2 × 910B3, 1 × 310P3": those of one name that follow each other. */
static const char *chips_text(struct arena *a, const json_t *devices)
{
	CLEANUP(buf_release) struct buf b = BUF_INIT(1 << 16);
	size_t n = json_array_size(devices), same = 0;
	for (size_t i = 0; i < n; i++) {
		const char *name = json_text(json_array_get(devices, i), "name", "?");
		const char *next = i + 1 < n
			? json_text(json_array_get(devices, i + 1), "name", "?") : NULL;
		same++;
		if (next && strcmp(name, next) == 0)
			continue;
		add(&b, arena_fmt(a, "%zu × %s", same, name));
		same = 0;
	}
	return arena_str(a, b.data);
}

/* "server uvicorn, model whisper-large-v3, protocol transcribe, http://…". */
static const char *service_text(struct arena *a, const json_t *service)
{
	static const char *const first[] = {"server", "model", "protocol", "url"};
	CLEANUP(buf_release) struct buf b = BUF_INIT(1 << 16);
	const char *key;
	json_t *v;
	for (size_t i = 0; i < ARRAY_LEN(first); i++) {
		const char *text = json_text(service, first[i], NULL);
		if (text)
			add(&b, i == 3 ? text : arena_fmt(a, "%s %s", first[i], text));
	}
	json_object_foreach((json_t *)service, key, v) {
		bool told = false;
		for (size_t i = 0; i < ARRAY_LEN(first); i++)
			told |= strcmp(key, first[i]) == 0;
		if (told)
			continue;
		(void)buf_fmt(&b, "%s%s ", b.len ? ", " : "", key);
		value_text(&b, v, 0);
	}
	return arena_str(a, b.data);
}

/* What is not known by name here. */
static void other_facts(const struct html *h, const json_t *env)
{
	static const char *const known[] = {"host", "devices", "driver", "cann", "services",
					    "plan_sha256"};
	const char *key;
	json_t *v;
	json_object_foreach((json_t *)env, key, v) {
		bool told = false;
		for (size_t i = 0; i < ARRAY_LEN(known); i++)
			told |= strcmp(key, known[i]) == 0;
		if (told)
			continue;
		CLEANUP(buf_release) struct buf text = BUF_INIT(1 << 20);
		value_text(&text, v, 0);
		html_fact(h->out, key, key, text.data);
	}
}

static void environment(const struct html *h)
{
	const json_t *env = h->r->environment;
	struct buf *out = h->out;
	const char *name;
	json_t *service;
	if (json_object_size(env) == 0)
		return;
	(void)buf_str(out, "<section><h2>");
	html_both(out, "Environment", "环境");
	(void)buf_str(out, "</h2><dl class=\"list\">");
	html_fact(out, "chips", "芯片", chips_text(h->a, json_object_get(env, "devices")));
	html_fact(out, "driver", "驱动", json_text(env, "driver", NULL));
	html_fact(out, "CANN", "CANN", json_text(env, "cann", NULL));
	json_object_foreach(json_object_get(env, "services"), name, service)
		html_fact(out, arena_fmt(h->a, "service %s", name), arena_fmt(h->a, "服务 %s", name),
		     service_text(h->a, service));
	html_fact(out, "host", "主机", host_text(h->a, json_object_get(env, "host")));
	html_fact(out, "plan SHA-256", "计划 SHA-256", json_text(env, "plan_sha256", NULL));
	other_facts(h, env);
	(void)buf_str(out, "</dl></section>");
}

void html_facts(const struct html *h)
{
	struct buf *out = h->out;
	(void)buf_str(out, "<div class=\"columns\">");
	trust(h);
	not_run(h);
	environment(h);
	if (h->r->command) {
		(void)buf_str(out, "<section><h2>");
		html_both(out, "Repeat it", "重新运行");
		(void)buf_str(out, "</h2>");
		html_tag(out, "pre", NULL, h->r->command);
		(void)buf_str(out, "</section>");
	}
	(void)buf_str(out, "</div>\n");
}
