/* src/protocols/json_text.c - see json_text.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "protocols/json_text.h"

#include "base/str.h"
#include "base/util.h"

void json_text_raw(struct request *out, const char *text)
{
	(void)request_add_text(out, text, strlen(text));
}

void json_text_escaped(struct request *out, const char *text, size_t len)
{
	size_t from = 0;
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)text[i];
		if (c >= 0x20 && c != '"' && c != '\\')
			continue;
		char esc[8];
		(void)request_add_text(out, text + from, i - from);
		if (c == '"' || c == '\\')
			(void)snprintf(esc, sizeof(esc), "\\%c", c);
		else if (c == '\n')
			(void)snprintf(esc, sizeof(esc), "\\n");
		else
			(void)snprintf(esc, sizeof(esc), "\\u%04x", c);
		json_text_raw(out, esc);
		from = i + 1;
	}
	(void)request_add_text(out, text + from, len - from);
}

void json_text_begin(struct json_text *w, const struct service *s, struct request *out)
{
	*w = (struct json_text){.service = s, .out = out};
	(void)buf_str(&out->head, "Content-Type: application/json\r\n");
	json_text_raw(out, "{");
}

static void put_key(struct json_text *w, const char *key)
{
	json_text_raw(w->out, w->more ? ",\"" : "\"");
	json_text_escaped(w->out, key, strlen(key));
	json_text_raw(w->out, "\":");
	w->more = true;
}

bool json_text_key(struct json_text *w, const char *key)
{
	if (service_body_has(w->service, key))
		return false;
	put_key(w, key);
	return true;
}

void json_text_string(struct json_text *w, const char *key, const char *value)
{
	if (!value || !json_text_key(w, key))
		return;
	json_text_raw(w->out, "\"");
	json_text_escaped(w->out, value, strlen(value));
	json_text_raw(w->out, "\"");
}

void json_text_int(struct json_text *w, const char *key, int64_t value)
{
	char text[32];
	if (!json_text_key(w, key))
		return;
	(void)snprintf(text, sizeof(text), "%lld", (long long)value);
	json_text_raw(w->out, text);
}

void json_text_real(struct json_text *w, const char *key, double value)
{
	char text[40];
	if (!json_text_key(w, key))
		return;
	(void)snprintf(text, sizeof(text), "%.15g", value);
	json_text_raw(w->out, text);
}

void json_text_bool(struct json_text *w, const char *key, bool value)
{
	if (json_text_key(w, key))
		json_text_raw(w->out, value ? "true" : "false");
}

int json_text_end(struct json_text *w, struct err *e)
{
	for (size_t i = 0; i < w->service->n_fields; i++) {
		put_key(w, w->service->fields[i].name);
		json_text_raw(w->out, w->service->fields[i].json);
	}
	json_text_raw(w->out, "}");
	if (w->out->head.failed || w->out->text.failed)
		return err_set(e, ERR_SYSTEM, "the request is too large: more than %zu bytes of "
			       "text or %d pieces", w->out->text.max, REQUEST_PIECES_MAX);
	return 0;
}
