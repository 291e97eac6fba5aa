/* tests/unit/suite/fault_test.h - a sim with a defect, and the fault suite on it.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_FAULT_TEST_H
#define TESTS_FAULT_TEST_H

#include "../unit.h"

#include <pthread.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"
#include "deploy/deploy.h"
#include "monitor/proc.h"
#include "patience.h"
#include "suite/suites.h"

/* A service that runs, and what the suite made of it. */
struct bed {
	struct arena *arena;
	struct deployed *deployed;
	struct plan plan;
	struct result *result;
	char folder[64];	/* its log, and its temporary files */
};

/* Start assay's sim of this kind, with more options (ends with NULL). */
static inline void bed_start(struct bed *b, const char *kind, const char *const *options)
{
	/* its answers last as many times longer as whoever asks for them is slower: requests that
	 * are sent at once must meet in it */
	struct patience_text ttft = patience_us(10000), token_time = patience_us(200);
	const char *argv[32] = {getenv("ASSAY"), "serve", kind, "--worker", "sim", "--port",
				"{port}", "--sim-ttft", ttft.text, "--sim-token-time",
				token_time.text, "--sim-tokens", "24"};
	size_t n = 13;
	struct err e = {0};
	assert_non_null(argv[0]);
	for (size_t i = 0; options && options[i]; i++)
		argv[n++] = options[i];
	*b = (struct bed){.arena = arena_new(), .result = result_new(),
			  .folder = P_tmpdir "/assay-faults-XXXXXX"};
	assert_non_null(mkdtemp(b->folder));
	const char *temp = arena_fmt(b->arena, "%s/temp", b->folder);
	assert_int_equal(file_make_dirs(temp, &e), 0);
	const char *env[] = {arena_fmt(b->arena, "TMPDIR=%s", temp), NULL};
	struct deploy_spec spec = {.name = kind, .argv = argv, .env = env, .ready_path = "/health",
				   .log_path = arena_fmt(b->arena, "%s/log", b->folder),
				   .ready_timeout_ns = patience(30 * NS_PER_S)};
	if (deploy_start(&spec, &b->deployed, &e) < 0 || deploy_wait(b->deployed, &e) < 0)
		fail_msg("%s", e.text);
	b->plan = (struct plan){.path = "test", .n_services = 1};
	b->plan.services = arena_array(b->arena, 1, sizeof(struct service));
	struct service *s = b->plan.services;
	struct optset set = {.rows = service_options, .to = s};
	const char *route = strcmp(kind, "asr") == 0   ? "transcribe"
			    : strcmp(kind, "tts") == 0 ? "synthesize"
						       : "v1";
	const char *protocol = strcmp(kind, "chat") == 0 ? "openai-chat" : route;
	service_defaults(s);
	s->name = kind;
	if (opt_set(&set, "protocol", protocol, b->arena, &e) < 0 ||
	    opt_set(&set, "url", arena_fmt(b->arena, "http://127.0.0.1:%d/%s",
					   deploy_port(b->deployed), route), b->arena, &e) < 0 ||
	    service_check(s, b->arena, &e) < 0)
		fail_msg("%s", e.text);
}

/* Run these cases (NULL: all). restarts: the suite may start the service again. */
static inline void bed_run(struct bed *b, const char *cases, bool restarts)
{
	struct err e = {0};
	struct optset sets[SUITE_SETS_MAX];
	struct suite_env env = {.arena = b->arena, .plan = &b->plan, .speaker = speaker_new(),
				.painter = painter_new()};
	env.samples = samples_new(env.speaker, env.painter);
	env.deployed = restarts ? &b->deployed : NULL;
	void *settings = arena_alloc(b->arena, suite_faults.settings_size);
	(void)suite_faults.bind(settings, sets);
	opt_defaults(sets[0].rows, sets[0].to);
	struct patience_text recover = patience_ms(6000);
	if ((cases && opt_set(&sets[0], "cases", cases, b->arena, &e) < 0) ||
	    opt_set(&sets[0], "recover_time", recover.text, b->arena, &e) < 0 ||
	    suite_faults.check(settings, &env, &e) < 0 ||
	    suite_faults.run(settings, &env, b->result, &e) < 0)
		fail_msg("%s", e.text);
	(void)samples_free(env.samples);
	(void)painter_free(env.painter);
	(void)speaker_free(env.speaker);
}

/* ---- memory where the machine is emulated ---- */

static inline void *end_at_once(void *arg)
{
	return arg;
}

static inline double own_kib(void)
{
	char text[4096];
	assert_true(proc_read(NULL, text, sizeof(text), "/proc/self/status") > 0);
	return proc_value(text, "VmRSS:");
}

/* qemu-user keeps memory of every thread that has ended (0.28 MiB, version 7.2). */
static inline bool ended_threads_stay(void)
{
	enum { THREADS = 100 };
	double before = own_kib();
	for (int i = 0; i < THREADS; i++) {
		pthread_t thread;
		assert_int_equal(pthread_create(&thread, NULL, end_at_once, NULL), 0);
		assert_int_equal(pthread_join(thread, NULL), 0);
	}
	return own_kib() - before > THREADS * 100.0;
}

/* Is all that was found wrong that memory grows, where that of a service with a thread for each
 * connection must grow? On any other machine it must not. */
static inline bool is_of_emulator(const struct case_result *c)
{
	if (patience_factor() == 1 || c->verdict != VERDICT_FAIL ||
	    strcmp(c->finding, "leak") != 0 || !strstr(c->detail, " MiB of memory") ||
	    !ended_threads_stay())
		return false;
	print_message("# %s: not judged here: %s\n", c->id, c->detail);
	return true;
}

static inline void bed_end(struct bed *b)
{
	(void)deploy_stop(b->deployed);
	(void)file_remove_tree(b->folder, NULL);
	(void)result_free(b->result);
	service_release(b->plan.services);
	(void)arena_free(b->arena);
}

#endif
