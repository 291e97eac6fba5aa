/* src/result/trust.c - may the numbers of a run be believed? The rules of docs/metrics.md.
 * SPDX-License-Identifier: Apache-2.0 */
#include "result/trust.h"

#include <math.h>

#include "base/util.h"
#include "result/format.h"

/* Where reasons go, in one language. */
struct says {
	struct arena *a;
	bool zh;
	struct strings *reasons;
};

#define L(en, chinese) (to->zh ? (chinese) : (en))

static void say(const struct says *to, const char *text)
{
	strings_add(to->reasons, to->a, text);
}

/* 1 ms, or 1 % of the median of this metric where that is more. */
static double allowed(const struct run *run, const char *median_name)
{
	struct metric_value median;
	if (run_value(run, median_name, &median))
		return fmax(0.001, median.value * 0.01);
	return 0.001;
}

/* Fewer samples than this leave fewer than ten beyond a p99: it is then all but the maximum, and
 * one hiccup of the machine would stand for every request. */
#define P99_NEEDS 1000

/* Is the p99 above limit_s? Where there are too few samples for a p99, whether more of them are
 * above the limit than chance lets 1 % be: the lower end of the 95 % interval of order
 * statistics, the same as for targets. *ret_s: the p99. */
static bool p99_above(const struct hist *h, double limit_s, double *ret_s)
{
	uint64_t lo, hi;
	if (!h || hist_count(h) == 0)
		return false;
	*ret_s = (double)hist_quantile(h, 0.99) / 1e9;
	if (*ret_s <= limit_s || hist_count(h) >= P99_NEEDS)
		return *ret_s > limit_s;
	(void)hist_quantile_interval(h, 0.99, &lo, &hi);
	return (double)lo / 1e9 > limit_s;
}

static void check_generator_delay(const struct says *to, const struct run *run)
{
	double delay;
	double limit = allowed(run, "latency.p50");
	if (!p99_above(run->generator.generator_delay, limit, &delay))
		return;
	char is[FORMAT_MAX], may[FORMAT_MAX];
	format_unit(is, sizeof(is), "s", delay);
	format_unit(may, sizeof(may), "s", limit);
	say(to, arena_fmt(to->a,
			  L("The tester itself delayed requests: p99 of generator_delay is %s, "
			    "at most %s may be (1 ms or 1 %% of the median latency).",
			    "测试端自身延误了请求:generator_delay 的 p99 为 %s,最多允许 %s"
			    "(1 ms 或延迟中位数的 1 %%)。"),
			  is, may));
}

static void check_rate(const struct says *to, const struct run *run)
{
	const struct generator *g = &run->generator;
	/* achieved_rate leaves out what the service held back: see load. */
	if (run->interrupted || isnan(g->asked_rate) || isnan(g->achieved_rate) ||
	    g->achieved_rate >= 0.99 * g->asked_rate)
		return;
	say(to, arena_fmt(to->a,
			  L("The tester sent %.4g requests/s of the %.4g asked for, and the "
			    "service did not hold it back.",
			    "测试端实际每秒发送 %.4g 个请求,要求 %.4g 个,且并非服务所限。"),
			  g->achieved_rate, g->asked_rate));
}

static void check_cpu(const struct says *to, const struct run *run)
{
	double share = run->generator.busiest_core_share;
	if (isnan(share) || share <= 0.9)
		return;
	say(to, arena_fmt(to->a,
			  L("A load thread used %.0f %% of its core (limit 90 %%): use more "
			    "threads or another machine.",
			    "有一个负载线程占用了所在核的 %.0f %%(上限 90 %%):"
			    "请增加线程或换用其他机器。"),
			  share * 100));
}

static void check_stamps(const struct says *to, const struct run *run)
{
	const struct generator *g = &run->generator;
	uint64_t reads = g->reads_stamped + g->reads_user;
	if (reads == 0 || (double)g->reads_user <= 0.01 * (double)reads)
		return;
	say(to, arena_fmt(to->a,
			  L("The kernel gave no receive timestamp for %.2g %% of the data reads "
			    "(limit 1 %%).",
			    "%.2g %% 的数据读取没有得到内核接收时间戳(上限 1 %%)。"),
			  100.0 * (double)g->reads_user / (double)reads));
}

static void check_bound(const struct says *to, const struct run *run)
{
	double bound;
	double limit = allowed(run, "ttft.p50");
	if (!p99_above(run->generator.bound, limit, &bound))
		return;
	char is[FORMAT_MAX], may[FORMAT_MAX];
	format_unit(is, sizeof(is), "s", bound);
	format_unit(may, sizeof(may), "s", limit);
	say(to, arena_fmt(to->a,
			  L("The moment of the first token is known to %s only (p99), at most %s "
			    "may be (1 ms or 1 %% of the median ttft).",
			    "首 token 的时刻只精确到 %s(p99),最多允许 %s(1 ms 或 ttft 中位数的 1 %%)。"),
			  is, may));
}

static void check_all(const struct says *to, const struct run *run)
{
	check_generator_delay(to, run);
	check_rate(to, run);
	check_cpu(to, run);
	check_stamps(to, run);
	check_bound(to, run);
}

void trust_judge(struct arena *a, struct run *run)
{
	struct strings reasons = {0};
	check_all(&(struct says){.a = a, .reasons = &reasons}, run);
	run->trust.reasons = reasons;
	run->trust.trustworthy = reasons.n == 0;
}

const char *trust_reason(const struct run *run, size_t i, struct arena *a, bool zh)
{
	struct strings chinese = {0};
	if (zh)
		check_all(&(struct says){.a = a, .zh = true, .reasons = &chinese}, run);
	/* As many as were found when it was judged, else they are of another version. */
	return chinese.n == run->trust.reasons.n ? chinese.items[i] : run->trust.reasons.items[i];
}
