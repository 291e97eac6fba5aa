/* tests/bench/bench-engine.c - the load engine against the truth, the floor and wrk.
 *
 * Prints one table: what was measured, what it must reach. The client has one core, the server
 * the other. Each row runs in a process of its own.
 * usage: bench-engine [ROW…]   (rows: see the table below; all when none is named)
 * SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/process.h"
#include "base/str.h"
#include "base/thread.h"
#include "base/util.h"
#include "floor.h"
#include "load/load.h"
#include "protocols/protocol.h"
#include "spinner.h"
#include "truth.h"

#define TRIES 3
#define MIB (1024.0 * 1024.0)

static int client_cpu, server_cpu;

/* --- a run of the engine --- */

struct bench {
	struct truth truth;
	struct arena *arena;
	struct service service;
	struct protocol watcher;	/* the chat protocol, and a look at each answer */
	struct result *result;
	struct run *run;
	struct sample sample;
	/* errors of moments against the truth, ns */
	struct hist *first, *event;
	uint64_t too_small;		/* bounds that were smaller than the true error */
	uint64_t rss_early, rss_late;	/* bytes: after 10,000 requests, at the end */
};

static struct bench *watched;		/* a protocol has no place for it */

static void must(int ok, const struct err *e)
{
	if (!ok) {
		(void)fprintf(stderr, "bench-engine: %s\n", e->text);
		exit(3);
	}
}

