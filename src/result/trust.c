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
	const char *who;	/* before each: "" or "Rank 2 (host b): " */
	struct strings *reasons;
};

#define L(en, chinese) (to->zh ? (chinese) : (en))

static void say(const struct says *to, const char *text)
{
	strings_add(to->reasons, to->a, arena_fmt(to->a, "%s%s", to->who, text));
}

/* 1 ms, or 1 % of this median where that is more. */
static double allowed(double median)
{
	return isnan(median) ? 0.001 : fmax(0.001, median * 0.01);
}

/* The p99 decides, or where there are too few samples for one, its lower end (struct run_p99). */
static bool is_above(const struct run_p99 *x, double limit)
{
	return !isnan(x->least) && x->least > limit;
}

static void check_generator_delay(const struct says *to, const struct run_host *n)
{
	double limit = allowed(n->latency_p50);
	if (!is_above(&n->generator_delay, limit))
		return;
	char is[FORMAT_MAX], may[FORMAT_MAX];
	format_unit(is, sizeof(is), "s", n->generator_delay.p99);
	format_unit(may, sizeof(may), "s", limit);
	say(to, arena_fmt(to->a,
			  L("The tester itself delayed requests: p99 of generator_delay is %s, "
			    "at most %s may be (1 ms or 1 %% of the median latency).",
			    "测试端自身延误了请求:generator_delay 的 p99 为 %s,最多允许 %s"
			    "(1 ms 或延迟中位数的 1 %%)。"),
			  is, may));
}

static void check_rate(const struct says *to, const struct run_host *n)
{
	/* achieved_rate leaves out what the service held back: see load. */
	if (isnan(n->asked_rate) || isnan(n->achieved_rate) ||
	    n->achieved_rate >= 0.99 * n->asked_rate)
		return;
	say(to, arena_fmt(to->a,
			  L("The tester sent %.4g requests/s of the %.4g asked for, and the "
			    "service did not hold it back.",
			    "测试端实际每秒发送 %.4g 个请求,要求 %.4g 个,且并非服务所限。"),
			  n->achieved_rate, n->asked_rate));
}

static void check_cpu(const struct says *to, const struct run_host *n)
{
	double share = n->busiest_core_share;
	if (isnan(share) || share <= 0.9)
		return;
	say(to, arena_fmt(to->a,
			  L("A load thread used %.0f %% of its core (limit 90 %%): use more "
			    "threads or another machine.",
			    "有一个负载线程占用了所在核的 %.0f %%(上限 90 %%):"
			    "请增加线程或换用其他机器。"),
			  share * 100));
}

static void check_stamps(const struct says *to, const struct run_host *n)
{
	uint64_t reads = n->reads_stamped + n->reads_user;
	if (reads == 0 || (double)n->reads_user <= 0.01 * (double)reads)
		return;
	say(to, arena_fmt(to->a,
			  L("The kernel gave no receive timestamp for %.2g %% of the data reads "
			    "(limit 1 %%).",
			    "%.2g %% 的数据读取没有得到内核接收时间戳(上限 1 %%)。"),
			  100.0 * (double)n->reads_user / (double)reads));
}

static void check_bound(const struct says *to, const struct run_host *n)
{
	double limit = allowed(n->ttft_p50);
	if (!is_above(&n->bound, limit))
		return;
	char is[FORMAT_MAX], may[FORMAT_MAX];
	format_unit(is, sizeof(is), "s", n->bound.p99);
	format_unit(may, sizeof(may), "s", limit);
	say(to, arena_fmt(to->a,
			  L("The moment of the first token is known to %s only (p99), at most %s "
			    "may be (1 ms or 1 %% of the median ttft).",
			    "首 token 的时刻只精确到 %s(p99),最多允许 %s(1 ms 或 ttft 中位数的 1 %%)。"),
			  is, may));
}

/* Of a whole run, or of one rank's share of it; what is not known is NaN. */
static void check_numbers(const struct says *to, const struct run_host *n, bool interrupted)
{
	check_generator_delay(to, n);
	if (!interrupted)
		check_rate(to, n);
	check_cpu(to, n);
	check_stamps(to, n);
	check_bound(to, n);
}

/* One bad rank among many good ones hardly moves the percentiles of all. */
static void check_host(const struct says *all, const struct run *run, const struct run_host *h)
{
	struct says here = *all;
	const struct says *to = &here;
	here.who = arena_fmt(to->a, L("Rank %d (host %s): ", "进程 %d(主机 %s):"), h->rank,
			     h->host ? h->host : "?");
	if (h->lost)
		say(to, L("it was lost; what it measured is not in these numbers.",
			  "已失联,其测量结果不在以下数据中。"));
	else
		check_numbers(to, h, run->interrupted);
}

static void check_all(const struct says *to, const struct run *run)
{
	struct run_host whole = {0};
	run_host_fill(&whole, run);
	check_numbers(to, &whole, run->interrupted);
	for (size_t i = 0; i < run->n_hosts; i++)
		check_host(to, run, &run->hosts[i]);
}

void trust_judge(struct arena *a, struct run *run)
{
	struct strings reasons = {0};
	check_all(&(struct says){.a = a, .who = "", .reasons = &reasons}, run);
	run->trust.reasons = reasons;
	run->trust.trustworthy = reasons.n == 0;
}

const char *trust_reason(const struct run *run, size_t i, struct arena *a, bool zh)
{
	struct strings chinese = {0};
	if (zh)
		check_all(&(struct says){.a = a, .zh = true, .who = "", .reasons = &chinese}, run);
	/* As many as were found when it was judged, else they are of another version. */
	return chinese.n == run->trust.reasons.n ? chinese.items[i] : run->trust.reasons.items[i];
}
