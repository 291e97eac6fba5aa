/* workers/flite/main.c - English speech from flite's voices, sent while it is made.
 * SPDX-License-Identifier: Apache-2.0 */
#include <flite/flite.h>
#include <flite/flite_version.h>

#include "../common/tts.h"
#include "base/buf.h"
#include "base/json.h"
#include "base/util.h"

cst_voice *register_cmu_us_slt(const char *voxdir);
cst_voice *register_cmu_us_rms(const char *voxdir);
cst_voice *register_cmu_us_awb(const char *voxdir);
cst_voice *register_cmu_us_kal16(const char *voxdir);

/* The first is the default. */
static struct speaker {
	const char *name;
	const char *gender;
	cst_voice *(*load)(const char *voxdir);
	cst_voice *voice;
} speakers[] = {
	{"slt", "female", register_cmu_us_slt, NULL},
	{"rms", "male", register_cmu_us_rms, NULL},
	{"awb", "male", register_cmu_us_awb, NULL},
	{"kal", "male", register_cmu_us_kal16, NULL},
};

static cst_audio_streaming_info *streaming;

static int on_audio(const cst_wave *w, int from, int size, int last, cst_audio_streaming_info *asi)
{
	struct tts_out *o = asi->userdata;
	(void)last;
	o->sample_rate = w->sample_rate;
	if (size > 0 && tts_out_add(o, w->samples + from, (size_t)size) < 0)
		return CST_AUDIO_STREAM_STOP;
	return CST_AUDIO_STREAM_CONT;
}

/* Called by flite before each sentence; NULL ends the work. */
static cst_utterance *on_sentence(cst_utterance *u)
{
	const struct tts_out *o = streaming->userdata;
	if (o->failed == 0)
		return u;
	delete_utterance(u);
	return NULL;
}

static bool capital(char c)
{
	return c >= 'A' && c <= 'Z';
}

/* Does a sentence end in front of this token? Also where a sentence grows too long: what is
 * spoken at once decides how long the first sound takes, and how much memory. */
static int ends_before(cst_tokenstream *ts, const char *token, cst_relation *tokens)
{
	(void)ts;
	const cst_item *last = relation_tail(tokens);
	const char *punctuation = item_feat_string(last, "punc");
	const char *word = item_name(last);
	size_t words = 0;
	size_t letters = 0;
	for (const cst_item *i = relation_head(tokens); i; i = item_next(i)) {
		words++;
		letters += strlen(item_name(i));
	}
	if (words >= 60 || letters >= 400 || strpbrk(punctuation, "?!:"))
		return TRUE;
	if (strpbrk(punctuation, ",;") && words >= 20)
		return TRUE;
	bool abbreviation = (capital(word[0]) && strlen(word) < 4) ||
			    (*word && capital(word[strlen(word) - 1]));
	return strchr(punctuation, '.') && capital(token[0]) && !abbreviation;
}

static int open_flite(int argc, char **argv, json_t *ready, struct err *e)
{
	(void)argc, (void)argv;
	(void)flite_init();
	streaming = new_audio_streaming_info();
	streaming->asc = on_audio;
	streaming->min_buffsize = 800;
	json_t *names = json_array();
	for (size_t i = 0; i < ARRAY_LEN(speakers); i++) {
		struct speaker *s = &speakers[i];
		s->voice = s->load(NULL);
		if (!s->voice)
			return err_set(e, ERR_SYSTEM, "flite cannot load the voice '%s'", s->name);
		/* flite frees this value with the voice, which is never freed. */
		feat_set(s->voice->features, "streaming_info",
			 audio_streaming_info_val(streaming));
		feat_set(s->voice->features, "utt_break", breakfunc_val(ends_before));
		feat_set(s->voice->features, "utt_user_callback", uttfunc_val(on_sentence));
		(void)json_array_append_new(names, json_string(s->name));
	}
	json_put(ready, "speakers", names);
	json_put(ready, "languages", json_pack("[s]", "en"));
	json_put_int(ready, "sample_rate", 16000);
	json_put_text(ready, "model", "cmu_us");
	json_put_text(ready, "version", FLITE_PROJECT_VERSION);
	return 0;
}

static struct speaker *find_speaker(struct guest_request *r, const char *name, struct err *e)
{
	for (size_t i = 0; i < ARRAY_LEN(speakers); i++)
		if (!name || strcmp(name, speakers[i].name) == 0)
			return &speakers[i];
	guest_code(r, "no_speaker");
	(void)err_set(e, ERR_USAGE, "there is no such speaker; there are slt, rms, awb and kal");
	return NULL;
}

