/* src/image/jpeg_failure.c - see jpeg_failure.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "image/jpeg_failure.h"

static void failed(j_common_ptr info)
{
	struct jpeg_failure *f = (struct jpeg_failure *)(void *)info->err;
	f->base.format_message(info, f->text);
	longjmp(f->back, 1);
}

static void says(j_common_ptr info)
{
	(void)info;	/* a library is silent */
}

struct jpeg_error_mgr *jpeg_failure_init(struct jpeg_failure *f)
{
	struct jpeg_error_mgr *err = jpeg_std_error(&f->base);
	f->base.error_exit = failed;
	f->base.output_message = says;
	return err;
}
