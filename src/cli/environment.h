/* src/cli/environment.h - what a result says of the machine, the services and the plan.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_ENVIRONMENT_H
#define CLI_ENVIRONMENT_H

#include <jansson.h>

#include "plan/plan.h"

/* result->environment (INTERFACES.md). Each HTTP service is asked once for /version, for the name
 * and version of its server; one that does not say so within two seconds has none. Before any
 * load. Caller: decref. */
json_t *environment_of(const struct plan *p);

#endif
