/* src/bridge/evalscope_db.h - the requests of `evalscope perf`, from its SQLite file.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef BRIDGE_EVALSCOPE_DB_H
#define BRIDGE_EVALSCOPE_DB_H

#include <stdbool.h>

#include "base/err.h"
#include "result/result.h"

bool evalscope_db_is_one(const char *path);

/* Counts, distributions, duration and windows into the run. -1: damaged. The answers in it are
 * Python pickles, which are never looked at. */
int evalscope_db_read(const char *path, struct result *r, struct run *run, struct err *e);

#endif
