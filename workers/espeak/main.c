/* workers/espeak/main.c - speech in many languages from espeak-ng, sent while it is made.
 *
 * espeak-ng is under GPL-3.0-or-later, and so is the program that this file is linked into; that
 * is why it is a program of its own. A speaker is a language ("en-us", "cmn"), a language with a
 * variant of the voice ("en-us+f2"), or a variant alone ("f2": of the language asked for).
 * Version 1.51 keeps some state between texts: the same request again may differ in a few samples.
 * SPDX-License-Identifier: Apache-2.0 */
#include <espeak-ng/speak_lib.h>

#include "../common/tts.h"
#include "base/file.h"
#include "base/json.h"
#include "base/str.h"
#include "base/util.h"

#define DEFAULT_LANGUAGE "en-us"
#define NAME_SIZE 64

static int sample_rate;
static json_t *languages;	/* name in lower case -> [priority, identifier of the voice] */
static json_t *variants;	/* set of names */

/* What people write for what espeak-ng calls otherwise. */
static const char *const aliases[][2] = {
	{"zh", "cmn"}, {"zh-cn", "cmn"}, {"zh-tw", "cmn"}, {"zh-hans", "cmn"},
	{"zh-hant", "cmn"}, {"cmn-hans", "cmn"}, {"zh-hk", "yue"}, {"zh-yue", "yue"},
	{"iw", "he"}, {"in", "id"}, {"english", "en-us"}, {"chinese", "cmn"},
};

static int on_audio(short *wav, int n, espeak_EVENT *events)
{
	struct tts_out *o = events->user_data;
	return o && wav && n > 0 && tts_out_add(o, wav, (size_t)n) < 0 ? 1 : 0;
}

static void lower(const char *text, char *out)
{
	size_t i = 0;
	for (; text[i] && i + 1 < NAME_SIZE; i++) {
		char c = text[i] == '_' ? '-' : text[i];
		out[i] = (char)(c >= 'A' && c <= 'Z' ? c + 32 : c);
	}
	out[i] = '\0';
}

/* A voice has several languages: a byte of priority (small is better) and a name each. */
static void add_languages(const espeak_VOICE *v)
{
	for (const char *l = v->languages; *l; l += strlen(l) + 1) {
		int priority = *l++;
		char name[NAME_SIZE];
		lower(l, name);
		const json_t *known = json_object_get(languages, name);
		if (!known || json_integer_value(json_array_get(known, 0)) > priority)
			json_put(languages, name, json_pack("[i, s]", priority, v->identifier));
	}
}

static void list_voices(void)
{
	const espeak_VOICE **v = espeak_ListVoices(NULL);
	for (; v && *v; v++)
		if (!str_starts((*v)->identifier, "mb/"))	/* these need mbrola */
			add_languages(*v);
	espeak_VOICE want = {.languages = "variant"};
	for (v = espeak_ListVoices(&want); v && *v; v++) {
		const char *slash = strrchr((*v)->identifier, '/');
		json_put(variants, slash ? slash + 1 : (*v)->identifier, json_true());
	}
}

static const char *alias_of(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(aliases); i++)
		if (strcmp(name, aliases[i][0]) == 0 && json_object_get(languages, aliases[i][1]))
			return aliases[i][1];
	return NULL;
}

static json_t *names_of(json_t *set, bool aliases_too)
{
	json_t *list = json_array();
	const char *name;
	json_t *value;
	if (!aliases_too)	/* the default is the first */
		(void)json_array_append_new(list, json_string(DEFAULT_LANGUAGE));
	json_object_foreach(set, name, value)
		if (aliases_too || (!alias_of(name) && strcmp(name, DEFAULT_LANGUAGE) != 0))
			(void)json_array_append_new(list, json_string(name));
	return list;
}

static int open_espeak(int argc, char **argv, json_t *ready, struct err *e)
{
	(void)argc, (void)argv;
	CLEANUP(free_ptr) char *data = file_find_share("espeak-ng-data");
	sample_rate = espeak_Initialize(AUDIO_OUTPUT_SYNCHRONOUS, 50, data,
					espeakINITIALIZE_DONT_EXIT);
	if (sample_rate <= 0)
		return err_set(e, ERR_SYSTEM, "espeak-ng does not find its data (Debian: "
			       "espeak-ng-data)");
	espeak_SetSynthCallback(on_audio);
	languages = json_object();
	variants = json_object();
	list_voices();
	if (json_object_size(languages) == 0)
		return err_set(e, ERR_SYSTEM, "espeak-ng has no voices");
	json_put(ready, "speakers", names_of(languages, false));
	json_put(ready, "languages", names_of(languages, true));
	json_put(ready, "variants", names_of(variants, true));
	json_put_int(ready, "sample_rate", sample_rate);
	json_put_text(ready, "model", "espeak-ng");
	const char *path;
	json_put_text(ready, "version", espeak_Info(&path));
	return 0;
}

