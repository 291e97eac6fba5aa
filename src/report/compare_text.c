/* src/report/compare_text.c - a comparison for the terminal, for programs and for CI.
 * SPDX-License-Identifier: Apache-2.0 */
#include "report/compare_text.h"

#include <math.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/str.h"
#include "base/util.h"
#include "report/grid.h"
#include "report/table.h"
#include "report/xml.h"
#include "result/chinese.h"
#include "result/format.h"

#define L(en, chinese) (zh ? (chinese) : (en))

static const char *const colors[CHANGES] = {
	[CHANGE_SAME] = "\033[2m", [CHANGE_BETTER] = "\033[32m", [CHANGE_WORSE] = "\033[1;31m",
	[CHANGE_UNDECIDED] = "\033[33m",
};

const char *compare_number(struct arena *a, const struct compared *x, double value)
{
	char text[FORMAT_MAX];
	if (isnan(value))
		return "–";
	if (x->share)
		format_percent(text, sizeof(text), value);
	else
		format_unit(text, sizeof(text), x->unit, value);
	return arena_str(a, text);
}

/* Shares differ by percentage points, others in percent of the base; without a base, in units. */
const char *compare_change(struct arena *a, const struct compared *x, double difference)
{
	if (isinf(difference))
		return difference < 0 ? "−∞" : "∞";
	if (x->share)
		return arena_fmt(a, "%+.2f pp", 100 * difference);
	if (x->base.value == 0)
		return compare_number(a, x, difference);
	return arena_fmt(a, "%+.1f %%", 100 * difference / fabs(x->base.value));
}

const char *compare_interval(struct arena *a, const struct compared *x)
{
	if (isinf(x->lo) && isinf(x->hi))
		return "–";
	return arena_fmt(a, "%s … %s", compare_change(a, x, x->lo), compare_change(a, x, x->hi));
}

const char *compare_why(struct arena *a, const struct compared *x, bool zh)
{
	if (!x->why)
		return x->limit ? arena_fmt(a, L("limit %s", "限值 %s"), x->limit) : "";
	const char *why = L(x->why, in_chinese(x->why, a));
	if (!x->needed)
		return why;
	return arena_fmt(a, L("n of %llu would decide: %s", "约需 n = %llu 才能判定:%s"),
			 (unsigned long long)x->needed, why);
}

const char *compare_rule(struct arena *a, const struct compared *x, bool zh)
{
	if (!x->rule || (isinf(x->lo) && isinf(x->hi)))
		return "";
	return L(x->rule, in_chinese(x->rule, a));
}

const char *compare_metric(struct arena *a, const struct compared *x, bool zh)
{
	return strncmp(x->group, "accuracy ", strlen("accuracy ")) == 0
		? accuracy_title(x->metric, a, zh) : x->metric;
}

/* A text that begins so, with the Chinese word for its beginning; NULL: it begins otherwise. */
static const char *begins(struct arena *a, const char *text, const char *en, const char *zh)
{
	return str_starts(text, en) ? arena_fmt(a, "%s%s", zh, text + strlen(en)) : NULL;
}

const char *compare_group(struct arena *a, const char *group, bool zh)
{
	const char *chinese = strcmp(group, "soak") == 0 ? "长稳"
						       : begins(a, group, "accuracy ", "精度 ");
	return zh && chinese ? chinese : group;
}

const char *compare_missing(struct arena *a, const char *what, bool zh)
{
	const char *run = begins(a, what, "run ", "运行 "), *c = begins(a, what, "case ", "用例 ");
	const char *other = compare_group(a, what, zh);
	return !zh ? what : run ? run : c ? c : other;
}

