/* src/protocols/cosyvoice.c - CosyVoice's own server (runtime/python/fastapi): a form in, raw
 * samples back, streamed, without a content type.
 *
 * Form fields by mode: sft tts_text, spk_id · zero_shot tts_text, prompt_text, prompt_wav ·
 * cross_lingual tts_text, prompt_wav · instruct tts_text, spk_id, instruct_text · instruct2
 * tts_text, instruct_text, prompt_wav.
 * SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "base/file.h"
#include "base/util.h"
#include "protocols/form.h"
#include "protocols/reply.h"
#include "protocols/sound.h"
#include "protocols/speech.h"
#include "protocols/table.h"

#define PROMPT_MAX ((size_t)64 << 20)

enum mode { MODE_SFT, MODE_ZERO_SHOT, MODE_CROSS_LINGUAL, MODE_INSTRUCT, MODE_INSTRUCT2 };
static const char *const modes[] = {"sft", "zero_shot", "cross_lingual", "instruct", "instruct2",
				    NULL};
static const struct {
	const char *path;
	bool speaker, prompt_text, prompt_wav, instruct;
} forms[] = {
	[MODE_SFT] = {"/inference_sft", .speaker = true},
	[MODE_ZERO_SHOT] = {"/inference_zero_shot", .prompt_text = true, .prompt_wav = true},
	[MODE_CROSS_LINGUAL] = {"/inference_cross_lingual", .prompt_wav = true},
	[MODE_INSTRUCT] = {"/inference_instruct", .speaker = true, .instruct = true},
	[MODE_INSTRUCT2] = {"/inference_instruct2", .instruct = true, .prompt_wav = true},
};
static const char *const sample_formats[] = {"s16le", "f32le", NULL};

struct settings {
	int mode, sample_format;
	int64_t sample_rate, channels;
	const char *spk_id, *prompt_text, *instruct_text;
	const struct media *prompt_wav;
};

/* Beside the plan; from the command line: in the working folder. */
static int parse_prompt(const struct opt *o, const struct yaml_node *node, struct arena *a,
			void *field, struct err *e)
{
	CLEANUP(buf_release) struct buf data = BUF_INIT(PROMPT_MAX);
	struct media *m = ARENA_NEW(a, struct media);
	struct err why;
	if (node->kind != YAML_SCALAR)
		return yaml_err(e, node, "%s must be the name of a sound file", o->name);
	CLEANUP(free_ptr) char *path = file_beside(node->file, node->text);
	const char *slash = strrchr(node->text, '/');
	if (!path || file_read(path, &data, &why) < 0)
		return yaml_err(e, node, "%s: %s", o->name, path ? why.text : "no memory");
	if (media_from_bytes(slash ? slash + 1 : node->text, NULL, data.data ? data.data : "",
			     data.len, a, m, e) < 0)
		return -1;
	if (isnan(m->seconds))
		return yaml_err(e, node, "%s: '%s' is no sound file that can be decoded", o->name,
				node->text);
	*(const struct media **)field = m;
	return 0;
}

static json_t *echo_prompt(const void *field)
{
	const struct media *const *m = field;
	return *m ? json_string((*m)->name) : NULL;
}

static const struct opt options[] = {
	{.name = "mode", OPT_AT_CHOICE(struct settings, mode), .choices = modes, .def = "sft",
	 .help = "which of the server's routes"},
	{.name = "sample_rate", OPT_AT_INT(struct settings, sample_rate), .arg = "HZ",
	 .def = "22050", .min = 1000, .max = 768000,
	 .help = "rate of the samples that come (CosyVoice 22050, CosyVoice2 24000)"},
	{.name = "channels", OPT_AT_INT(struct settings, channels), .def = "1", .min = 1, .max = 8,
	 .help = "channels of the samples that come"},
	{.name = "sample_format", OPT_AT_CHOICE(struct settings, sample_format),
	 .choices = sample_formats, .def = "s16le", .help = "form of the samples that come"},
	{.name = "spk_id", OPT_AT_STRING(struct settings, spk_id), .arg = "NAME",
	 .help = "voice when neither sample nor question names a speaker (sft, instruct)"},
	{.name = "prompt_wav", OPT_AT_NODE(struct settings, prompt_wav), .arg = "FILE",
	 .help = "voice to imitate, when the sample has none (zero_shot, cross_lingual, "
		 "instruct2)", .parse = parse_prompt, .echo = echo_prompt},
	{.name = "prompt_text", OPT_AT_STRING(struct settings, prompt_text), .arg = "TEXT",
	 .help = "what prompt_wav says, when the sample does not tell (zero_shot)"},
	{.name = "instruct_text", OPT_AT_STRING(struct settings, instruct_text), .arg = "TEXT",
	 .help = "how to speak (instruct, instruct2)"},
	{0},
};