/* The language as espeak-ng calls it: itself, an alias, or without its last part ("de-at"). */
static bool find_language(const char *asked, char *out)
{
	lower(asked, out);
	for (;;) {
		const char *alias = alias_of(out);
		if (alias) {
			(void)snprintf(out, NAME_SIZE, "%s", alias);
			return true;
		}
		if (json_object_get(languages, out))
			return true;
		char *dash = strrchr(out, '-');
		if (!dash)
			return false;
		*dash = '\0';
	}
}

static int no_speaker(struct guest_request *r, struct err *e)
{
	guest_code(r, "no_speaker");
	return err_set(e, ERR_USAGE, "there is no such speaker; there are languages (en-us, "
		       "en-gb, cmn, yue, de, fr-fr, es, ja, ru and %zu more) and variants of the "
		       "voice (m1 to m8, f1 to f5 and more), joined as in en-us+f2",
		       json_object_size(languages) - 9);
}

struct voice {
	char name[2 * NAME_SIZE];	/* as told in done: "en-us+f2" */
	char file[2 * NAME_SIZE];	/* for espeak-ng: from its lists, never a path asked for */
};

static int find_voice(struct guest_request *r, const struct tts_ask *ask, struct voice *ret,
		      struct err *e)
{
	char language[NAME_SIZE] = DEFAULT_LANGUAGE;
	char part[NAME_SIZE] = "";
	if (ask->language && !find_language(ask->language, language)) {
		guest_code(r, "no_language");
		return err_set(e, ERR_USAGE, "there is no voice for this language");
	}
	const char *speaker = ask->speaker ? ask->speaker : "";
	const char *plus = strchr(speaker, '+');
	const char *variant = plus ? plus + 1 : "";
	size_t n = plus ? (size_t)(plus - speaker) : strlen(speaker);
	if (n >= sizeof(part))
		return no_speaker(r, e);
	memcpy(part, speaker, n);
	if (!plus && json_object_get(variants, part))
		variant = part;
	else if (n > 0 && !find_language(part, language))
		return no_speaker(r, e);
	if ((plus || *variant) && !json_object_get(variants, variant))
		return no_speaker(r, e);
	const char *file = json_string_value(json_array_get(json_object_get(languages, language),
							    1));
	const char *join = *variant ? "+" : "";
	(void)snprintf(ret->name, sizeof(ret->name), "%s%s%s", language, join, variant);
	(void)snprintf(ret->file, sizeof(ret->file), "%s%s%s", file ? file : language, join,
		       variant);
	return 0;
}

static int speak(struct guest_request *r, const struct frame *f, json_t *done, struct err *e)
{
	struct tts_ask ask;
	struct voice voice;
	/* What espeak-ng can do: 80 to 450 words per minute, 175 being its own speed. */
	if (tts_read(r, f, 0.46, 2.57, &ask, e) < 0 ||
	    find_voice(r, &ask, &voice, e) < 0)
		return -1;
	if (espeak_SetVoiceByName(voice.file) != EE_OK)
		return err_set(e, ERR_SYSTEM, "espeak-ng cannot load the voice '%s'", voice.name);
	int rate = (int)(espeakRATE_NORMAL * ask.speed + 0.5);
	if (espeak_SetParameter(espeakRATE, rate, 0) != EE_OK)
		return err_set(e, ERR_SYSTEM, "espeak-ng does not take the speed");
	struct tts_out o = {.r = r, .sample_rate = sample_rate};
	espeak_ERROR rc = espeak_Synth(ask.text, strlen(ask.text) + 1, 0, POS_CHARACTER, 0,
				       espeakCHARS_UTF8, NULL, &o);
	if (rc != EE_OK && o.failed == 0)
		return err_set(e, ERR_SYSTEM, "espeak-ng failed (%d)", (int)rc);
	return tts_out_finish(&o, voice.name, done, e);
}

static void close_espeak(void)
{
	(void)espeak_Terminate();
	json_decref(languages);
	json_decref(variants);
}

int main(int argc, char **argv)
{
	static const struct guest espeak = {
		.name = "espeak", .task = "tts", .payload_max = 4096, .open = open_espeak,
		.request = speak, .close = close_espeak,
	};
	return guest_main(&espeak, argc, argv);
}
