/* src/suite/maker.h - what functional cases ask, written out as a corpus with known answers.
 *
 * A maker takes the place of the services: it writes down what it is asked, with the right answer
 * that the case knows, and answers just that. So the same generators serve for tests and for data.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef SUITE_MAKER_H
#define SUITE_MAKER_H

#include "client/client.h"
#include "media/speech.h"

struct maker;

/* Writes into a folder that is empty or missing: media/…, and manifest.jsonl when it is closed. */
int maker_new(const char *dir, struct speaker *speaker, struct maker **ret, struct err *e);

/* As client_call(), for a case of this id. What is right stands in the sample (maker_truth.h). */
int maker_call(struct maker *m, const char *kind, const char *id, struct call *call,
	       struct err *e);

/* Write the manifest; *ret_n: how many lines. */
int maker_close(struct maker *m, size_t *ret_n, struct err *e);
struct maker *maker_free(struct maker *m);	/* NULL is fine */

/* The voices that it speaks with for a TTS service. */
extern const char *const maker_speakers[];

#endif
