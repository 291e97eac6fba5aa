/* src/suite/functional_sound.c - functional cases of chat with sound (audio-language models).
 * SPDX-License-Identifier: Apache-2.0 */
#include "suite/functional_rows.h"

#include "base/base64.h"
#include "base/json.h"
#include "base/str.h"
#include "suite/utterance.h"
#include "suite/voices.h"

#define ERROR_RATE_MAX 0.30

static const struct form wav = {UTTERANCE_RATE, 1, "wav"};

static json_t *text_part(const char *text)
{
	return json_pack("{s:s, s:s}", "type", "text", "text", text);
}

static json_t *sound_part(const struct media *m)
{
	CLEANUP(buf_release) struct buf b = BUF_INIT(BUF_UNLIMITED);
	if (base64_encode(m->data, m->len, &b) < 0)
		return NULL;
	return json_pack("{s:s, s:{s:s, s:s}}", "type", "input_audio", "input_audio", "data",
			 b.data, "format", "wav");
}

/* A made sentence as a sound file. */
static bool spoken(struct check *k, const char *language, const char *text, struct media **ret)
{
	struct utterance u = UTTERANCE_NEW;
	struct sample s = {0};
	bool ok = utterance_say(k, &u, language, text) &&
		  utterance_sample(k, &u, &wav, language, &s);
	utterance_release(&u);
	*ret = (struct media *)s.audio;
	return ok;
}

/* Ask with these messages (stolen); the call is the caller's to release when true. */
static bool ask(struct check *k, json_t *messages, const char *answer, struct call *call)
{
	struct sample *s = ARENA_NEW(k->scratch, struct sample);
	const char **answers = arena_array(k->scratch, 1, sizeof(*answers));
	answers[0] = answer;
	*s = (struct sample){.id = k->result->id, .messages = messages, .answers = answers,
			     .n_answers = 1, .judge = "keyword"};
	(void)json_array_append_new(k->owned, messages);
	call_init(call, s);
	call->ask.max_tokens = 128;
	call->ask.temperature = 0;
	if (check_ask(k, call))
		return true;
	call_release(call);
	return false;
}

static void expect_said(struct check *k, const char *said, const char *answer)
{
	double rate = check_error_rate("en", said, answer);
	if (rate <= ERROR_RATE_MAX)
		check_pass(k, "said \"%s\", answered \"%.200s\": %.0f %% errors", said, answer,
			   100 * rate);
	else
		check_fail(k, "wrong-answer",
			   "said \"%s\", answered \"%.200s\": %.0f %% errors, at most %.0f %% "
			   "allowed",
			   said, answer, 100 * rate, 100 * ERROR_RATE_MAX);
}

static void transcribe(struct check *k)
{
	const char *said = made_sentence(&k->rng, "en", 10, k->scratch);
	struct media *m = NULL;
	struct call call;
	if (!spoken(k, "en", said, &m))
		return;
	json_t *messages = json_pack("[{s:s, s:[o, o]}]", "role", "user", "content", sound_part(m),
				     text_part(check_transcribe_question()));
	if (ask(k, messages, said, &call)) {
		expect_said(k, said, check_text(&call));
		call_release(&call);
	}
}

static void expect_words(struct check *k, json_t *messages, const char *answer, const char *words)
{
	struct call call;
	if (!ask(k, messages, answer, &call))
		return;
	if (check_says(check_text(&call), words))
		check_pass(k, "\"%.200s\"", check_text(&call));
	else
		check_fail(k, "wrong-answer", "\"%.200s\" does not say %s", check_text(&call),
			   words);
	call_release(&call);
}

static void language(struct check *k)
{
	struct media *m = NULL;
	const char *said = made_sentence(&k->rng, "en", 10, k->scratch);
	if (!spoken(k, "en", said, &m))
		return;
	expect_words(k,
		     json_pack("[{s:s, s:[o, o]}]", "role", "user", "content", sound_part(m),
			       text_part("Which language is spoken in this recording? Answer with "
					 "its name in English.")),
		     "English", "english");
}

/* A word is in one of two clips: which? Both were heard only if the answer is right either way. */
static void which_clip(struct check *k)
{
	static const char *const words[] = {"elephant", "umbrella", "butter", "guitar"};
	const char *word = words[rng_below(&k->rng, ARRAY_LEN(words))];
	struct media *a = NULL;
	struct media *b = NULL;
	const char *with = arena_fmt(k->scratch, "the next word is %s", word);
	const char *without = made_sentence(&k->rng, "en", 8, k->scratch);
	bool second = rng_below(&k->rng, 2) == 1;
	if (!spoken(k, "en", second ? without : with, &a) ||
	    !spoken(k, "en", second ? with : without, &b))
		return;
	const char *question = arena_fmt(k->scratch,
					 "In which of the two recordings is the word \"%s\" "
					 "spoken? Answer \"first\" or \"second\".",
					 word);
	expect_words(k,
		     json_pack("[{s:s, s:[o, o, o]}]", "role", "user", "content", sound_part(a),
			       sound_part(b), text_part(question)),
		     second ? "second" : "first", second ? "second" : "first");
}

/* The sound comes in an earlier turn than the question about it. */
static void sound_then_text(struct check *k)
{
	const char *said = made_sentence(&k->rng, "en", 10, k->scratch);
	struct media *m = NULL;
	struct call call;
	if (!spoken(k, "en", said, &m))
		return;
	json_t *messages = json_pack("[{s:s, s:[o, o]}, {s:s, s:s}, {s:s, s:s}]", "role", "user",
				     "content", sound_part(m),
				     text_part("Listen to this recording and wait."), "role",
				     "assistant", "content", "I have listened to it.", "role",
				     "user", "content",
				     "Now write down word for word what was said in it, and "
				     "nothing else.");
	if (ask(k, messages, said, &call)) {
		expect_said(k, said, check_text(&call));
		call_release(&call);
	}
}

const struct functional_case sound_cases[] = {
	{"chat-sound", "chat", "a recording written down", "at most 30 % word errors",
	 "seed: Qwen2-Audio", false, transcribe},
	{"chat-sound-language", "chat", "the language of a recording", "names English",
	 "seed: Qwen2-Audio", false, language},
	{"chat-sound-two", "chat", "two recordings compared", "names the one that has the word",
	 "seed: Qwen2-Audio", false, which_clip},
	{"chat-sound-turns", "chat", "a recording, then a question about it",
	 "at most 30 % word errors", "seed: Qwen2-Audio", false, sound_then_text},
	{0},
};
