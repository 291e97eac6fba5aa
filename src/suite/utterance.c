/* src/suite/utterance.c - see utterance.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "suite/utterance.h"

#include "base/json.h"

void utterance_release(struct utterance *u)
{
	speech_release(&u->speech);
	buf_release(&u->text);
	json_decref(u->segments);
	*u = UTTERANCE_NEW;
}

bool utterance_say(struct check *k, struct utterance *u, const char *language, const char *text)
{
	struct speech s = {0};
	struct err e = {0};
	double at = (double)u->speech.n / UTTERANCE_RATE;
	if (!check_speech(k, language, text, &s))
		return false;
	bool ok = speech_resample(&s, UTTERANCE_RATE, &e) == 0;
	double first = ok ? (double)speech_first_sound(&s) / UTTERANCE_RATE : 0;
	double last = ok ? (double)speech_last_sound(&s) / UTTERANCE_RATE : 0;
	if (u->speech.n == 0)
		u->speech.rate = UTTERANCE_RATE;
	ok = ok && speech_append(&u->speech, &s, &e) == 0;
	speech_release(&s);
	if (!ok) {
		check_skip(k, "cannot make the speech: %s", e.text);
		return false;
	}
	if (!u->segments)
		u->segments = json_array();
	if (!u->spoken)
		u->spoken = language;
	(void)json_array_append_new(u->segments, json_pack("{s:f, s:f, s:s}", "start", at + first,
							   "end", at + last, "text", text));
	(void)buf_fmt(&u->text, "%s%s", u->text.len ? " " : "", text);
	return true;
}

bool utterance_silence(struct check *k, struct utterance *u, double seconds)
{
	struct err e;
	if (speech_silence(&u->speech, UTTERANCE_RATE, seconds, &e) == 0)
		return true;
	check_skip(k, "cannot make silence: %s", e.text);
	return false;
}

void utterance_times(const struct utterance *u, size_t i, double *ret_start, double *ret_end)
{
	const json_t *one = json_array_get(u->segments, i);
	*ret_start = *ret_end = 0;
	(void)json_number(one, "start", ret_start);
	(void)json_number(one, "end", ret_end);
}

static bool encode(struct check *k, const struct utterance *u, const struct form *form,
		   struct sample *ret)
{
	struct speech copy = {.rate = UTTERANCE_RATE};
	struct err e = {0};
	bool ok = true;
	if (form->rate == UTTERANCE_RATE)
		return check_clip(k, &u->speech, form->format, form->channels, ret);
	if (speech_append(&copy, &u->speech, &e) < 0 ||
	    speech_resample(&copy, form->rate, &e) < 0) {
		check_skip(k, "cannot make the speech: %s", e.text);
		ok = false;
	}
	ok = ok && check_clip(k, &copy, form->format, form->channels, ret);
	speech_release(&copy);
	return ok;
}

bool utterance_sample(struct check *k, const struct utterance *u, const struct form *form,
		      const char *language, struct sample *ret)
{
	if (!encode(k, u, form, ret))
		return false;
	ret->text = arena_str(k->scratch, u->text.data ? u->text.data : "");
	ret->language = language;
	json_t *extra = json_pack("{s:i, s:i, s:s}", "rate", form->rate, "channels",
				  form->channels, "format", form->format);
	json_put_text(extra, "spoken", u->spoken);
	if (u->segments)
		json_put(extra, "segments", json_incref(u->segments));
	check_know(k, ret, extra);
	return true;
}
