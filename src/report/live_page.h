/* src/report/live_page.h - the page that follows a run; its script asks for the numbers.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef REPORT_LIVE_PAGE_H
#define REPORT_LIVE_PAGE_H

#include "base/buf.h"
#include "base/err.h"

int live_page(const char *lang, struct buf *out, struct err *e);

#endif
