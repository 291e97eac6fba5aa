/* src/catalog/parts.h - building blocks of networks and the number of their parameters.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef CATALOG_PARTS_H
#define CATALOG_PARTS_H

#include "catalog/catalog.h"

struct part_kind {
	const char *name;
	const char *formula;	/* shown with the result */
	const char *fields[16];	/* NULL ends; "name?" may be left out (0) */
	double (*parameters)(const int64_t *v);
};

const struct part_kind *part_kind_find(const char *name);
const struct part_kind *part_kind_at(size_t i);

/* The value of a field; 0 when the kind has none of that name. */
int64_t part_field(const struct part *p, const char *field);

double model_parameters(const struct model *m);

/* Parameters that each token of an answer reads: a decoder without a table of which it reads one
 * row, of experts the active ones; 0: a tower, which works once per input, or not known. */
double part_read_per_token(const struct part *p);

/* The part that keeps a KV cache (a language model or a Whisper decoder), or NULL. */
const struct part *model_decoder(const struct model *m);

#endif
