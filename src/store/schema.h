/* src/store/schema.h - the tables of results.db (docs/results-db.md).
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef STORE_SCHEMA_H
#define STORE_SCHEMA_H

#define SCHEMA_VERSION 2	/* PRAGMA user_version */

extern const char schema_sql[];

/* Statements that empty every table but those that a soak keeps itself. */
extern const char schema_clear_sql[];

/* A row when one of those that a result begins with holds anything. */
extern const char schema_used_sql[];

#endif
