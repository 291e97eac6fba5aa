/* src/protocols/form.c - see form.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "protocols/form.h"

#include "base/util.h"

static void put(struct form *f, const char *text)
{
	(void)request_add_text(f->out, text, strlen(text));
}

/* Names inside quotes, as browsers write them (WHATWG HTML, multipart/form-data encoding). */
static void put_name(struct form *f, const char *name)
{
	for (const char *c = name; *c; c++) {
		if (*c == '"')
			put(f, "%22");
		else if (*c == '\r')
			put(f, "%0D");
		else if (*c == '\n')
			put(f, "%0A");
		else
			(void)request_add_text(f->out, c, 1);
	}
}

static void put_head(struct form *f, const char *name)
{
	put(f, "--");
	put(f, f->boundary);
	put(f, "\r\nContent-Disposition: form-data; name=\"");
	put_name(f, name);
	put(f, "\"");
}

void form_begin(struct form *f, const struct service *s, struct request *out,
		const struct media *media)
{
	f->service = s;
	f->out = out;
	(void)snprintf(f->boundary, sizeof(f->boundary), "assay-%.32s",
		       media && media->sha256[0] ? media->sha256 : "7d1c0b52e6f94a83");
	(void)buf_fmt(&out->head, "Content-Type: multipart/form-data; boundary=%s\r\n",
		      f->boundary);
}

void form_field_begin(struct form *f, const char *name)
{
	put_head(f, name);
	put(f, "\r\n\r\n");
}

void form_field_end(struct form *f)
{
	put(f, "\r\n");
}

static void put_field(struct form *f, const char *name, const char *value)
{
	form_field_begin(f, name);
	put(f, value);
	form_field_end(f);
}

void form_text(struct form *f, const char *name, const char *value)
{
	if (value && !service_body_has(f->service, name))
		put_field(f, name, value);
}

void form_real(struct form *f, const char *name, double value)
{
	char text[40];
	(void)snprintf(text, sizeof(text), "%.15g", value);
	form_text(f, name, text);
}

void form_media(struct form *f, const char *name, const struct media *media)
{
	put_head(f, name);
	put(f, "; filename=\"");
	put_name(f, media->name ? media->name : "file");
	put(f, "\"\r\nContent-Type: ");
	put(f, media->mime ? media->mime : "application/octet-stream");
	put(f, "\r\n\r\n");
	(void)request_add_media(f->out, media->data, media->len);
	put(f, "\r\n");
}

int form_end(struct form *f, struct err *e)
{
	for (size_t i = 0; i < f->service->n_fields; i++)
		if (f->service->fields[i].form)
			put_field(f, f->service->fields[i].name, f->service->fields[i].form);
	put(f, "--");
	put(f, f->boundary);
	put(f, "--\r\n");
	if (f->out->head.failed || f->out->text.failed)
		return err_set(e, ERR_SYSTEM, "the request is too large: more than %zu bytes of "
			       "text or %d pieces", f->out->text.max, REQUEST_PIECES_MAX);
	return 0;
}
