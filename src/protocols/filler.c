/* src/protocols/filler.c - see filler.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "protocols/filler.h"

#include <string.h>

#include "base/rng.h"

#define WORDS 64	/* a power of two: six bits of a random number choose one */

static const char words[WORDS][8] = {
	"time", "year", "people", "way", "day", "man", "thing", "woman", "life", "child", "world",
	"school", "state", "family", "group", "country", "hand", "part", "place", "case", "week",
	"company", "system", "work", "night", "point", "home", "water", "room", "mother", "area",
	"money", "story", "fact", "month", "lot", "right", "study", "book", "eye", "job", "word",
	"side", "kind", "head", "house", "service", "friend", "father", "power", "hour", "game",
	"line", "end", "member", "law", "car", "city", "name", "team", "minute", "idea", "body",
	"back",
};

int filler_write(uint64_t seed, int64_t n, struct buf *out)
{
	struct rng r;
	uint64_t bits = 0;
	rng_init(&r, seed);
	for (int64_t i = 0; i < n; i++) {
		bits = i % 10 == 0 ? rng_next(&r) : bits >> 6;
		const char *word = words[bits % WORDS];
		size_t len = strnlen(word, sizeof(words[0]));
		char *to = buf_reserve(out, len + 1);
		if (!to)
			return -1;
		memcpy(to, word, len);
		to[len] = ' ';
		buf_grew(out, len + 1);
	}
	return 0;
}

int64_t filler_count(const char *text)
{
	int64_t n = 0;
	for (const char *c = text; *c; c++)
		n += *c != ' ' && *c != '\n' && (c == text || c[-1] == ' ' || c[-1] == '\n');
	return n;
}
