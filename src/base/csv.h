/* src/base/csv.h - fields of comma separated values (RFC 4180).
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_CSV_H
#define BASE_CSV_H

#include "base/buf.h"

/* One field, quoted where it must be; NULL is an empty one. What a spreadsheet would take for a
 * formula gets a ' in front. */
void csv_field(struct buf *out, const char *text);

#endif