const char *compare_sentence(const struct comparison *c, bool zh)
{
	size_t counts[CHANGES] = {0};
	for (size_t i = 0; i < c->n; i++)
		counts[c->items[i].change] += c->items[i].judged;
	for (size_t i = 0; i < c->n_cases && c->cases_judged; i++)
		counts[c->cases[i].change]++;
	if (c->cases_judged) {
		counts[CHANGE_SAME] += c->cases_same;
		counts[CHANGE_UNDECIDED] += c->missing.n;
	}
	const char *fmt = L("%s: of what is judged, %zu worse, %zu undecided, %zu better, "
			    "%zu the same",
			    "%s: 判定项中 %zu 项变差,%zu 项未定,%zu 项变好,%zu 项相同");
	static const char *const heads[][CHANGES] = {{"Same", "Better", "Worse", "Undecided"},
						     {"相同", "变好", "变差", "未定"}};
	return arena_fmt(c->a, fmt, heads[zh][c->change], counts[CHANGE_WORSE],
			 counts[CHANGE_UNDECIDED], counts[CHANGE_BETTER], counts[CHANGE_SAME]);
}

static void heads(struct table *t, const char *const *en, const char *const *zh_texts, size_t n,
		  bool zh)
{
	table_row(t);
	for (size_t i = 0; i < n; i++)
		table_cell(t, zh ? zh_texts[i] : en[i], "\033[2m");
}

static void print_environment(const struct comparison *c, bool zh, bool color, size_t width,
			      struct buf *out)
{
	static const char *const en[] = {"", "base", "new"}, *const chinese[] = {"", "基线", "新"};
	struct table t;
	if (c->n_environment == 0) {
		(void)buf_str(out, L("Same environment.\n", "环境相同。\n"));
		return;
	}
	(void)buf_str(out, L("The environments differ:\n", "环境不同:\n"));
	table_init(&t, c->a, "lll");
	heads(&t, en, chinese, ARRAY_LEN(en), zh);
	for (size_t i = 0; i < c->n_environment; i++) {
		table_row(&t);
		table_cell(&t, c->environment[i].key, NULL);
		table_cell(&t, c->environment[i].base ? c->environment[i].base : "–", NULL);
		table_cell(&t, c->environment[i].now ? c->environment[i].now : "–", NULL);
	}
	table_print(&t, 2, width, color, out);
}

static void print_items(const struct comparison *c, bool zh, bool color, size_t width,
			struct buf *out)
{
	static const char *const en[] = {"", "metric", "base", "new", "change", "95 %", ""};
	static const char *const chinese[] = {"", "指标", "基线", "新", "变化", "95 %", ""};
	const char *group = NULL;
	struct table t;
	for (size_t i = 0; i < c->n; i++) {
		const struct compared *x = &c->items[i];
		if (!group || strcmp(group, x->group) != 0) {
			if (group)
				table_print(&t, 2, width, color, out);
			(void)buf_fmt(out, "\n%s\n", compare_group(c->a, x->group, zh));
			table_init(&t, c->a, "llrrrll");
			heads(&t, en, chinese, ARRAY_LEN(en), zh);
			group = x->group;
		}
		table_row(&t);
		table_cell(&t, arena_fmt(c->a, "%s%s", change_text(x->change, zh),
					 x->judged ? " *" : ""), colors[x->change]);
		table_cell(&t, compare_metric(c->a, x, zh), NULL);
		table_cell(&t, compare_number(c->a, x, x->base.value), NULL);
		table_cell(&t, compare_number(c->a, x, x->now.value), NULL);
		table_cell(&t, compare_change(c->a, x, x->difference), NULL);
		table_cell(&t, compare_interval(c->a, x), NULL);
		table_cell(&t, compare_why(c->a, x, zh), NULL);
	}
	if (group)
		table_print(&t, 2, width, color, out);
}

static void print_cases(const struct comparison *c, bool zh, bool color, size_t width,
			struct buf *out)
{
	struct table t;
	if (c->n_cases == 0 && c->cases_same == 0)
		return;
	(void)buf_fmt(out, L("\ncases: %zu changed, %zu the same\n",
			     "\n用例: %zu 个变化,%zu 个相同\n"), c->n_cases, c->cases_same);
	table_init(&t, c->a, "llllll");
	for (size_t i = 0; i < c->n_cases; i++) {
		const struct compared_case *x = &c->cases[i];
		table_row(&t);
		table_cell(&t, change_text(x->change, zh), colors[x->change]);
		table_cell(&t, x->id, NULL);
		table_cell(&t, x->service, NULL);
		table_cell(&t, arena_fmt(c->a, "%s → %s", verdict_text(x->base, zh),
					 verdict_text(x->now, zh)), NULL);
		table_cell(&t, L(x->name, in_chinese(x->name, c->a)), NULL);
		table_cell(&t, L(x->detail, in_chinese(x->detail, c->a)), NULL);
	}
	table_print(&t, 2, width, color, out);
}

