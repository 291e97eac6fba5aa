/* src/serve/sim_defect.c - see sim_defect.h. check-style: table
 * SPDX-License-Identifier: Apache-2.0 */
#include "serve/sim_defect.h"

#include <assert.h>
#include <string.h>

const struct sim_defect sim_defects[] = {
	/* what a recogniser does wrong */
	{"truncates-long-audio", "asr", "hears the first 30 seconds alone"},
	{"skips-middle", "asr", "loses what is said in the middle of more than 30 seconds"},
	{"drops-last-segment", "asr", "loses the last of several segments"},
	{"wrong-times", "asr", "tells all times a second late"},
	{"no-segments", "asr", "tells no segments"},
	{"ignores-language", "asr", "writes everything as English"},
	{"names-wrong-language", "asr", "calls every language English"},
	{"repeats", "asr", "repeats its last words when silence follows them"},
	{"invents-on-silence", "asr", "hears words where nobody speaks"},
	{"misreads-8k", "asr", "hears words wrong in sound of 8 kHz"},
	{"misreads-44k", "asr", "hears words wrong in sound of 44.1 kHz"},
	{"misreads-stereo", "asr", "hears words wrong in stereo"},
	{"misreads-flac", "asr", "hears words wrong in FLAC"},
	{"misreads-ogg", "asr", "hears words wrong in OGG"},
	{"misreads-mp3", "asr", "hears words wrong in MP3"},
	{"forgets-words", "asr", "leaves out every other word of English"},
	/* what a synthesiser does wrong */
	{"same-voice", "tts", "gives all speakers the same voice"},
	{"cuts-long-text", "tts", "says the first 10 seconds alone"},
	{"accepts-empty-text", "tts", "answers an empty text with sound"},
	{"ignores-speed", "tts", "says everything at speed 1"},
	{"says-nothing", "tts", "sends silence"},
	{"unintelligible", "tts", "speaks so that no word can be understood (backwards)"},
	{"skips-digits", "tts", "leaves out the digits of a text"},
	{"skips-chinese", "tts", "leaves out the Chinese words of a text"},
	{"clips", "tts", "speaks so loudly that its samples are cut off"},
	/* what a model of vision, language and sound does wrong */
	{"blind", "chat", "sees no image"},
	{"ignores-second-image", "chat", "sees the first image alone"},
	{"reverses-images", "chat", "sees the images in the wrong order"},
	{"needs-an-image", "chat", "fails on chats without image or sound"},
	{"refuses-4k", "chat", "fails on images of more than 8 million pixels"},
	{"cannot-read", "chat", "reads no letters in images"},
	{"cannot-read-chinese", "chat", "reads no Chinese characters in images"},
	{"charts-rise", "chat", "says of every chart that it rises"},
	{"charts-fall", "chat", "says of every chart that it falls"},
	{"ignores-max-tokens", "chat", "goes on after max_tokens"},
	{"wrong-finish-reason", "chat", "says stop where max_tokens ended the answer"},
	{"ignores-stop", "chat", "goes on after the stop string"},
	{"no-usage", "chat", "tells no usage"},
	{"ignores-system", "chat", "does not heed the system prompt"},
	{"forgets-turns", "chat", "knows the last message alone"},
	{"answer-loops", "chat", "repeats its answer without end"},
	{"deaf", "chat", "hears no sound"},
	{"ignores-second-sound", "chat", "hears the first sound alone"},
	/* what all of them may do wrong */
	{"crosstalk", "asr tts chat", "gives a request the answer of one that runs beside it"},
	{"dies", "asr tts chat", "ends on JSON or media that it cannot read"},
	{"fault-500", "asr tts chat", "says 500 where the client was at fault"},
	{"error-200", "asr tts chat", "says 200 with an error inside"},
	{"amplifies", "asr tts chat", "takes 800 MiB for any bad request"},
	{"health-lies", "asr tts chat", "fails for 4 s after a bad request, and health stays 200"},
	{"poisoned", "asr tts chat", "fails the next good request after a bad one"},
	{"leaks", "asr tts chat", "keeps 24 MiB of every bad request"},
	{"hangs", "asr tts chat", "stands still for ever once a client has left"},
	{"swallows", "asr tts chat", "goes on generating for clients that have left"},
	{"slow-refusals", "asr tts chat", "takes 6 s to refuse"},
	{"echoes", "asr tts chat", "repeats the input in its errors"},
	{"shows-inside", "asr tts chat", "shows a stack trace in its errors"},
	{"leaks-files", "asr tts chat", "keeps a file open of every bad request"},
	{"leaks-threads", "asr tts chat", "leaves a thread behind for every bad request"},
	{"leaks-connections", "asr tts chat", "never closes the connection of a bad request"},
	{"litters", "asr tts chat", "leaves a temporary file for every bad request"},
	{"logs-input", "asr tts chat", "writes the input into its log in base64"},
	{"floods-log", "asr tts chat", "writes 200 KB of log about every bad request"},
	{"chatty", "asr tts chat", "writes 20 KB of log about every request, which is no fault"},
	{"health-cries", "asr tts chat", "says 503 at /health for 4 s after a bad request"},
	{"health-waits", "asr tts chat", "answers /health after the requests that are in work"},
	{"blocks", "asr tts chat", "takes nothing else for 8 s after a bad request"},
	{"deadlocks", "asr tts chat", "stands still once 6 requests are in work together"},
	{"quadratic", "asr tts chat", "takes the square of an upload's 100 KB in seconds"},
	{"sticky", "tts chat", "keeps max_tokens and speed of a request for those after it"},
	{"fetches", "chat", "reads whatever address an image_url names, without limits"},
	{"cuts-characters", "chat", "cuts characters of several bytes in its streams"},
	{"hears-the-last", "asr", "writes the previous transcript where nobody speaks"},
	{"header-in-each-piece", "tts", "puts a WAV header into every piece of sound"},
	{"wraps", "tts", "lets loud samples wrap around"},
	{"whole-stream-at-once", "tts chat", "sends the whole stream when all of it is done"},
	{0},
};

static const struct sim_defect *find(const char *name)
{
	for (const struct sim_defect *d = sim_defects; d->name; d++)
		if (strcmp(d->name, name) == 0)
			return d;
	return NULL;
}

bool sim_has_defect(const struct strings *names, const char *name)
{
	assert(find(name));
	return names && strings_has(names, name);
}

static const char *next_name(size_t i, const void *ctx)
{
	(void)ctx;
	return sim_defects[i].name;
}

int sim_check_defects(const struct strings *names, const char *kind, struct err *e)
{
	for (size_t i = 0; i < names->n; i++) {
		const struct sim_defect *d = find(names->items[i]);
		const char *near = d ? NULL : str_nearest(names->items[i], next_name, NULL);
		if (!d)
			return err_set(e, ERR_USAGE, "the sim has no defect '%s'%s%s%s",
				       names->items[i], near ? "; did you mean '" : "",
				       near ? near : "", near ? "'?" : "");
		if (!strstr(d->kinds, kind))
			return err_set(e, ERR_USAGE, "the defect '%s' is one of %s, not of %s",
				       d->name, d->kinds, kind);
	}
	return 0;
}
