/* src/suite/again.c - see suite.h: the command that makes a case's input and asks it again.
 * SPDX-License-Identifier: Apache-2.0 */
#include "suite/suite.h"

#include "base/buf.h"
#include "base/util.h"

static void pair(struct buf *out, struct arena *a, const char *option, const char *value)
{
	if (!value)
		return;
	(void)buf_fmt(out, " %s %s", option, str_shell(value, a));
}

/* The services of a command without a plan are those of its options. */
static void by_url(struct buf *out, struct arena *a, const struct service *s)
{
	bool asr = strcmp(s->kind, "asr") == 0, tts = strcmp(s->kind, "tts") == 0;
	pair(out, a, asr ? "--asr" : tts ? "--tts" : "--chat", s->urls.items[0]);
	pair(out, a, "--protocol", s->protocol_name);
	pair(out, a, "--model", s->model);
}

const char *suite_again(const struct suite_env *env, const struct service *s,
			const struct case_ref *c)
{
	CLEANUP(buf_release) struct buf b = BUF_INIT(1 << 20);
	bool faults = strcmp(c->command, "faults") == 0;
	if (env->demo) {
		const char *suite = faults ? "faults" : "functional";
		const char *path = faults ? "reliability.faults" : "functional";
		(void)buf_fmt(&b, "%s --only %s --set %s.cases=%s --set %s.case_seed=%lld",
			      env->demo, suite, path, c->id, path, (long long)c->seed);
	} else {
		(void)buf_fmt(&b, "assay %s", c->command);
		if (env->words)
			(void)buf_fmt(&b, " %s", env->words);
		else
			by_url(&b, env->arena, s);
		if (faults && env->words)
			pair(&b, env->arena, "--services", s->name);
		(void)buf_fmt(&b, " --cases %s --case-seed %lld", c->id, (long long)c->seed);
	}
	if (c->minutes)
		(void)buf_str(&b, " --long");
	return arena_str(env->arena, b.data);
}
