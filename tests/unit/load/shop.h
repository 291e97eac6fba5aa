/* tests/unit/load/shop.h - a service with a script, a load on it, and the run that comes of it.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef TEST_SHOP_H
#define TEST_SHOP_H

#include <assert.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/stop.h"
#include "base/util.h"
#include "load/load.h"
#include "server.h"

#define MS NS_PER_MS
#define OK_HEAD "HTTP/1.1 200 OK\r\n"
#define PLAIN OK_HEAD "Content-Length: 2\r\n\r\nok"
#define TOKENS 20
#define TRUTHS_MAX 4096

/* What the server did for one request: every sending lies between two readings of the clock. */
struct truth {
	uint64_t asked, before[TOKENS], after[TOKENS];
};

struct shop {
	struct fake *server;
	struct arena *arena;
	struct service service;
	struct result *result;
	struct run *run;
	struct truth *truths;
	atomic_int n_truths;
	atomic_int requests, in_flight, peak;
	const char *text;
	uint64_t delay_ns;
	int fail_every;
	char url[96];
};

static inline void note_begin(struct shop *s)
{
	int now = atomic_fetch_add(&s->in_flight, 1) + 1;
	int peak = atomic_load(&s->peak);
	while (now > peak && !atomic_compare_exchange_weak(&s->peak, &peak, now))
		;
}

/* The text after the delay; every fail_every-th request gets a 500. */
static inline void serve_text(struct fake_conn *c, void *ctx)
{
	struct shop *s = ctx;
	struct buf in = BUF_INIT(1 << 20);
	while (fake_read(c, &in)) {
		int n = atomic_fetch_add(&s->requests, 1) + 1;
		note_begin(s);
		(void)fake_wait_until(c->read_at + s->delay_ns);
		atomic_fetch_sub(&s->in_flight, 1);
		if (s->fail_every > 0 && n % s->fail_every == 0)
			(void)fake_say(c, "HTTP/1.1 500 No\r\nContent-Length: 10\r\n\r\n"
				       "bad\x01" "\xff luck");
		else
			(void)fake_say(c, s->text);
	}
	buf_release(&in);
}

static inline void shop_open(struct shop *s, void (*serve)(struct fake_conn *, void *),
		      const char *protocol, const char *path)
{
	struct err e = {0};
	memset(s, 0, sizeof(*s));
	s->arena = arena_new();
	s->text = PLAIN;
	s->truths = calloc(TRUTHS_MAX, sizeof(*s->truths));
	s->server = fake_start(&(struct fake_spec){serve, s, NULL});
	service_defaults(&s->service);
	s->service.name = "it";
	s->service.kind = "chat";
	s->service.protocol_name = protocol;
	s->service.model = "m";
	s->service.url = fake_url(s->server, path, s->url, sizeof(s->url));
	if (service_check(&s->service, s->arena, &e) != 0)
		fail_msg("%s", e.text);
	s->result = result_new();
}

static inline void shop_close(struct shop *s)
{
	if (s->server)	/* not where it was stopped before */
		fake_stop(s->server);
	result_free(s->result);
	service_release(&s->service);
	arena_free(s->arena);
	free(s->truths);
}

static const struct sample samples[] = {
	{.id = "one", .question = "one?"}, {.id = "two", .question = "two?"},
	{.id = "three", .question = "three?"},
};

static inline struct load_spec spec_of(const char *const *words)
{
	struct load_spec spec;
	struct err e;
	static struct arena *a;		/* what the spec points to lives as long as the program */
	if (!a)
		a = arena_new();
	struct optset set = {.rows = load_options, .to = &spec};
	load_defaults(&spec);
	for (; *words; words += 2)
		if (opt_set(&set, words[0], words[1], a, &e) != 0)
			fail_msg("%s", e.text);
	return spec;
}
#define SPEC(...) spec_of((const char *const[]){__VA_ARGS__, NULL})

static inline void run(struct shop *s, struct load_spec spec, bool stream)
{
	struct err e = {0};
	struct load_work work = {.service = &s->service, .samples = samples,
				 .n_samples = ARRAY_LEN(samples)};
	ask_defaults(&work.ask);
	work.ask.stream = stream;
	s->run = result_add_run(s->result, "test", "unit");
	if (load_run(&spec, &work, s->result, s->run, NULL, &e) != 0)
		fail_msg("%s", e.text);
	uint64_t sum = 0;
	for (int i = 0; i < OUTCOME_COUNT; i++)
		sum += s->run->outcomes[i];
	assert_int_equal(sum, s->run->attempted);
}

static inline double value(const struct run *run, const char *name)
{
	struct metric_value v;
	if (!run_value(run, name, &v))
		fail_msg("there is no %s", name);
	return v.value;
}

static inline bool has(const struct run *run, const char *name)
{
	struct metric_value v;
	return run_value(run, name, &v);
}

static inline uint64_t count(const struct run *run, const char *name)
{
	const struct metric *m = run_find_metric(run, name);
	return m && m->hist ? hist_count(m->hist) : 0;
}

#endif
