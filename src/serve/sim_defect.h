/* src/serve/sim_defect.h - faults that the sim can be told to have: each is one that real services
 * had, so that every check and every fault case can be shown to find it.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVE_SIM_DEFECT_H
#define SERVE_SIM_DEFECT_H

#include <stdbool.h>

#include "base/err.h"
#include "base/str.h"

struct sim_defect {
	const char *name;	/* of --sim-defect */
	const char *kinds;	/* services that can have it: "asr tts chat" */
	const char *what;	/* what such a service does wrong */
};

/* Ends with a nameless row. */
extern const struct sim_defect sim_defects[];

/* Is it switched on? The name must be in the table. NULL names: no. */
bool sim_has_defect(const struct strings *names, const char *name);

/* Are all of them in the table, for this kind of service? */
int sim_check_defects(const struct strings *names, const char *kind, struct err *e);

#endif