/* Latin-1's letters from U+00C0 on, without what flite cannot read. */
static const char *const latin1[64] = {
	"A", "A", "A", "A", "A", "A", "AE", "C", "E", "E", "E", "E", "I", "I", "I", "I",
	"D", "N", "O", "O", "O", "O", "O", " ", "O", "U", "U", "U", "U", "Y", "Th", "ss",
	"a", "a", "a", "a", "a", "a", "ae", "c", "e", "e", "e", "e", "i", "i", "i", "i",
	"d", "n", "o", "o", "o", "o", "o", " ", "o", "u", "u", "u", "u", "y", "th", "y",
};

/* What flite reads for a character beyond ASCII; NULL: no idea. */
static const char *spoken(unsigned c)
{
	if (c >= 0xc0 && c <= 0xff)
		return latin1[c - 0xc0];
	switch (c) {
	case 0x2018: case 0x2019: case 0x02bc:
		return "'";
	case 0x201c: case 0x201d: case 0x00ab: case 0x00bb:
		return "\"";
	case 0x2013: case 0x2014: case 0x2015: case 0x2026:
		return ", ";
	case 0x2010: case 0x2011:
		return "-";
	case 0x20ac:
		return " euros ";
	case 0x00a3:
		return " pounds ";
	case 0x00b0:
		return " degrees ";
	default:
		break;
	}
	/* Spaces, general punctuation, symbols and emoji: nothing to say. */
	bool silent = (c >= 0x80 && c < 0xc0) || (c >= 0x2000 && c < 0x2c00) ||
		      (c >= 0x3000 && c < 0x3004) || (c >= 0xfe00 && c < 0xfe10) || c == 0xfeff ||
		      (c >= 0x1f000 && c < 0x20000);
	return silent ? " " : NULL;
}

/* The text in ASCII. The frame's text is valid UTF-8 (JSON). */
static int to_ascii(struct guest_request *r, const char *text, struct buf *out, struct err *e)
{
	for (const unsigned char *p = (const unsigned char *)text; *p;) {
		int more = *p >= 0xf0 ? 3 : *p >= 0xe0 ? 2 : *p >= 0xc0 ? 1 : 0;
		unsigned c = more == 3 ? *p & 7u : more == 2 ? *p & 15u : more ? *p & 31u : *p;
		p++;
		while (more-- > 0)
			c = c << 6 | (*p++ & 63u);
		char ascii[2] = {c < ' ' || c == 127 ? ' ' : (char)c};
		const char *s = c < 0x80 ? ascii : spoken(c);
		if (!s) {
			guest_code(r, "unsupported_text");
			return err_set(e, ERR_USAGE, "these voices read English; the text holds "
				       "letters of another script");
		}
		if (buf_str(out, s) < 0)
			return err_set(e, ERR_SYSTEM, "out of memory for the text");
	}
	return 0;
}

/* flite works on whole words without a limit of its own: a "word" of thousands of letters would
 * keep it busy for minutes. */
static void break_words(struct buf *text)
{
	size_t run = 0;
	for (size_t i = 0; i < text->len; i++) {
		run = text->data[i] == ' ' ? 0 : run + 1;
		if (run == 60) {
			text->data[i] = ' ';
			run = 0;
		}
	}
}

static cst_tokenstream *open_text(const cst_features *voice, const char *text)
{
	return ts_open_string(
		text,
		get_param_string(voice, "text_whitespace", cst_ts_default_whitespacesymbols),
		get_param_string(voice, "text_singlecharsymbols",
				 cst_ts_default_singlecharsymbols),
		get_param_string(voice, "text_prepunctuation",
				 cst_ts_default_prepunctuationsymbols),
		get_param_string(voice, "text_postpunctuation",
				 cst_ts_default_postpunctuationsymbols));
}

static int speak(struct guest_request *r, const struct frame *f, json_t *done, struct err *e)
{
	struct tts_ask ask;
	if (tts_read(r, f, TTS_SPEED_MIN, TTS_SPEED_MAX, &ask, e) < 0)
		return -1;
	const struct speaker *s = find_speaker(r, ask.speaker, e);
	if (!s)
		return -1;
	CLEANUP(buf_release) struct buf text = BUF_INIT((size_t)1 << 20);
	if (to_ascii(r, ask.text, &text, e) < 0)
		return -1;
	break_words(&text);
	struct tts_out o = {.r = r, .sample_rate = 16000};
	streaming->userdata = &o;
	feat_set_float(s->voice->features, "duration_stretch", (float)(1 / ask.speed));
	cst_tokenstream *ts = open_text(s->voice->features, text.data);
	if (!ts)
		return err_set(e, ERR_SYSTEM, "flite cannot read the text");
	srand(1);	/* noise in the voice: the same request gives the same samples */
	(void)flite_ts_to_speech(ts, s->voice, "none");
	return tts_out_finish(&o, s->name, done, e);
}

int main(int argc, char **argv)
{
	static const struct guest flite = {
		.name = "flite", .task = "tts", .payload_max = 4096, .open = open_flite,
		.request = speak,
	};
	return guest_main(&flite, argc, argv);
}
