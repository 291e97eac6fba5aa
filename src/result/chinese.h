/* src/result/chinese.h - what assay says in a result, in Chinese.
 *
 * result.json and results.db hold one language, English: it is what programs read, and what older
 * results have. Who writes for people in Chinese looks the sentence up here. A pattern's slots are
 * {} (any text), {#} (a number) and {*} (a sentence that is looked up itself); the Chinese names
 * them {1}, {2} …
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef RESULT_CHINESE_H
#define RESULT_CHINESE_H

#include "base/arena.h"

struct phrase {
	const char *en, *zh;
};

/* What is not known (a service's words, a text of another version) comes back as it is, and so does
 * NULL. What several sentences joined by "; " say is looked up one by one. */
const char *in_chinese(const char *text, struct arena *a);

/* Each ends with {NULL, NULL}. */
extern const struct phrase chinese_cases[], chinese_faults[], chinese_says[], chinese_notes[];

#endif
