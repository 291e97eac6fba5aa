/* src/report/compare_cases.c - what has a verdict and no number; and the machines themselves.
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/json.h"
#include "base/util.h"
#include "report/compare.h"

static bool same_text(const char *a, const char *b)
{
	return strcmp(a ? a : "", b ? b : "") == 0;
}

/* A case that did not come to a verdict on one side says nothing of the other. */
static enum change change_of(enum verdict base, enum verdict now)
{
	bool good = now == VERDICT_PASS, was_good = base == VERDICT_PASS;
	if (base == now)
		return CHANGE_SAME;
	if (good && base == VERDICT_FAIL)
		return CHANGE_BETTER;
	if (was_good && now == VERDICT_FAIL)
		return CHANGE_WORSE;
	return CHANGE_UNDECIDED;
}

static void add(struct comparison *c, struct compared_case x)
{
	x.change = change_of(x.base, x.now);
	if (x.change == CHANGE_SAME)
		c->cases_same++;
	else
		*ARENA_ADD(c->a, c->cases, c->n_cases) = x;
}

static const struct case_result *find(const struct result *r, const struct case_result *like)
{
	for (size_t i = 0; i < r->n_cases; i++) {
		const struct case_result *c = &r->cases[i];
		if (same_text(c->id, like->id) && same_text(c->suite, like->suite) &&
		    same_text(c->service, like->service) && same_text(c->name, like->name))
			return c;
	}
	return NULL;
}

static enum verdict outages_verdict(const struct soak_result *s)
{
	return soak_longest_outage(s) > SOAK_OUTAGE_MAX_S ? VERDICT_FAIL : VERDICT_PASS;
}

static void compare_leaks(struct comparison *c)
{
	const struct soak_result *b = &c->base->soak, *n = &c->now->soak;
	for (size_t i = 0; i < b->n_leaks; i++)
		for (size_t k = 0; k < n->n_leaks; k++)
			if (same_text(b->leaks[i].what, n->leaks[k].what))
				add(c, (struct compared_case){
					.suite = "soak", .id = "leak", .name = n->leaks[k].what,
					.base = leak_verdict(&b->leaks[i]),
					.now = leak_verdict(&n->leaks[k]),
					.detail = n->leaks[k].verdict});
	if (b->present && n->present)
		add(c, (struct compared_case){
			.suite = "soak", .id = "outages", .name = "no outage over 10 s",
			.base = outages_verdict(b),
			.now = outages_verdict(n),
			.detail = arena_fmt(c->a, "the longest lasted %.1f s",
					    soak_longest_outage(n))});
}

void compare_cases(struct comparison *c)
{
	for (size_t i = 0; i < c->base->n_cases; i++) {
		const struct case_result *b = &c->base->cases[i];
		const struct case_result *n = find(c->now, b);
		if (n)
			add(c, (struct compared_case){
				.suite = n->suite, .service = n->service, .id = n->id,
				.name = n->name, .base = b->verdict, .now = n->verdict,
				.detail = n->detail});
		else
			strings_add(&c->missing, c->a,
				    arena_fmt(c->a, "case %s %s", b->id ? b->id : "",
					      b->service ? b->service : ""));
	}
	compare_leaks(c);
}

/* ---- environments ---- */

#define DEPTH_MAX 8

static const char *value_text(struct arena *a, const json_t *v)
{
	if (!v)
		return NULL;
	if (json_is_string(v))
		return arena_str(a, json_string_value(v));
	CLEANUP(buf_release) struct buf out = BUF_INIT(1 << 16);
	return json_write(v, false, &out) == 0 && out.data ? arena_str(a, out.data) : "…";
}

static void differ(struct comparison *c, const char *key, const json_t *b, const json_t *n)
{
	if ((!b && !n) || (b && n && json_equal(b, n)))
		return;
	*ARENA_ADD(c->a, c->environment, c->n_environment) = (struct compare_environment){
		.key = key, .base = value_text(c->a, b), .now = value_text(c->a, n)};
}

/* Objects key by key and lists item by item, until the values themselves. The depth is limited
 * because the file may have been made by others. */
static void walk(struct comparison *c, const char *path, const json_t *b, const json_t *n,
		 int depth)
{
	const char *key;
	json_t *v;
	const char *dot = *path ? "." : "";
	if (json_is_object(b) && json_is_object(n) && depth < DEPTH_MAX) {
		json_object_foreach((json_t *)b, key, v)
			walk(c, arena_fmt(c->a, "%s%s%s", path, dot, key), v,
			     json_object_get(n, key), depth + 1);
		json_object_foreach((json_t *)n, key, v)
			if (!json_object_get(b, key))
				differ(c, arena_fmt(c->a, "%s%s%s", path, dot, key), NULL, v);
	} else if (json_is_array(b) && json_is_array(n) && depth < DEPTH_MAX) {
		size_t most = MAX(json_array_size(b), json_array_size(n));
		for (size_t i = 0; i < most; i++)
			walk(c, arena_fmt(c->a, "%s[%zu]", path, i), json_array_get(b, i),
			     json_array_get(n, i), depth + 1);
	} else {
		differ(c, path, b, n);
	}
}

void compare_environments(struct comparison *c)
{
	walk(c, "", c->base->environment, c->now->environment, 0);
	if (!same_text(c->base->tool_version, c->now->tool_version))
		*ARENA_ADD(c->a, c->environment, c->n_environment) = (struct compare_environment){
			.key = "assay", .base = c->base->tool_version,
			.now = c->now->tool_version};
}

void compare_settings(struct comparison *c, const struct run *base, const struct run *now)
{
	if (strcmp(base->name, now->name) != 0)
		*ARENA_ADD(c->a, c->environment, c->n_environment) = (struct compare_environment){
			.key = "run", .base = base->name, .now = now->name};
	/* Other tools' files do not tell all of them. */
	if (base->settings && now->settings)
		walk(c, now->name, base->settings, now->settings, 0);
}
