/* src/result/series.c - see series.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "result/series.h"

#include <assert.h>
#include <math.h>

#include "base/util.h"

struct series *series_new(const char *source, const char *device, const char *name,
			  const char *unit)
{
	struct series *s = calloc(1, sizeof(*s));
	if (!s)
		return NULL;
	s->source = strdup(source);
	s->device = strdup(device);
	s->name = strdup(name);
	s->unit = strdup(unit);
	if (!s->source || !s->device || !s->name || !s->unit)
		return series_free(s);
	return s;
}

struct series *series_free(struct series *s)
{
	if (!s)
		return NULL;
	free(s->source);
	free(s->device);
	free(s->name);
	free(s->unit);
	free(s->at_ns);
	free(s->values);
	free(s);
	return NULL;
}

static int make_room(struct series *s)
{
	size_t room = s->room ? s->room * 2 : 64;
	uint64_t *at = reallocarray(s->at_ns, room, sizeof(*at));
	if (!at)
		return -1;
	s->at_ns = at;
	double *values = reallocarray(s->values, room, sizeof(*values));
	if (!values)
		return -1;
	s->values = values;
	s->room = room;
	return 0;
}

int series_add(struct series *s, uint64_t at_ns, double value)
{
	assert(!isnan(value));
	if (s->n == s->room && make_room(s) < 0)
		return -1;
	s->at_ns[s->n] = at_ns;
	s->values[s->n] = value;
	s->n++;
	return 0;
}
