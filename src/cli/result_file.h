/* src/cli/result_file.h - a result back from disk, whatever form it was left in.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_RESULT_FILE_H
#define CLI_RESULT_FILE_H

#include "base/arena.h"
#include "result/result.h"

/* A report folder (its result.json, else its results.db), a result.json or a results.db.
 * Caller: result_free(). NULL: *e says why. */
struct result *result_file_open(const char *path, struct arena *a, struct err *e);

/* These, or a result file of another tool (src/bridge/readers.h): numbers to compare with. */
struct result *result_file_open_any(const char *path, struct arena *a, struct err *e);

#endif