struct state {
	struct sound sound;
	bool wrong_type;
};

static int check(const struct service *s, struct err *e)
{
	const struct settings *own = s->settings;
	for (size_t u = 0; u < s->urls.n; u++)
		for (size_t i = 0; i < ARRAY_LEN(forms); i++)
			if (str_ends(s->urls.items[u], forms[i].path))
				return err_set(e, ERR_USAGE, "the URL of a CosyVoice server is a "
					       "base: leave off '%s' and say mode: %s",
					       forms[i].path, modes[i]);
	if (forms[own->mode].instruct && !own->instruct_text &&
	    !service_body_has(s, "instruct_text"))
		return err_set(e, ERR_USAGE, "mode %s needs instruct_text: how to speak",
			       modes[own->mode]);
	return 0;
}

static int needs(const struct sample *sample, const struct settings *own, const char *what,
		 struct err *e)
{
	return err_set(e, ERR_USAGE, "mode %s needs %s: give it in the service or with the sample "
		       "'%s'", modes[own->mode], what, sample->id ? sample->id : "?");
}

static int encode(const struct service *s, const struct sample *sample, const struct ask *ask,
		  struct request *out, struct err *e)
{
	const struct settings *own = s->settings;
	const char *speaker = speech_speaker(sample, ask);
	const char *said = sample->prompt_text ? sample->prompt_text : own->prompt_text;
	const struct media *prompt = sample->prompt_wav ? sample->prompt_wav : own->prompt_wav;
	struct form f;
	if (!speaker)
		speaker = own->spk_id;
	if (speech_need_text(sample, "cosyvoice", e) < 0)
		return -1;
	if (forms[own->mode].speaker && !speaker && !service_body_has(s, "spk_id"))
		return needs(sample, own, "spk_id (a speaker)", e);
	if (forms[own->mode].prompt_text && !said && !service_body_has(s, "prompt_text"))
		return needs(sample, own, "prompt_text", e);
	if (forms[own->mode].prompt_wav && !prompt)
		return needs(sample, own, "prompt_wav", e);
	out->path = forms[own->mode].path;
	form_begin(&f, s, out, forms[own->mode].prompt_wav ? prompt : NULL);
	form_text(&f, "tts_text", sample->text);
	if (forms[own->mode].speaker)
		form_text(&f, "spk_id", speaker);
	if (forms[own->mode].prompt_text)
		form_text(&f, "prompt_text", said);
	if (forms[own->mode].instruct)
		form_text(&f, "instruct_text", own->instruct_text);
	if (forms[own->mode].prompt_wav)
		form_media(&f, "prompt_wav", prompt);
	return form_end(&f, e);
}

static enum outcome head(void *state, const struct service *s, const struct ask *ask,
			 const struct http_head *h, struct answer *answer)
{
	static const char *const sounds[] = {"audio/", "application/octet-stream", NULL};
	const struct settings *own = s->settings;
	struct state *st = state;
	sound_begin_pcm(&st->sound, ask->keep, own->sample_format == 0 ? PCM_S16 : PCM_F32,
			(int)own->channels, (int)own->sample_rate, answer);
	if (h->status / 100 != 2 || !http_header(h, "content-type").data ||
	    reply_type_is(h, sounds))
		return OUTCOME_OK;
	st->wrong_type = reply_is_json(h);
	return st->wrong_type ? OUTCOME_OK : OUTCOME_BAD_CONTENT_TYPE;
}

static enum outcome receive(void *state, const char *data, size_t len, const struct arrival *at,
			    struct answer *answer)
{
	struct state *st = state;
	if (st->wrong_type)
		return reply_collect(answer, data, len, OUTCOME_BAD_CONTENT_TYPE);
	return sound_receive(&st->sound, data, len, at, true, answer);
}

static enum outcome finish(void *state, const struct sample *sample, struct answer *answer)
{
	struct state *st = state;
	(void)sample;
	if (st->wrong_type)
		return reply_wrong_type(answer);
	return sound_finish(&st->sound, answer);
}

const struct protocol protocol_cosyvoice = {
	.name = "cosyvoice",
	.kind = "tts",
	.summary = "CosyVoice's server: sft, zero_shot, cross_lingual, instruct, instruct2",
	.route = "POST /inference_sft, /inference_zero_shot, …",
	.options = options,
	.settings_size = sizeof(struct settings),
	.state_size = sizeof(struct state),
	.check = check,
	.encode = encode,
	.head = head,
	.receive = receive,
	.finish = finish,
};
