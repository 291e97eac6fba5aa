/* src/suite/fault_form.c - fault cases: multipart bodies.
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"
#include "suite/fault.h"

/* Only where the service takes a form: others refuse it by its content type. */
static bool get_form(struct fault *f, struct fault_form *form)
{
	if (!fault_form(f, form))
		return false;
	if (strstr(form->type, "multipart/form-data"))
		return true;
	fault_skip(f, "%s posts no form", f->service->protocol_name);
	fault_form_release(form);
	return false;
}

static const char *boundary_of(const struct fault_form *form)
{
	const char *at = strstr(form->type, "boundary=");
	return at ? at + 9 : "x";
}

static bool bad_type(struct fault *f)
{
	struct fault_form form;
	CLEANUP(buf_release) struct buf type = BUF_INIT(BUF_UNLIMITED);
	if (!get_form(f, &form))
		return false;
	static const char *const types[] = {
		"multipart/form-data",
		"multipart/form-data; boundary=",
		"multipart/form-data; boundary=XMARKERX",
		"multipart/mixed; boundary=x",
		"multipart/form-data; boundary=\"",
	};
	size_t which = (size_t)f->c->arg;
	if (which < ARRAY_LEN(types)) {
		(void)buf_str(&type, types[which]);
	} else {
		(void)buf_str(&type, "multipart/form-data; boundary=");
		for (int i = 0; i < 5000; i++)
			(void)buf_char(&type, 'b');
	}
	bool ok = fault_post(f, type.data, form.body.data, form.body.len);
	fault_form_release(&form);
	return ok;
}

enum { PREAMBLE, EPILOGUE, MANY_PARTS, LONG_PART_HEADER, CUT, NO_FILE, EMPTY, TWICE };

static void add_file(struct buf *b, const char *boundary, const char *field, const char *name)
{
	(void)buf_fmt(b, "--%s\r\nContent-Disposition: form-data; name=\"%s\"; filename=\"%s\"\r\n"
		      "Content-Type: audio/wav\r\n\r\nhello\r\n", boundary, field, name);
}

static void build(const struct fault_form *form, int64_t which, struct buf *b)
{
	const char *boundary = boundary_of(form);
	const struct buf *good = &form->body;
	switch (which) {
	case PREAMBLE:
		for (int i = 0; i < 100000; i++)
			(void)buf_str(b, "-\r\n-");
		(void)buf_str(b, "\r\n");
		(void)buf_add(b, good->data, good->len);
		break;
	case EPILOGUE:
		(void)buf_add(b, good->data, good->len);
		for (int i = 0; i < 100000; i++)
			(void)buf_str(b, "\r\n--");
		break;
	case MANY_PARTS:
		for (int i = 0; i < 2000; i++)
			(void)buf_fmt(b, "--%s\r\nContent-Disposition: form-data; name=\"f%d\"\r\n"
				      "\r\n1\r\n", boundary, i);
		(void)buf_add(b, good->data, good->len);
		break;
	case LONG_PART_HEADER:
		(void)buf_fmt(b, "--%s\r\nX-Long: ", boundary);
		for (int i = 0; i < 100000; i++)
			(void)buf_char(b, 'a');
		(void)buf_fmt(b, "\r\n\r\nhello\r\n--%s--\r\n", boundary);
		break;
	case CUT:
		(void)buf_add(b, good->data, good->len / 2);
		break;
	case NO_FILE:
		(void)buf_fmt(b, "--%s\r\nContent-Disposition: form-data; name=\"language\"\r\n\r\n"
			      "en\r\n--%s--\r\n", boundary, boundary);
		break;
	case TWICE:
		add_file(b, boundary, "file", "a.wav");
		add_file(b, boundary, "audio", "b.wav");
		(void)buf_add(b, good->data, good->len);
		break;
	default:
		(void)buf_fmt(b, "--%s--\r\n", boundary);
		break;
	}
}

static bool bad_body(struct fault *f)
{
	struct fault_form form;
	CLEANUP(buf_release) struct buf b = BUF_INIT(BUF_UNLIMITED);
	if (!get_form(f, &form))
		return false;
	build(&form, f->c->arg, &b);
	bool ok = fault_post(f, form.type, b.data, b.len);
	fault_form_release(&form);
	return ok;
}