static uint64_t rss_now(void)
{
	long pages = 0;
	FILE *f = fopen("/proc/self/statm", "r");
	if (f && fscanf(f, "%*d %ld", &pages) != 1)
		pages = 0;
	if (f)
		(void)fclose(f);
	return (uint64_t)pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

static uint64_t apart(uint64_t a, uint64_t b)
{
	return a > b ? a - b : b - a;
}

static void compare(struct bench *b, const struct answer *a)
{
	int64_t stream = -1;
	char tag[TRUTH_TAG];
	if (a->text.len < TRUTH_TAG)
		return;
	memcpy(tag, a->text.data, TRUTH_TAG - 1);
	tag[TRUTH_TAG - 1] = '\0';
	stream = strtoll(tag, NULL, 10);
	if (stream >= b->truth.spec.streams)
		return;
	const struct truth_moment *t = b->truth.moments +
				       (size_t)stream * b->truth.spec.events;
	size_t n = 0;
	for (size_t i = 0; i < a->n_events && n < b->truth.spec.events; i++) {
		const struct event *ev = &a->events[i];
		if (ev->kind != EVENT_TEXT)
			continue;
		uint64_t error = apart(ev->ns, t[n].before);
		hist_record(n == 0 ? b->first : b->event, error);
		uint64_t earliest = ev->ns - (ev->stamp == STAMP_SHARED ? ev->bound_ns : 0);
		b->too_small += ev->stamp == STAMP_SHARED && earliest > t[n].after;
		n++;
	}
}

static enum outcome watch(void *state, const struct sample *sample, struct answer *answer)
{
	if (watched->truth.moments)
		compare(watched, answer);
	return protocol_find("openai-chat")->finish(state, sample, answer);
}

static void open_bench(struct bench *b, const struct truth_spec *spec, const char *protocol)
{
	struct err e;
	*b = (struct bench){.arena = arena_new(), .sample = {.id = "one", .question = "Why?"}};
	truth_start(&b->truth, spec);
	(void)thread_pin(client_cpu, NULL);
	service_defaults(&b->service);
	b->service.name = "truth";
	b->service.kind = strcmp(protocol, "openai-transcriptions") == 0 ? "asr" : "chat";
	b->service.protocol_name = protocol;
	b->service.model = "m";
	b->service.url = b->truth.url;
	must(service_check(&b->service, b->arena, &e) == 0, &e);
	if (strcmp(protocol, "openai-chat") == 0) {
		b->watcher = *b->service.protocol;
		b->watcher.finish = watch;
		b->service.protocol = &b->watcher;
	}
	must(hist_new(&b->first, &e) == 0 && hist_new(&b->event, &e) == 0, &e);
	watched = b;
	b->result = result_new();
}

static void on_progress(void *ctx, const struct progress_state *s)
{
	struct bench *b = ctx;
	if (b->rss_early == 0 && s->ok >= 10000)
		b->rss_early = rss_now();
}

static struct run *load(struct bench *b, const char *const *words, bool stream)
{
	struct err e;
	struct load_spec spec;
	struct load_work work = {.service = &b->service, .samples = &b->sample, .n_samples = 1};
	struct optset set = {.rows = load_options, .to = &spec};
	struct progress progress = {on_progress, b};
	ask_defaults(&work.ask);
	work.ask.stream = stream;
	load_defaults(&spec);
	for (; *words; words += 2)
		must(opt_set(&set, words[0], words[1], b->arena, &e) == 0, &e);
	b->run = result_add_run(b->result, "bench", "bench");
	must(load_run(&spec, &work, b->result, b->run, &progress, &e) == 0, &e);
	b->rss_late = rss_now();
	run_judge(b->result, b->run);
	return b->run;
}
#define LOAD(b, stream, ...) load(b, (const char *const[]){__VA_ARGS__, NULL}, stream)

static void close_bench(struct bench *b)
{
	truth_stop(&b->truth);
	result_free(b->result);
	service_release(&b->service);
	hist_free(b->first);
	hist_free(b->event);
	arena_free(b->arena);
}

static double number(const struct run *run, const char *name)
{
	struct metric_value v;
	return run_value(run, name, &v) ? v.value : (double)NAN;
}

/* --- the table --- */

static void row(const char *what, const char *must_be, bool good, const char *fmt, ...)
{
	char value[120];
	va_list ap;
	va_start(ap, fmt);
	(void)vsnprintf(value, sizeof(value), fmt, ap);
	va_end(ap);
	printf("%-44s %-46s %-14s %s\n", what, value, must_be, good ? "yes" : "NO");
	(void)fflush(stdout);
}


static double us(const struct hist *h, double q)
{
	return (double)hist_quantile(h, q) / 1e3;
}

static void all_ok(const struct run *run)
{
	if (run->outcomes[OUTCOME_OK] == run->attempted && run->unsent == 0)
		return;
	row("  failed or unsent", "0", false, "%llu of %llu, %llu unsent: %s",
	    (unsigned long long)run_failed(run), (unsigned long long)run->attempted,
	    (unsigned long long)run->unsent,
	    run->n_failures ? run->failures[0].detail : "");
}

/* Requests per second of wrk on the same server; NaN: it is not installed. */
static double wrk_rate(const char *url)
{
	char cpu[16];
	int status = 0;
	struct err e;
	CLEANUP(buf_release) struct buf out = BUF_INIT(1 << 16);
	(void)snprintf(cpu, sizeof(cpu), "%d", client_cpu);
	const char *const argv[] = {"taskset", "-c", cpu, "nice", "-n", "-10", "wrk", "-t1",
				    "-c64", "-d3s", url, NULL};
	if (process_run(argv, NULL, 20 * NS_PER_S, true, &out, &status, &e) != 0 || status != 0)
		return (double)NAN;
	const char *at = strstr(out.data, "Requests/sec:");
	return at ? strtod(at + 13, NULL) : (double)NAN;
}

static void bench_small(void)
{
	struct bench b;
	double best = 0, wrk = 0;
	bool have = true;
	open_bench(&b, &(struct truth_spec){.kind = TRUTH_SMALL, .cpu = server_cpu}, "null");
	for (int i = 0; i < TRIES && have; i++) {
		double theirs = wrk_rate(b.truth.url);
		double ours = number(LOAD(&b, false, "concurrency", "64", "duration", "3"),
				     "request_rate");
		all_ok(b.run);
		have = !isnan(theirs);
		best = fmax(best, ours);
		wrk = fmax(wrk, theirs);
	}
	if (have)
		row("small replies, 64 connections, against wrk", ">= 0.85",
		    best / wrk >= 0.85, "%.2f (%.0f/s against %.0f/s)", best / wrk, best, wrk);
	else
		row("small replies, 64 connections", "wrk is missing", true, "%.0f/s", best);
	close_bench(&b);
}

/* CPU per event of the engine over the floor's: the middle of some pairs. */
struct pair {
	double ratio, ours_us, floor_us;
};

static double ours_per_event(struct bench *b, uint32_t streams, uint32_t times, uint32_t events,
			     const char *gather)
{
	char c[16], n[16];
	(void)snprintf(c, sizeof(c), "%u", streams);
	(void)snprintf(n, sizeof(n), "%u", streams * times);
	const struct run *run = LOAD(b, true, "concurrency", c, "requests", n, "gather", gather);
	all_ok(run);
	return run->generator.cpu_s * 1e6 / ((double)streams * times * events);
}

static int by_ratio(const void *a, const void *b)
{
	const struct pair *x = a, *y = b;
	return (x->ratio > y->ratio) - (x->ratio < y->ratio);
}

static struct pair middle_pair(const struct truth_spec *spec, uint32_t streams, uint32_t times,
			       const char *gather)
{
	struct pair all[TRIES];
	for (int i = 0; i < TRIES; i++) {
		struct bench b;
		truth_start(&b.truth, spec);
		(void)thread_pin(client_cpu, NULL);
		double floor_us = floor_streams(b.truth.port, streams, times, spec->events) / 1e3;
		truth_stop(&b.truth);
		open_bench(&b, spec, "openai-chat");
		double ours = ours_per_event(&b, streams, times, spec->events, gather);
		all[i] = (struct pair){ours / floor_us, ours, floor_us};
		close_bench(&b);
	}
	qsort(all, TRIES, sizeof(all[0]), by_ratio);
	return all[TRIES / 2];
}

static void bench_flood(void)
{
	struct truth_spec spec = {.kind = TRUTH_FLOOD, .events = 2000, .cpu = server_cpu};
	struct pair p = middle_pair(&spec, 64, 5, "0");
	row("SSE at full speed, 64 streams, CPU per event", "<= 1.5 floor", p.ratio <= 1.5,
	    "%.2f (%.2f us against %.2f us)", p.ratio, p.ours_us, p.floor_us);
}

static struct truth_spec paced(uint32_t streams, uint32_t events, uint64_t gap_ns)
{
	return (struct truth_spec){
		.kind = TRUTH_PACED,
		.streams = streams,
		.events = events,
		.gap_ns = gap_ns,
		.cpu = server_cpu,
		.prompt = 1,
	};
}

static void bench_512(void)
{
	struct truth_spec spec = paced(0, 200, 20 * NS_PER_MS);
	struct pair p = middle_pair(&spec, 512, 1, "0");
	row("512 streams x 50/s, CPU per event", "<= 1.3 floor", p.ratio <= 1.3,
	    "%.2f (%.2f us against %.2f us)", p.ratio, p.ours_us, p.floor_us);
}

static void bench_lazy(void)
{
	struct truth_spec spec = paced(0, 200, 20 * NS_PER_MS);
	struct pair p = middle_pair(&spec, 512, 1, "2ms");
	row("the same, gathering for 2 ms", "<= 0.9 floor", p.ratio <= 0.9,
	    "%.2f (%.2f us against %.2f us)", p.ratio, p.ours_us, p.floor_us);
}

static void bench_moments(const char *what, const struct truth_spec *spec, bool spin,
			  double limit_us, const char *gather)
{
	struct bench b;
	char n[16], words[32];
	pid_t spinner = spin ? spinner_start(client_cpu) : 0;
	open_bench(&b, spec, "openai-chat");
	(void)snprintf(n, sizeof(n), "%u", spec->streams);
	const struct run *run = LOAD(&b, true, "concurrency", n, "requests", n, "gather", gather);
	if (spin)
		spinner_stop(spinner);
	all_ok(run);
	const struct generator *g = &run->generator;
	double first = us(b.first, 0.99), event = us(b.event, 0.99);
	(void)snprintf(words, sizeof(words), limit_us > 0 ? "p99 <= %.0f us" : "bound holds",
		       limit_us);
	bool good = limit_us > 0 ? fmax(first, event) <= limit_us : b.too_small == 0;
	row(what, words, good, "ttft p99 %.0f us, events p50 %.0f p99 %.0f us", first,
	    us(b.event, 0.5), event);
	row("  bounds below the true error", "0", b.too_small == 0, "%llu of %llu (%llu shared)",
	    (unsigned long long)b.too_small, (unsigned long long)hist_count(b.event),
	    (unsigned long long)g->moments_shared);
	if (spin)	/* a moment that is wrong by more than may be must not be trusted */
		row("  trust verdict says so", "yes, if so", first <= 1000 ||
		    !run->trust.trustworthy, "%s, first token known to %.2f ms (p99)",
		    run->trust.trustworthy ? "trustworthy" : "NOT TRUSTWORTHY",
		    us(g->bound, 0.99) / 1e3);
	if (!run->trust.trustworthy)
		printf("  trust: %s\n", run->trust.reasons.items[0]);
	close_bench(&b);
}

static void bench_ttft(void)
{
	struct truth_spec spec = paced(512, 200, 20 * NS_PER_MS);
	bench_moments("512 x 50/s, error of moments", &spec, false, 50, "0");
	bench_moments("512 x 50/s, gathering for 2 ms", &spec, false, 50, "2ms");
	bench_moments("512 x 50/s, the client's core taken", &spec, true, 100, "0");
}

static void bench_dense(void)
{
	struct truth_spec spec = paced(64, 2000, 2 * NS_PER_MS);
	bench_moments("64 x 500/s, error of moments", &spec, false, 200, "0");
	bench_moments("64 x 500/s, the client's core taken", &spec, true, 0, "0");
}

static void bench_open(void)
{
	struct bench b;
	open_bench(&b, &(struct truth_spec){.kind = TRUTH_SMALL, .cpu = server_cpu, .prompt = 1},
		   "null");
	const struct run *run = LOAD(&b, false, "rate", "5000", "arrival", "constant", "duration",
				     "20", "warmup", "5000");
	all_ok(run);
	double share = (double)run->outcomes[OUTCOME_OK] / run->duration_s / 5000;
	double delay = us(run->generator.generator_delay, 0.99);
	row("open loop, 5,000/s for 20 s: rate", ">= 99.9 %", share >= 0.999, "%.3f %%",
	    100 * share);
	row("  generator_delay p99", "<= 200 us", delay <= 200, "%.0f us (max %.0f us)", delay,
	    (double)hist_max(run->generator.generator_delay) / 1e3);
	close_bench(&b);
}

static double peak_mib(void)
{
	struct rusage use;
	(void)getrusage(RUSAGE_SELF, &use);
	return (double)use.ru_maxrss / 1024;
}

static void bench_many(void)
{
	struct bench b;
	struct truth_spec spec = paced(0, 10, NS_PER_S);
	open_bench(&b, &spec, "openai-chat");
	const struct run *run = LOAD(&b, true, "concurrency", "10000", "requests", "10000");
	all_ok(run);
	row("10,000 streams at 1 event/s", "<= 200 MB", peak_mib() * MIB <= 200e6 &&
	    run->outcomes[OUTCOME_OK] == 10000, "%.0f MB, %llu ok, peak %.0f in flight",
	    peak_mib() * MIB / 1e6, (unsigned long long)run->outcomes[OUTCOME_OK],
	    run->concurrency_peak);
	close_bench(&b);
}

static void bench_upload(void)
{
	static struct media file = {.name = "long.wav", .mime = "audio/wav", .len = 25000000};
	struct bench b;
	open_bench(&b, &(struct truth_spec){.kind = TRUTH_SMALL, .cpu = server_cpu},
		   "openai-transcriptions");
	char *bytes = malloc(file.len);
	if (!bytes)
		exit(3);
	memset(bytes, 'x', file.len);
	file.data = bytes;
	file.seconds = 781.25;
	b.sample.audio = &file;
	const struct run *run = LOAD(&b, false, "concurrency", "64", "requests", "128");
	all_ok(run);
	double over = peak_mib() * MIB / 1e6 - 25;
	row("64 uploads of one file of 25 MB at once", "<= 64 MB more", over <= 64,
	    "file + %.0f MB, %llu ok", over, (unsigned long long)run->outcomes[OUTCOME_OK]);
	free(bytes);
	close_bench(&b);
}

static void bench_million(void)
{
	struct bench b;
	open_bench(&b, &(struct truth_spec){.kind = TRUTH_SMALL, .cpu = server_cpu}, "null");
	const struct run *run = LOAD(&b, false, "concurrency", "64", "requests", "1000000");
	all_ok(run);
	double grown = ((double)b.rss_late - (double)b.rss_early) / 1e6;
	bool whole = run->outcomes[OUTCOME_OK] == 1000000 &&
		     hist_count(run_find_metric(run, "latency")->hist) == 1000000;
	row("1,000,000 requests: growth after 10,000", "<= 10 MB", grown <= 10 && whole,
	    "%.1f MB, result %s", grown, whole ? "complete" : "INCOMPLETE");
	close_bench(&b);
}

static const struct {
	const char *name;
	void (*run)(void);
} rows[] = {
	{"small", bench_small},	  {"flood", bench_flood}, {"512", bench_512},
	{"lazy", bench_lazy},	  {"ttft", bench_ttft},	  {"dense", bench_dense},
	{"open", bench_open},	  {"many", bench_many},	  {"upload", bench_upload},
	{"million", bench_million},
};

static bool wanted(int argc, char **argv, const char *name)
{
	for (int i = 1; i < argc; i++)
		if (strcmp(argv[i], name) == 0)
			return true;
	return argc == 1;
}

/* Other work on this machine is not what is measured: ahead of other sessions, where we may. */
static void step_forward(void)
{
	FILE *f = fopen("/proc/self/autogroup", "w");
	if (!f)
		return;
	(void)fputs("-20", f);
	(void)fclose(f);
}

int main(int argc, char **argv)
{
	int cpus[2], status, failed = 0;
	double busy[3] = {NAN, NAN, NAN};
	if (thread_cpus(cpus, 2) < 2) {
		(void)fprintf(stderr, "bench-engine: two CPUs are needed, one for each side\n");
		return 2;
	}
	client_cpu = cpus[0];
	server_cpu = cpus[1];
	(void)getloadavg(busy, 3);
	(void)setsid();
	step_forward();
	printf("load of this machine: %.2f (on a busy one only ratios mean anything)\n\n", busy[0]);
	printf("%-44s %-46s %-14s %s\n", "figure", "measured", "must be", "met");
	(void)fflush(stdout);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		if (!wanted(argc, argv, rows[i].name))
			continue;
		pid_t pid = fork();
		if (pid == 0) {
			rows[i].run();
			exit(0);
		}
		(void)waitpid(pid, &status, 0);
		if (status != 0) {
			printf("%-44s did not end well\n", rows[i].name);
			(void)fflush(stdout);
			failed = 3;
		}
	}
	return failed;
}
