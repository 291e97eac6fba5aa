/* src/image/jpeg_failure.h - libjpeg's way of failing, brought back to its caller.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef IMAGE_JPEG_FAILURE_H
#define IMAGE_JPEG_FAILURE_H

#include <setjmp.h>
#include <stdio.h>

#include <jpeglib.h>

/* setjmp(back) before anything is done with the library; text says why it came back. */
struct jpeg_failure {
	struct jpeg_error_mgr base;
	jmp_buf back;
	char text[JMSG_LENGTH_MAX];
};

/* What a library object's err must be. Damage that the library can live with is not told. */
struct jpeg_error_mgr *jpeg_failure_init(struct jpeg_failure *f);

#endif
