/* src/media/sample.h - one input for a service, and a corpus of them (INTERFACES.md, corpus line).
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MEDIA_SAMPLE_H
#define MEDIA_SAMPLE_H

#include <jansson.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/hash.h"

/* A file's bytes, held once in memory however many requests send it. */
struct media {
	const char *name;	/* file name for multipart: "a.wav" */
	const char *mime;	/* audio/wav, image/jpeg … */
	const void *data;
	size_t len;
	char sha256[HASH_HEX];
	double seconds;		/* audio as decoded by assay; NaN for images */
	int width, height;	/* images; 0 otherwise */
	const char *base64;	/* made once by media_add_base64(); NULL: not made */
	size_t base64_len;
};

#define MEDIA_PLACE "media:"

/* What is not given is NULL or 0. */
struct sample {
	const char *id;
	const struct media *audio;
	const char *text;		/* transcript, or text to speak */
	const char *language;		/* "en", "zh" */
	const char *speaker;
	const struct media *const *images;	/* in order */
	size_t n_images;
	/* OpenAI messages, used instead of question + images. Files that a manifest's messages
	 * name (image_url.url, input_audio.data) are images[0], images[1], … and audio; there the
	 * messages say "media:0", "media:audio". */
	const json_t *messages;
	const char *messages_text;	/* the same as compact JSON, made once */
	const char *system;
	const char *question;
	/* What the user says next in a session of several turns: samples of a question only. */
	const struct sample *follow_ups;
	size_t n_follow_ups;
	const char *const *answers;	/* accepted answers */
	size_t n_answers;
	const char *judge;		/* keyword, exact, anls, relaxed, chrf */
	const struct media *prompt_wav;
	const char *prompt_text;
	const json_t *extra;		/* unknown keys of the manifest line */
};

struct corpus {
	struct sample *samples;
	size_t n;
	double audio_seconds;	/* of all samples */
	json_t *lines;		/* the manifest's objects: samples point into them */
	size_t skipped;		/* conversations without a question and an answer */
};

/* A manifest, or a data set of another tool; told by its content, a .tsv by its name as well.
 *
 * JSONL: one object per line; also a JSON list of such objects.
 * ShareGPT (objects with "conversations"): the first question of each conversation, as vLLM
 * takes it ("image", "images" and "system" too); the answer behind it is kept as extra "reply", the
 * user's later words as follow-ups.
 * Conversations without both are passed over and counted.
 * VLMEvalKit (TSV with a header: question; index, image (base64, a list of them, or the index of an
 * earlier row), image_path, hint, A, B, …, answer, judge, category …): choices become part of the
 * question, which then asks for the letter.
 *
 * Media paths are relative to it; every audio file is read and its length
 * found. Errors name file:line. kind: asr, tts or chat: what each line must have. Media for chat
 * get their base64. Lines whose key "kind" names another kind are passed over.
 * corpus_release() gives back what is not in the arena. */
int corpus_read(const char *manifest, const char *kind, struct arena *a, struct corpus *ret,
		struct err *e);

void corpus_release(struct corpus *c);	/* NULL is fine */

/* Make its base64, once, before requests with it are written. Pictures have it from the start. */
int media_add_base64(struct media *m, struct arena *a, struct err *e);

/* Bytes into a struct media: hash, seconds by decoding all of it, width and height from its head.
 * mime NULL: told from the bytes. Damaged sound has NaN seconds, a damaged picture no size: that
 * is no error here. The data is copied into the arena. */
int media_from_bytes(const char *name, const char *mime, const void *data, size_t len,
		     struct arena *a, struct media *ret, struct err *e);

#endif
