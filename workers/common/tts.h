/* workers/common/tts.h - what every worker that speaks does the same way.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef WORKERS_COMMON_TTS_H
#define WORKERS_COMMON_TTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "worker/guest.h"

#define TTS_SPEED_MIN 0.25
#define TTS_SPEED_MAX 4.0

/* A "speak" frame; the texts are the frame's. */
struct tts_ask {
	const char *text;
	const char *speaker;	/* NULL: the default */
	const char *language;	/* NULL: not said */
	double speed;		/* 1: as the voice is */
};

/* Read and check a "speak" frame. A text in which no letter and no digit stands, in any script,
 * is refused: there is nothing to speak. */
int tts_read(struct guest_request *r, const struct frame *f, double speed_min, double speed_max,
	     struct tts_ask *ret, struct err *e);

/* Speech on its way out: gathered into frames of about a tenth of a second. */
struct tts_out {
	struct guest_request *r;
	int sample_rate;
	size_t n;		/* samples waiting in piece */
	int64_t samples;	/* of the whole answer */
	int failed;		/* -1 once something went wrong (err says what): no more is sent */
	struct err err;
	int16_t piece[2400];
};

/* Add samples; sends what makes a whole piece. -1: stop speaking (cancelled, host gone). */
int tts_out_add(struct tts_out *o, const int16_t *samples, size_t n);

/* Send the rest and fill done's keys. Speech without a sample is an error. */
int tts_out_finish(struct tts_out *o, const char *speaker, json_t *done, struct err *e);

#endif