/* The good request, its file under another name. */
static bool file_name(struct fault *f)
{
	static const char *const names[] = {"a./x/y", "../../../../tmp/XMARKERX.wav", ""};
	struct fault_form form;
	CLEANUP(buf_release) struct buf b = BUF_INIT(BUF_UNLIMITED);
	if (!get_form(f, &form))
		return false;
	static const char key[] = "filename=\"";
	char *at = memmem(form.body.data, form.body.len, key, sizeof(key) - 1);
	char *end = at ? strchr(at + sizeof(key) - 1, '"') : NULL;
	bool ok = end != NULL;
	if (ok) {
		(void)buf_add(&b, form.body.data, (size_t)(at - form.body.data) + sizeof(key) - 1);
		if ((size_t)f->c->arg < ARRAY_LEN(names))
			(void)buf_str(&b, names[f->c->arg]);
		if (f->c->arg == 4)
			(void)buf_add(&b, "a\0b.wav", 7);
		for (int i = 0; i < 5000 && f->c->arg == 3; i++)
			(void)buf_char(&b, 'n');
		(void)buf_add(&b, end, form.body.len - (size_t)(end - form.body.data));
		ok = fault_post(f, form.type, b.data, b.len);
	} else {
		fault_skip(f, "the form has no file name");
	}
	fault_form_release(&form);
	return ok;
}

#define FORM "CVE-2024-24762; GHSA-59g5-xgcq-4qw3"

const struct fault_case fault_form_cases[] = {
	{"H14a", "asr", "a form without a boundary", "refuse", FORM, ALLOW_REFUSE, bad_type, 0},
	{"H14b", "asr", "a form with an empty boundary", "refuse", FORM, ALLOW_REFUSE, bad_type, 1},
	{"H14c", "asr", "a form with another boundary than its header says",
	 "refuse, and echo nothing", FORM, ALLOW_REFUSE, bad_type, 2},
	{"H14d", "asr", "multipart/mixed", "refuse", FORM, ALLOW_REFUSE, bad_type, 3},
	{"H14e", "asr", "a form with half a quoted boundary", "refuse", FORM, ALLOW_REFUSE,
	 bad_type, 4},
	{"H14f", "asr", "a form with a boundary of 5000 bytes", "refuse", FORM, ALLOW_DROP,
	 bad_type, 5},
	{"H14g", "asr", "400 KB before the first part", "linear time", FORM, ALLOW_ANY, bad_body,
	 PREAMBLE, 10},
	{"H14h", "asr", "400 KB behind the last part", "linear time", FORM, ALLOW_ANY, bad_body,
	 EPILOGUE, 10},
	{"H14i", "asr", "2000 fields", "linear time", "CVE-2026-40347", ALLOW_ANY, bad_body,
	 MANY_PARTS, 10},
	{"H14j", "asr", "a part with a header of 100 KB", "refuse", "CVE-2026-42561", ALLOW_DROP,
	 bad_body, LONG_PART_HEADER, 10},
	{"H14k", "asr", "half a form", "refuse", FORM, ALLOW_REFUSE, bad_body, CUT, 10},
	{"H14l", "asr", "a form without a file", "refuse", FORM, ALLOW_REFUSE, bad_body, NO_FILE},
	{"H14m", "asr", "a form without parts", "refuse", FORM, ALLOW_REFUSE, bad_body, EMPTY},
	{"H14n", "asr", "a form with three files", "refuse, or take one", FORM, ALLOW_ANY, bad_body,
	 TWICE, 10},
	{"X04a", "asr", "a file named 'a./x/y'", "never use the name", "FunASR's HTTP server",
	 ALLOW_EITHER, file_name, 0, 10},
	{"X04b", "asr", "a file named '../../../../tmp/…'", "never use the name; echo nothing",
	 "FunASR's HTTP server", ALLOW_EITHER, file_name, 1, 10},
	{"X04c", "asr", "a file without a name", "take it, or refuse", "ggml-org/llama.cpp #6162",
	 ALLOW_EITHER, file_name, 2, 10},
	{"X04d", "asr", "a file with a name of 5000 bytes", "take it, or refuse",
	 "ggml-org/llama.cpp #6162", ALLOW_EITHER | ALLOW_CLOSE, file_name, 3, 10},
	{"X04e", "asr", "a file name with a NUL in it", "take it, or refuse",
	 "ggml-org/llama.cpp #6162", ALLOW_EITHER | ALLOW_CLOSE, file_name, 4, 10},
	{0},
};
