/* src/result/trust.h - the trust verdict of one run.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef RESULT_TRUST_H
#define RESULT_TRUST_H

#include "result/result.h"

/* Fill run->trust from run->generator and the run's metrics; what is not known is not judged.
 * Reasons live in the arena. */
void trust_judge(struct arena *a, struct run *run);

#endif
