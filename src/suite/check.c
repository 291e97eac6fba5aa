/* src/suite/check.c - see check.h: verdicts and asking.
 * SPDX-License-Identifier: Apache-2.0 */
#include "suite/check.h"

#include <stdarg.h>

#include "base/stop.h"
#include "base/str.h"
#include "suite/maker.h"

static void decide(struct check *k, enum verdict verdict, const char *finding, const char *fmt,
		   va_list ap)
{
	char text[700];
	if (k->decided)
		return;
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	text[str_utf8_cut(text, strlen(text), sizeof(text) - 1)] = '\0';
	k->decided = true;
	k->result->verdict = verdict;
	k->result->finding = finding;
	k->result->detail = arena_str(k->arena, text);
}

void check_pass(struct check *k, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	decide(k, VERDICT_PASS, NULL, fmt, ap);
	va_end(ap);
}

void check_fail(struct check *k, const char *finding, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	decide(k, VERDICT_FAIL, finding, fmt, ap);
	va_end(ap);
}

void check_skip(struct check *k, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	decide(k, VERDICT_SKIPPED, NULL, fmt, ap);
	va_end(ap);
}

const char *check_text(const struct call *call)
{
	return call->answer.text.data ? call->answer.text.data : "";
}

int check_call(struct check *k, struct call *call, struct err *e)
{
	if (k->maker)
		return maker_call(k->maker, k->kind, call->sample->id, call, e);
	return client_call(k->client, call, e);
}

int check_call_other(struct check *k, const struct service *other, const char *kind,
		     struct call *call, struct err *e)
{
	struct client *client = NULL;
	if (k->maker)
		return maker_call(k->maker, kind, call->sample->id, call, e);
	if (client_new(other, &client, e) < 0)
		return -1;
	int rc = client_call(client, call, e);
	(void)client_free(client);
	return rc;
}

void check_know(struct check *k, struct sample *s, json_t *extra)
{
	if (s->extra)
		(void)json_object_update_missing(extra, (json_t *)s->extra);
	(void)json_array_append_new(k->owned, extra);
	s->extra = extra;
}

bool check_ask(struct check *k, struct call *call)
{
	struct err e;
	if (check_call(k, call, &e) < 0) {
		check_fail(k, "error", "assay could not ask: %s", e.text);
		return false;
	}
	if (call->outcome == OUTCOME_OK)
		return true;
	if (stop_requested()) {
		check_skip(k, "the run was ended before an answer came");
		return false;
	}
	const struct buf *error = &call->answer.error;
	check_fail(k, call->outcome == OUTCOME_TIMEOUT ? "slow" : "wrong-status",
		   "no valid answer: %s (HTTP %d) %.*s", outcome_name(call->outcome), call->status,
		   (int)MIN(error->len, (size_t)200), error->data ? error->data : "");
	return false;
}

bool check_picture(struct check *k, json_t *scene, struct media *ret)
{
	struct err e;
	int rc = painter_draw(k->env->painter, scene, "image.jpg", "jpeg", k->scratch, ret, &e);
	json_decref(scene);
	if (rc < 0)
		check_skip(k, "cannot draw the picture: %s", e.text);
	return rc == 0;
}

bool check_clip(struct check *k, const struct speech *s, const char *format, int channels,
		 struct sample *ret)
{
	struct err e;
	struct media *m = ARENA_NEW(k->scratch, struct media);
	char name[32];
	(void)snprintf(name, sizeof(name), "clip.%s", format);
	if (speech_to_media(s, name, format, channels, k->scratch, m, &e) < 0) {
		check_skip(k, "cannot write the clip as %s: %s", format, e.text);
		return false;
	}
	*ret = (struct sample){.id = k->result->id, .audio = m};
	return true;
}

const char *check_word(struct check *k)
{
	static const char *const words[] = {"HARBOR", "CANDLE", "MARKET", "WINTER", "GARDEN",
					    "SILVER", "PLANET", "BRIDGE", "ROCKET", "FOREST"};
	return arena_fmt(k->scratch, "%s %d", words[rng_below(&k->rng, ARRAY_LEN(words))],
			 100 + (int)rng_below(&k->rng, 900));
}
