/* src/deploy/supervisor.h - the process that keeps a deployment running.
 *
 * One per deployment, detached from whoever called it. A thread per replica starts it, waits until
 * it answers real requests, warms it up, proves that it is on its devices, and starts it again when
 * it ends. What happens is written to state.json at once. When the supervisor is killed, the
 * services go on; assay down finds them all.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef DEPLOY_SUPERVISOR_H
#define DEPLOY_SUPERVISOR_H

#include <stdbool.h>

#include "deploy/launch.h"

struct supervision {
	const struct manifest *manifest;
	const char *dir;		/* of the state */
	int lock_fd;
	const struct launch *launches;
	size_t n;
	const struct accels *before;	/* devices before anything was started */
};

/* Run until SIGTERM or SIGINT. Everything has ended when it returns. */
int supervise(const struct supervision *s, struct err *e);

#endif
