/* src/suite/image_encode.h - what an image costs before the first token (METRICS.md).
 *
 * Paired at concurrency 1: time to first token of image + text, minus that of text alone padded
 * to the same number of prompt tokens, upload time taken off both. Every image is new to the
 * server. Where the server tells no prompt_tokens the text cannot be padded, and the figure is
 * called image_cost.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef SUITE_IMAGE_ENCODE_H
#define SUITE_IMAGE_ENCODE_H

#include "load/load.h"
#include "suite/suite.h"

/* Adds the metric image_encode (or image_cost) to the run: the median of the pairs, with n and
 * the range in its note. -1 when fewer than half of the pairs were answered. */
int image_encode_measure(const struct service *service, const struct load_work *work, size_t pairs,
			 const struct suite_env *env, struct result *r, struct run *run,
			 struct err *e);

#endif
