/* src/base/err.c - see err.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/err.h"

#include <errno.h>
#include <stdarg.h>

#include "base/str.h"
#include "base/util.h"

/* What others wrote (names of files, replies, words of libraries) must not break the promise of
 * one line of valid UTF-8: it goes to terminals, JSON and reports. */
static void make_clean(char *text)
{
	size_t len = strlen(text);
	for (size_t at = 0; (at += str_utf8_valid(text + at, len - at)) < len;)
		text[at] = '?';
	for (char *c = text; *c; c++)
		if ((unsigned char)*c < 0x20 || *c == 0x7f)
			*c = ' ';
}

static void put(struct err *e, enum err_code code, int sys_errno, const char *fmt, va_list ap)
{
	e->code = code;
	e->sys_errno = sys_errno;
	int n = vsnprintf(e->text, sizeof(e->text), fmt, ap);
	if (sys_errno != 0 && n >= 0 && (size_t)n < sizeof(e->text)) {
		char words[128];
		const char *text = strerror_r(sys_errno, words, sizeof(words));
		(void)snprintf(e->text + n, sizeof(e->text) - (size_t)n, ": %s", text);
	}
	make_clean(e->text);
}

int err_set(struct err *e, enum err_code code, const char *fmt, ...)
{
	if (!e)
		return -1;
	va_list ap;
	va_start(ap, fmt);
	put(e, code, 0, fmt, ap);
	va_end(ap);
	return -1;
}

int err_sys(struct err *e, const char *fmt, ...)
{
	int saved = errno;
	if (!e)
		return -1;
	va_list ap;
	va_start(ap, fmt);
	put(e, ERR_SYSTEM, saved, fmt, ap);
	va_end(ap);
	return -1;
}

int err_prefix(struct err *e, const char *fmt, ...)
{
	if (!e)
		return -1;
	char old[sizeof(e->text)];
	memcpy(old, e->text, sizeof(old));
	va_list ap;
	va_start(ap, fmt);
	int n = vsnprintf(e->text, sizeof(e->text), fmt, ap);
	va_end(ap);
	if (n >= 0 && (size_t)n < sizeof(e->text))
		(void)snprintf(e->text + n, sizeof(e->text) - (size_t)n, "%.*s",
			       (int)(sizeof(e->text) - (size_t)n - 1), old);
	make_clean(e->text);
	return -1;
}

int err_exit_status(const struct err *e)
{
	switch (e->code) {
	case ERR_USAGE:
		return 2;
	case ERR_INTERRUPTED:
		return 4;
	case ERR_NONE:
	case ERR_SYSTEM:
	case ERR_UNSUPPORTED:
	case ERR_DATA:
		break;
	}
	return 3;
}
