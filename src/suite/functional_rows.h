/* src/suite/functional_rows.h - the tables of functional cases, one per kind of service.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef SUITE_FUNCTIONAL_ROWS_H
#define SUITE_FUNCTIONAL_ROWS_H

#include "suite/check.h"

/* Each ends with a nameless row. */
extern const struct functional_case asr_cases[];
extern const struct functional_case tts_cases[];
extern const struct functional_case chat_cases[];
extern const struct functional_case sound_cases[];

#endif
