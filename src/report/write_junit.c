/* src/report/write_junit.c - JUnit XML: every target, case, comparison and trust verdict is a test
 * case, so that CI systems show them.
 *
 * fail → failure; error, untrustworthy, undecided → error (they are no pass); skipped → skipped.
 * SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "base/clock.h"
#include "base/util.h"
#include "report/grid.h"
#include "report/writers.h"
#include "report/xml.h"
#include "result/format.h"

struct suite {
	struct buf body;
	uint64_t tests, failures, errors, skipped;
	double seconds;
};

static void testcase(struct suite *s, const char *class, const char *name, double seconds,
		     enum verdict v, const char *message)
{
	static const char *const elements[] = {
		[VERDICT_PASS] = NULL, [VERDICT_FAIL] = "failure", [VERDICT_UNDECIDED] = "error",
		[VERDICT_UNTRUSTWORTHY] = "error", [VERDICT_ERROR] = "error",
		[VERDICT_SKIPPED] = "skipped",
	};
	const char *element = elements[v];
	s->tests++;
	s->failures += v == VERDICT_FAIL;
	s->skipped += v == VERDICT_SKIPPED;
	s->errors += element && strcmp(element, "error") == 0;
	(void)buf_str(&s->body, "    <testcase");
	xml_attribute(&s->body, "classname", class);
	xml_attribute(&s->body, "name", name);
	(void)buf_fmt(&s->body, " time=\"%.3f\"", isnan(seconds) ? 0 : seconds);
	if (!isnan(seconds))
		s->seconds += seconds;
	if (!element) {
		(void)buf_str(&s->body, "/>\n");
		return;
	}
	(void)buf_fmt(&s->body, ">\n      <%s", element);
	if (strcmp(element, "skipped") != 0)
		xml_attribute(&s->body, "type", verdict_name(v));
	xml_attribute(&s->body, "message", message ? message : verdict_name(v));
	(void)buf_str(&s->body, "/>\n    </testcase>\n");
}

static void targets(struct suite *s, struct arena *a, const char *class,
		    const struct target *items, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct target *t = &items[i];
		const char *says = target_text(a, t, false);
		if (t->why)
			says = arena_fmt(a, "%s: %s", says, t->why);
		testcase(s, class, arena_fmt(a, "%s %s", t->metric, t->text), NAN,
			 (enum verdict)t->verdict, says);
	}
}

static void run_suite(struct suite *s, struct arena *a, const struct run *run)
{
	const char *class = arena_fmt(a, "%s.%s", run->suite, run->name);
	enum verdict made = run->error ? VERDICT_ERROR
			    : run->attempted == 0 ? VERDICT_UNDECIDED
			    : run->outcomes[OUTCOME_OK] == 0 ? VERDICT_FAIL : VERDICT_PASS;
	const char *says = run->error ? run->error : "no request succeeded";
	testcase(s, class, "requests", run->duration_s, made, says);
	struct buf reasons = BUF_INIT(1 << 16);
	for (size_t i = 0; i < run->trust.reasons.n; i++)
		(void)buf_fmt(&reasons, "%s%s", i ? " " : "", run->trust.reasons.items[i]);
	testcase(s, class, "trust", NAN,
		 run->trust.trustworthy ? VERDICT_PASS : VERDICT_UNTRUSTWORTHY, reasons.data);
	buf_release(&reasons);
	targets(s, a, class, run->targets, run->n_targets);
}

static void cases_suite(struct suite *s, struct arena *a, const struct result *r)
{
	for (size_t i = 0; i < r->n_cases; i++) {
		const struct case_result *c = &r->cases[i];
		const char *class = arena_fmt(a, "%s.%s", c->suite ? c->suite : "cases",
					      c->service ? c->service : "");
		const char *name = arena_fmt(a, "%s%s%s", c->id ? c->id : "", c->id ? " " : "",
					     c->name ? c->name : "");
		const char *says = arena_fmt(a, "%s%s%s", c->finding ? c->finding : "",
					     c->finding ? ": " : "", c->detail ? c->detail : "");
		testcase(s, class, name, c->seconds, c->verdict, says);
	}
}

static void accuracy_suite(struct suite *s, struct arena *a, const struct result *r)
{
	for (size_t i = 0; i < r->n_accuracy; i++) {
		const struct accuracy_result *x = &r->accuracy[i];
		enum verdict v = accuracy_verdict(x);
		const char *says = isnan(x->difference) ? "there is no reference"
			: arena_fmt(a, "difference %+.4f in %.4f … %.4f, gate %.4f", x->difference,
				    x->interval_lo, x->interval_hi, x->gate);
		if (v == VERDICT_UNDECIDED && x->needed > 0)
			says = arena_fmt(a, "%s; %llu utterances would decide", says,
					 (unsigned long long)x->needed);
		testcase(s, arena_fmt(a, "accuracy.%s", x->service ? x->service : ""),
			 x->metric ? x->metric : "", NAN, v, says);
	}
}

static void soak_suite(struct suite *s, struct arena *a, const struct result *r)
{
	targets(s, a, "soak", r->soak.targets, r->soak.n_targets);
	double longest = soak_longest_outage(&r->soak);
	testcase(s, "soak", "outages", NAN,
		 longest > SOAK_OUTAGE_MAX_S ? VERDICT_FAIL : VERDICT_PASS,
		 arena_fmt(a, "the longest lasted %.1f s", longest));
	for (size_t i = 0; i < r->soak.n_leaks; i++) {
		const struct leak_result *l = &r->soak.leaks[i];
		testcase(s, "soak", arena_fmt(a, "leak %s", l->what), NAN, leak_verdict(l),
			 l->verdict);
	}
}

static void close_suite(struct suite *s, const char *name, struct suite *all)
{
	if (s->tests > 0) {
		(void)buf_str(&all->body, "  <testsuite");
		xml_attribute(&all->body, "name", name);
		(void)buf_fmt(&all->body, " tests=\"%llu\" failures=\"%llu\" errors=\"%llu\" "
			      "skipped=\"%llu\" time=\"%.3f\">\n", (unsigned long long)s->tests,
			      (unsigned long long)s->failures, (unsigned long long)s->errors,
			      (unsigned long long)s->skipped, s->seconds);
		(void)buf_add(&all->body, s->body.data, s->body.len);
		(void)buf_str(&all->body, "  </testsuite>\n");
	}
	all->body.failed |= s->body.failed;
	all->tests += s->tests;
	all->failures += s->failures;
	all->errors += s->errors;
	all->skipped += s->skipped;
	all->seconds += s->seconds;
	buf_release(&s->body);
	*s = (struct suite){.body = BUF_INIT(BUF_UNLIMITED)};
}

static void parts_suite(struct suite *s, const struct result *r)
{
	for (size_t i = 0; i < r->errors.n; i++)
		testcase(s, "plan", r->errors.items[i], NAN, VERDICT_ERROR, r->errors.items[i]);
	for (size_t i = 0; i < r->skipped.n; i++)
		testcase(s, "plan", r->skipped.items[i], NAN, VERDICT_SKIPPED, r->skipped.items[i]);
}

static int write(const struct result *r, const struct writer_options *o, struct buf *out,
		 struct err *e)
{
	(void)o;
	struct arena *a = arena_new();
	struct suite all = {.body = BUF_INIT(BUF_UNLIMITED)};
	struct suite s = {.body = BUF_INIT(BUF_UNLIMITED)};
	for (size_t i = 0; i < r->n_runs; i++) {
		run_suite(&s, a, r->runs[i]);
		close_suite(&s, r->runs[i]->name, &all);
	}
	cases_suite(&s, a, r);
	close_suite(&s, "cases", &all);
	accuracy_suite(&s, a, r);
	close_suite(&s, "accuracy", &all);
	if (r->soak.present)
		soak_suite(&s, a, r);
	close_suite(&s, "soak", &all);
	parts_suite(&s, r);
	close_suite(&s, "plan", &all);

	(void)buf_fmt(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"assay\" "
		      "tests=\"%llu\" failures=\"%llu\" errors=\"%llu\" skipped=\"%llu\" "
		      "time=\"%.3f\">\n", (unsigned long long)all.tests,
		      (unsigned long long)all.failures, (unsigned long long)all.errors,
		      (unsigned long long)all.skipped, all.seconds);
	(void)buf_add(out, all.body.data, all.body.len);
	(void)buf_str(out, "</testsuites>\n");
	bool failed = all.body.failed || out->failed;
	buf_release(&all.body);
	a = arena_free(a);
	return failed ? err_set(e, ERR_SYSTEM, "out of memory while writing JUnit XML") : 0;
}

const struct writer writer_junit = {
	.name = "junit",
	.file = "junit.xml",
	.summary = "targets and cases as JUnit test cases, for CI",
	.write = write,
};
