/* src/result/parts.h - single parts of the tree as JSON, for a store that saves them one by one.
 *
 * zero_ns is the result's start_ns: series and runs are written as offsets from it.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef RESULT_PARTS_H
#define RESULT_PARTS_H

#include "result/result.h"

json_t *result_head_to_json(const struct result *r);	/* all but the lists */
json_t *run_to_json(const struct run *run, uint64_t zero_ns);
json_t *run_host_to_json(const struct run_host *h);
json_t *case_to_json(const struct case_result *c);
json_t *accuracy_to_json(const struct accuracy_result *x);
json_t *soak_to_json(const struct soak_result *s);
json_t *series_to_json(const struct series *s, uint64_t zero_ns);

#endif