void compare_terminal(const struct comparison *c, bool zh, bool color, size_t width,
		      struct buf *out)
{
	(void)buf_fmt(out, "%s%s%s\n", color ? colors[c->change] : "", compare_sentence(c, zh),
		      color ? "\033[0m" : "");
	(void)buf_fmt(out, L("base: %s\nnew:  %s\n", "基线: %s\n新: %s\n"), c->base_path,
		      c->now_path);
	print_environment(c, zh, color, width, out);
	print_items(c, zh, color, width, out);
	print_cases(c, zh, color, width, out);
	for (size_t i = 0; i < c->missing.n; i++)
		(void)buf_fmt(out, L("missing in the new result: %s\n", "新结果中缺少: %s\n"),
			      compare_missing(c->a, c->missing.items[i], zh));
	if (c->n > 0)
		(void)buf_str(out, L("\n* judged: counts for the exit status\n",
				     "\n* 计入退出状态\n"));
}

/* ---- JSON ---- */

static json_t *bounds(double lo, double hi)
{
	json_t *list = json_array();
	(void)json_array_append_new(list, isfinite(lo) ? json_real(lo) : json_null());
	(void)json_array_append_new(list, isfinite(hi) ? json_real(hi) : json_null());
	return list;
}

static json_t *side(const struct compare_value *v)
{
	json_t *j = json_object();
	json_put_real(j, "value", v->value);
	json_put(j, "interval95", bounds(v->lo, v->hi));
	json_put_int(j, "n", (int64_t)v->n);
	return j;
}

static json_t *item_json(const struct compared *x)
{
	json_t *j = json_object();
	json_put_text(j, "run", x->group);
	json_put_text(j, "metric", x->metric);
	json_put_text(j, "unit", x->unit);
	json_put_text(j, "change", change_name(x->change));
	json_put_bool(j, "judged", x->judged);
	json_put(j, "base", side(&x->base));
	json_put(j, "new", side(&x->now));
	json_put_real(j, "difference", x->difference);
	json_put(j, "interval95", bounds(x->lo, x->hi));
	if (x->base.value != 0)
		json_put_real(j, "relative", x->difference / fabs(x->base.value));
	json_put_real(j, "gate", x->gate);
	json_put_text(j, "limit", x->limit);
	json_put_text(j, "rule", x->rule);
	json_put_text(j, "why", x->why);
	if (x->needed)
		json_put_int(j, "needed", (int64_t)x->needed);
	return j;
}

static json_t *about(const struct result *r, const char *path)
{
	char when[32];
	json_t *j = json_object();
	clock_format_wall(when, sizeof(when), r->start_wall_ns);
	json_put_text(j, "path", path);
	json_put_text(j, "title", r->title);
	json_put_text(j, "start", r->start_wall_ns ? when : NULL);
	json_put_text(j, "verdict", verdict_name(r->verdict));
	return j;
}

static json_t *environment_json(const struct comparison *c)
{
	json_t *list = json_array();
	for (size_t i = 0; i < c->n_environment; i++) {
		json_t *j = json_object();
		json_put_text(j, "key", c->environment[i].key);
		json_put_text(j, "base", c->environment[i].base);
		json_put_text(j, "new", c->environment[i].now);
		(void)json_array_append_new(list, j);
	}
	return list;
}

