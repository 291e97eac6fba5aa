/* src/text/transcripts.h - files of transcripts: who said what.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef TEXT_TRANSCRIPTS_H
#define TEXT_TRANSCRIPTS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

enum transcript_format {
	TRANSCRIPT_AUTO,	/* by name (.jsonl .trn .tsv .csv .stm .ctm), then by content */
	TRANSCRIPT_JSONL,	/* text (or pred_text), id, key or audio_filepath, speaker */
	TRANSCRIPT_KALDI,	/* "id words": also LibriSpeech's .trans.txt and AISHELL's */
	TRANSCRIPT_TRN,		/* "words (speaker-utterance)" */
	TRANSCRIPT_TSV,		/* columns by name: text or sentence; id, path …; speaker */
	TRANSCRIPT_CSV,		/* the same, RFC 4180 */
	TRANSCRIPT_STM,		/* NIST: one utterance per segment, "file channel speaker start" */
	TRANSCRIPT_CTM,		/* NIST: the words of one file and channel make one utterance,
				 * "file channel", until transcripts_fit() */
	TRANSCRIPT_LINES,	/* one utterance per line; its id is its number */
};
extern const char *const transcript_format_names[];	/* NULL ends */

struct utterance {
	const char *id;
	const char *text;	/* ends with NUL, and may hold none before text_len */
	size_t text_len;
	const char *speaker;	/* NULL: not known. Ids of LibriSpeech and AISHELL name it */
	const char *file;	/* the recording that it is part of; NULL: it is one of its own */
	size_t line;		/* where it stands in the file, from 1 */
};

struct transcripts {
	const char *name;	/* of the file */
	enum transcript_format format;
	struct utterance *items;
	size_t n;
	size_t words_left_out;	/* by transcripts_fit() */
};

/* Errors name file, line and byte: no valid UTF-8, no id, an id twice, nothing in it. prediction:
 * the file of a recogniser (pred_text goes before text). */
int transcripts_read(const char *path, enum transcript_format format, bool prediction,
		     struct transcripts **ret, struct err *e);
int transcripts_parse(const char *name, const char *data, size_t len,
		      enum transcript_format format, bool prediction, struct transcripts **ret,
		      struct err *e);
struct transcripts *transcripts_free(struct transcripts *t);	/* NULL is fine */

/* By id; NULL: there is none. */
const struct utterance *transcripts_find(const struct transcripts *t, const char *id);

/* Speakers from a list of "id speaker" (Kaldi's utt2spk), which must have every id. */
int transcripts_set_speakers(struct transcripts *t, const struct transcripts *list, struct err *e);

/* Bring what is scored against a reference with times (stm) to its segments; for other formats
 * there is nothing to do. Words with times (ctm) go to the segment that their middle lies in, else
 * to the nearest of their file and channel; those in IGNORE_TIME_SEGMENT_IN_SCORING are left
 * out and counted. Segments (stm) that are others than the reference's: all sides are joined by
 * file and channel, which is refused where the reference ignores parts. */
int transcripts_fit(struct transcripts *reference, struct transcripts *const *hypotheses,
		    size_t n, struct err *e);

/* May they be scored against each other? Both have ids, and every id of the hypothesis is in the
 * reference; or both are plain lines of the same number. (A missing hypothesis is no error
 * here: it is scored as such.) */
int transcripts_match(const struct transcripts *reference, const struct transcripts *hypothesis,
		      struct err *e);

#endif
