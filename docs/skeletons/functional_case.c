/* docs/skeletons/functional_case.c - functional cases to begin from. Rows like these go into the
 * table of their kind (src/suite/functional_*.c).
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/str.h"
#include "suite/check.h"

/* The input is made from the case's seed, so that its right answer is known, and another seed
 * makes another one. */
static void repeats_a_word(struct check *k)
{
	struct sample sample = {.id = k->result->id};
	struct call call;
	const char *word = check_word(k);
	sample.text = arena_fmt(k->scratch, "Answer with one word only: %s", word);
	call_init(&call, &sample);
	/* false: no valid answer came; the case has then failed and says why. */
	if (check_ask(k, &call)) {
		if (check_says(check_text(&call), word))
			check_pass(k, "the answer holds '%s'", word);
		else
			check_fail(k, "wrong-answer", "'%s' was asked for, '%.80s' came", word,
				   check_text(&call));
	}
	call_release(&call);
}

extern const struct functional_case skeleton_cases[];
const struct functional_case skeleton_cases[] = {
	{.id = "chat-repeats",	/* for ever: results are compared by it */
	 .kind = "chat",
	 .name = "one word is asked for",
	 .judged = "the word is in the answer",
	 .source = "seed: instruction following",
	 .run = repeats_a_word},
	{0},
};
