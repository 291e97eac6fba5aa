/* src/media/corpus_reader.h - inside of corpus.c and of the readers of other tools' data sets.
 *
 * Each reader turns its rows into objects like those of a manifest and hands them on.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MEDIA_CORPUS_READER_H
#define MEDIA_CORPUS_READER_H

#include "base/str.h"
#include "media/sample.h"

struct reader {
	const char *manifest;
	const char *kind;
	struct arena *arena;
	json_t *by_path;	/* file name -> its index in media */
	json_t *ids;		/* set of those that were given */
	struct media **media;
	size_t n_media;
	int line;
	struct err *e;
};

/* "file:line: words"; -1. */
int reader_wrong(const struct reader *r, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* One line of a manifest, or one conversation. Steals j. */
int reader_take(struct reader *r, json_t *j, struct corpus *c);

/* A picture or sound that is in the data set itself: lines may name it as a file. */
int reader_keep_media(struct reader *r, const char *name, struct media *m);

/* ShareGPT: a conversation becomes the line of its first question, in place. 1; 0: it has no
 * question with an answer behind it, and is passed over; -1. */
int sharegpt_convert(struct reader *r, json_t *line);

/* A list of objects instead of one per line. Each is read by itself. */
bool json_list_is(struct span text);
int json_list_read(struct reader *r, struct span text, struct corpus *c);

/* VLMEvalKit: a table with tabs, pictures as base64 inside. */
bool tsv_is(const char *name, struct span text);
int tsv_read(struct reader *r, struct span text, struct corpus *c);

#endif
