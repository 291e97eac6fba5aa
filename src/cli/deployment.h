/* src/cli/deployment.h - what up, ps, down and logs share.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_DEPLOYMENT_H
#define CLI_DEPLOYMENT_H

#include <jansson.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

/* The absolute folder of a deployment's state; made when it is missing. */
const char *deployment_dir(const char *state, const char *name, struct arena *a, struct err *e);

/* The folder that a word on the command line means: a deploy.yaml, or the name that assay ps
 * shows. NULL: neither. */
const char *deployment_find(const char *state, const char *word, struct arena *a, struct err *e);

/* Lines for people: one per replica. */
void deployment_table(const json_t *state, struct buf *out);

#endif
