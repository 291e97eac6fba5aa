/* src/text/transcripts_own.h - the inside of transcripts.h, for its readers.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef TEXT_TRANSCRIPTS_OWN_H
#define TEXT_TRANSCRIPTS_OWN_H

#include "base/arena.h"
#include "base/str.h"
#include "text/transcripts.h"

/* A word of ctm or a segment of stm. */
struct timed {
	const char *channel;	/* "file channel" */
	const char *file, *speaker;
	double start, end;
	struct span text;
	size_t line;
	bool ignored;		/* a segment that is not scored */
};

struct transcripts_file {
	struct transcripts out;	/* first: what the caller sees */
	struct arena *arena;
	struct utterance **by_id;
	bool prediction;
	struct timed *times;	/* by channel, start, line; of ctm and stm */
	size_t n_times;
};

/* The lines of a file, without their ends; false at the end. */
struct lines {
	const char *data;
	size_t len, pos;
	size_t number;	/* of the line given last */
};
bool lines_next(struct lines *l, struct span *ret);

/* The next word of a line (blanks and tabs between); an empty one at its end. */
struct span take_word(struct span *line);

struct utterance *transcripts_add(struct transcripts_file *f, struct span id, struct span text,
				  struct span speaker, size_t line);

/* One reader per kind of file; the data is valid UTF-8. */
int read_jsonl(struct transcripts_file *f, struct lines *l, struct err *e);
int read_table(struct transcripts_file *f, struct lines *l, char separator, struct err *e);
int read_nist(struct transcripts_file *f, struct lines *l, bool ctm, struct err *e);

/* Sort by id; an id that is there twice is an error. */
int transcripts_index(struct transcripts_file *f, struct err *e);

#endif
