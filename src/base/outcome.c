/* src/base/outcome.c - names of outcomes.
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/outcome.h"

#include <assert.h>

#include "base/util.h"

static const struct {
	const char *name;
	const char *help;
} rows[OUTCOME_COUNT] = {
#define OUTCOME_ROW(id, name, help) [OUTCOME_##id] = {name, help},
	OUTCOMES(OUTCOME_ROW)
#undef OUTCOME_ROW
};

const char *outcome_name(enum outcome o)
{
	assert(o < OUTCOME_COUNT);
	return rows[o].name;
}

const char *outcome_help(enum outcome o)
{
	assert(o < OUTCOME_COUNT);
	return rows[o].help;
}

enum outcome outcome_find(const char *name)
{
	for (int i = 0; i < OUTCOME_COUNT; i++)
		if (strcmp(rows[i].name, name) == 0)
			return (enum outcome)i;
	return OUTCOME_COUNT;
}
