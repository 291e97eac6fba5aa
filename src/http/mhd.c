/* src/http/mhd.c - see mhd.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "http/mhd.h"

#include "base/late.h"

struct mhd mhd;

int mhd_bind(struct err *e)
{
#define MHD_NAME(name) "MHD_" #name,
	static const char *const names[] = {MHD_USED(MHD_NAME) NULL};
#undef MHD_NAME
	static struct late_library library = {.file = "libmicrohttpd.so.12",
					      .package = "libmicrohttpd12",
					      .functions = names, .table = &mhd};
	return late_bind(&library, e);
}
