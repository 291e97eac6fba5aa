/* src/base/err.h - why assay itself could not do something.
 *
 * A request that failed is not an err: it is a measurement (see base/outcome.h).
 * Functions that take `struct err *` return 0, or -1 with *e filled; e may be NULL.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_ERR_H
#define BASE_ERR_H

enum err_code {
	ERR_NONE,
	ERR_USAGE,		/* command line or plan is wrong: exit status 2 */
	ERR_SYSTEM,		/* the machine refused: exit status 3 */
	ERR_UNSUPPORTED,	/* this build or this service cannot do it: 3 */
	ERR_DATA,		/* a file, a reply or a capture is not what it should be: 3 */
	ERR_INTERRUPTED,	/* the user asked to stop: 4 with what was measured */
};

struct err {
	enum err_code code;
	int sys_errno;		/* 0 unless code is ERR_SYSTEM */
	char text[512];		/* one line of UTF-8: what, where, and what to do */
};

/* Fill *e and return -1: `return err_set(e, ERR_DATA, ...);` */
int err_set(struct err *e, enum err_code code, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* The same for a failed system call: errno's words are appended. */
int err_sys(struct err *e, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Put words in front of the text already there ("plan.yaml:3:5: "). Returns -1. */
int err_prefix(struct err *e, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Exit status of INTERFACES for this code (never 0). */
int err_exit_status(const struct err *e);

#endif