json_t *compare_json(const struct comparison *c)
{
	json_t *all = json_object(), *list = json_array(), *cases = json_array();
	json_t *missing = json_array();
	json_put_int(all, "assay", 1);
	json_put_text(all, "verdict", change_name(c->change));
	json_put_text(all, "sentence", compare_sentence(c, false));
	json_put(all, "base", about(c->base, c->base_path));
	json_put(all, "new", about(c->now, c->now_path));
	json_put(all, "environment", environment_json(c));
	for (size_t i = 0; i < c->n; i++)
		(void)json_array_append_new(list, item_json(&c->items[i]));
	json_put(all, "metrics", list);
	for (size_t i = 0; i < c->n_cases; i++) {
		const struct compared_case *x = &c->cases[i];
		json_t *j = json_object();
		json_put_text(j, "suite", x->suite);
		json_put_text(j, "service", x->service);
		json_put_text(j, "id", x->id);
		json_put_text(j, "name", x->name);
		json_put_text(j, "change", change_name(x->change));
		json_put_text(j, "base", verdict_name(x->base));
		json_put_text(j, "new", verdict_name(x->now));
		json_put_text(j, "detail", x->detail);
		(void)json_array_append_new(cases, j);
	}
	json_put(all, "cases", cases);
	json_put_int(all, "cases_same", (int64_t)c->cases_same);
	for (size_t i = 0; i < c->missing.n; i++)
		(void)json_array_append_new(missing, json_string(c->missing.items[i]));
	json_put(all, "missing", missing);
	return all;
}

/* ---- JUnit: only what is judged ---- */

struct suite {
	struct buf body;
	size_t tests, failures, errors;
};

static void testcase(struct suite *s, const char *class, const char *name, enum change change,
		     const char *message)
{
	bool bad = change == CHANGE_WORSE, unsure = change == CHANGE_UNDECIDED;
	s->tests++;
	s->failures += bad;
	s->errors += unsure;
	(void)buf_str(&s->body, "    <testcase");
	xml_attribute(&s->body, "classname", class);
	xml_attribute(&s->body, "name", name);
	if (!bad && !unsure) {
		(void)buf_str(&s->body, "/>\n");
		return;
	}
	(void)buf_fmt(&s->body, ">\n      <%s", bad ? "failure" : "error");
	xml_attribute(&s->body, "type", change_name(change));
	xml_attribute(&s->body, "message", message);
	(void)buf_str(&s->body, "/>\n    </testcase>\n");
}

static const char *item_message(struct arena *a, const struct compared *x)
{
	return arena_fmt(a, "%s → %s: %s (%s)%s%s", compare_number(a, x, x->base.value),
			 compare_number(a, x, x->now.value),
			 compare_change(a, x, x->difference), compare_interval(a, x),
			 *compare_why(a, x, false) ? "; " : "", compare_why(a, x, false));
}

int compare_junit(const struct comparison *c, struct buf *out, struct err *e)
{
	struct suite s = {.body = BUF_INIT(BUF_UNLIMITED)};
	for (size_t i = 0; i < c->n; i++)
		if (c->items[i].judged)
			testcase(&s, c->items[i].group, c->items[i].metric, c->items[i].change,
				 item_message(c->a, &c->items[i]));
	for (size_t i = 0; i < c->n_cases && c->cases_judged; i++) {
		const struct compared_case *x = &c->cases[i];
		testcase(&s, arena_fmt(c->a, "%s.%s", x->suite ? x->suite : "cases",
				       x->service ? x->service : ""),
			 arena_fmt(c->a, "%s %s", x->id ? x->id : "", x->name ? x->name : ""),
			 x->change,
			 arena_fmt(c->a, "%s → %s: %s", verdict_name(x->base),
				   verdict_name(x->now), x->detail ? x->detail : ""));
	}
	for (size_t i = 0; i < c->missing.n && c->cases_judged; i++)
		testcase(&s, "missing", c->missing.items[i], CHANGE_UNDECIDED,
			 "the new result does not have it");
	const char *counts = arena_fmt(c->a, "tests=\"%zu\" failures=\"%zu\" errors=\"%zu\"",
				       s.tests, s.failures, s.errors);
	(void)buf_fmt(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites "
		      "name=\"assay compare\" %s>\n  <testsuite name=\"compare\" %s>\n", counts,
		      counts);
	(void)buf_add(out, s.body.data ? s.body.data : "", s.body.len);
	(void)buf_str(out, "  </testsuite>\n</testsuites>\n");
	bool failed = s.body.failed || out->failed;
	buf_release(&s.body);
	return failed ? err_set(e, ERR_SYSTEM, "out of memory while writing JUnit XML") : 0;
}
