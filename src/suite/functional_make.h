/* src/suite/functional_make.h - the inputs of the functional cases as a corpus on disk.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef SUITE_FUNCTIONAL_MAKE_H
#define SUITE_FUNCTIONAL_MAKE_H

#include "suite/suite.h"

struct functional_making {
	const char *dir;	/* empty or missing */
	struct strings kinds;	/* asr, tts, chat; none: all */
	int64_t seed;
};

/* Write what every case asks, with the right answers: media and manifest.jsonl. *ret_n: lines;
 * *ret_left_out: "case: why", in env's arena. env: arena, plan (without services), speaker,
 * painter, long_cases. */
int functional_make(const struct functional_making *how, const struct suite_env *env,
		    struct strings *ret_left_out, size_t *ret_n, struct err *e);

#endif
