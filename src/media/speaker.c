/* src/media/speaker.c - made speech from assay's own TTS workers (see speech.h).
 * SPDX-License-Identifier: Apache-2.0 */
#include <strings.h>

#include "audio/pcm.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"
#include "base/str.h"
#include "base/util.h"
#include "media/speech.h"
#include "worker/host.h"

#define SAY_TIMEOUT (120 * NS_PER_S)
#define SAMPLES_MAX ((size_t)1 << 28)

enum { FLITE, ESPEAK };

static const struct {
	const char *name;	/* in a voice's name */
	const char *program;
} programs[] = {
	[FLITE] = {"flite", "assay-worker-flite"},
	[ESPEAK] = {"espeak-ng", "assay-worker-espeak"},
};

struct speaker {
	struct worker *workers[ARRAY_LEN(programs)];
	struct err why[ARRAY_LEN(programs)];	/* why one could not start */
	bool broken[ARRAY_LEN(programs)];
};

struct speaker *speaker_new(void)
{
	return calloc(1, sizeof(struct speaker));
}

struct speaker *speaker_free(struct speaker *s)
{
	for (size_t i = 0; s && i < ARRAY_LEN(programs); i++)
		s->workers[i] = worker_free(s->workers[i]);
	free(s);
	return NULL;
}

/* "flite/slt": which program, and the rest. -1 when the worker's name is not known. */
static int take_apart(const char *voice, size_t *ret_program, const char **ret_speaker,
		      struct err *e)
{
	size_t len = strcspn(voice, "/");
	for (size_t i = 0; i < ARRAY_LEN(programs); i++) {
		if (strlen(programs[i].name) != len || memcmp(programs[i].name, voice, len) != 0)
			continue;
		*ret_program = i;
		*ret_speaker = voice[len] ? voice + len + 1 : NULL;
		return 0;
	}
	return err_set(e, ERR_USAGE, "there is no voice '%s': voices are flite/NAME (slt, rms, "
		       "awb, kal) and espeak-ng/LANGUAGE", voice);
}

static int start(struct speaker *s, size_t i, struct err *e)
{
	if (s->workers[i])
		return 0;
	if (s->broken[i]) {
		if (e)
			*e = s->why[i];
		return -1;
	}
	CLEANUP(free_ptr) char *program = file_find_worker(programs[i].program);
	struct worker_spec spec = {.program = program, .ready_timeout_ns = 30 * NS_PER_S};
	struct err *why = &s->why[i];
	if (!program)
		(void)err_set(why, ERR_UNSUPPORTED, "this build has no voices of %s (%s is "
			"missing)",
			      programs[i].name, programs[i].program);
	else if (worker_start(&spec, &s->workers[i], why) == 0 &&
		 worker_wait_ready(s->workers[i], why) == 0)
		return 0;
	s->workers[i] = worker_free(s->workers[i]);
	s->broken[i] = true;
	if (e)
		*e = *why;
	return -1;
}

/* Does the worker say that it has this one? A variant ("cmn+f2") is not listed by itself. */
static bool listed(const json_t *ready, const char *speaker)
{
	static const char *const lists[] = {"speakers", "languages"};
	size_t len = strcspn(speaker, "+");
	size_t i;
	json_t *name;
	for (size_t k = 0; k < ARRAY_LEN(lists); k++)
		json_array_foreach(json_object_get(ready, lists[k]), i, name)
			if (json_string_length(name) == len && json_is_string(name) &&
			    strncasecmp(json_string_value(name), speaker, len) == 0)
				return true;
	return false;
}

bool speaker_has(struct speaker *s, const char *voice, const char **ret_why)
{
	static __thread struct err e;
	size_t i = 0;
	const char *speaker = NULL;
	if (take_apart(voice, &i, &speaker, &e) < 0 || start(s, i, &e) < 0) {
		*ret_why = e.text;
		return false;
	}
	if (speaker && !listed(worker_ready(s->workers[i]), speaker)) {
		(void)err_set(&e, ERR_USAGE, "%s has no voice '%s'", programs[i].name, speaker);
		*ret_why = e.text;
		return false;
	}
	return true;
}

struct heard {
	struct speech speech;
	struct err *e;
};

static int take_frame(const struct frame *f, void *ctx)
{
	struct heard *h = ctx;
	int64_t rate = 0;
	if (strcmp(f->type, "audio") != 0)
		return 0;
	if (!json_whole(f->header, "sample_rate", &rate) || rate < 1000 || rate > 768000 ||
	    f->payload_len % 2 != 0 || (h->speech.rate && h->speech.rate != rate))
		return err_set(h->e, ERR_DATA, "a voice sent audio that is not as announced");
	size_t n = f->payload_len / 2;
	if (n > SAMPLES_MAX - h->speech.n)
		return err_set(h->e, ERR_DATA, "a voice does not come to an end");
	float *more = realloc(h->speech.samples, (h->speech.n + n + 1) * sizeof(*more));
	if (!more)
		return err_set(h->e, ERR_SYSTEM, "no memory for made speech");
	pcm_to_mono(f->payload, PCM_S16, 1, n, more + h->speech.n);
	h->speech.samples = more;
	h->speech.n += n;
	h->speech.rate = (int)rate;
	return 0;
}

int speaker_say(struct speaker *s, const char *voice, const char *text, double speed,
		struct speech *ret, struct err *e)
{
	struct err own;
	struct heard h = {.e = &own};
	size_t i = 0;
	const char *speaker = NULL;
	bool client = false;
	own.text[0] = '\0';
	if (take_apart(voice, &i, &speaker, e) < 0 || start(s, i, e) < 0)
		return -1;
	json_t *header = json_pack("{s:s, s:s, s:f}", "type", "speak", "text", text, "speed",
				   speed > 0 ? speed : 1.0);
	if (!header)
		return err_set(e, ERR_USAGE, "a text to speak must be UTF-8");
	json_put_text(header, "speaker", speaker);
	struct err why;
	int rc = worker_call(s->workers[i], header, NULL, 0, clock_now() + SAY_TIMEOUT, take_frame,
			     &h, &client, &why);
	if (rc == 0 && h.speech.n == 0)
		rc = err_set(&why, ERR_DATA, "there is nothing to speak in this text");
	if (rc == 0) {
		*ret = h.speech;
		/* What espeak says depends on what it said before: each text gets a fresh one. */
		if (i == ESPEAK)
			s->workers[i] = worker_free(s->workers[i]);
		return 0;
	}
	speech_release(&h.speech);
	if (why.code == ERR_SYSTEM)	/* it may have died: the next one is a fresh one */
		s->workers[i] = worker_free(s->workers[i]);
	if (e)
		*e = own.text[0] ? own : why;
	return err_prefix(e, "voice %s: ", voice);
}

const char *speaker_default_voice(const char *language)
{
	static const struct {
		const char *language, *voice;
	} rows[] = {
		{"en", "flite/slt"}, {"zh", "espeak-ng/cmn"}, {"cmn", "espeak-ng/cmn"},
		{"yue", "espeak-ng/yue"}, {"de", "espeak-ng/de"}, {"fr", "espeak-ng/fr"},
		{"es", "espeak-ng/es"}, {"it", "espeak-ng/it"}, {"pt", "espeak-ng/pt"},
		{"ru", "espeak-ng/ru"}, {"ja", "espeak-ng/ja"}, {"ko", "espeak-ng/ko"},
	};
	size_t len = strcspn(language, "-_");
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (strlen(rows[i].language) == len &&
		    strncasecmp(rows[i].language, language, len) == 0)
			return rows[i].voice;
	return NULL;
}
