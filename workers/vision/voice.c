/* workers/vision/voice.c - see voice.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "voice.h"

#include <stdarg.h>
#include <string.h>

#include "base/json.h"
#include "base/util.h"

#define STOPS_MAX 16
#define STOP_BYTES_MAX 256
#define TEXT_BYTES_MAX ((size_t)1 << 20)

static int read_stops(struct voice *v, const json_t *stops, struct err *e)
{
	if (!stops || json_is_null(stops))
		return 0;
	if (!json_is_array(stops) || json_array_size(stops) > STOPS_MAX)
		return err_set(e, ERR_USAGE, "'stop' must be an array of at most %d texts",
			       STOPS_MAX);
	for (size_t i = 0; i < json_array_size(stops); i++) {
		const json_t *stop = json_array_get(stops, i);
		size_t len = json_string_length(stop);
		if (!json_is_string(stop) || len == 0 || len > STOP_BYTES_MAX)
			return err_set(e, ERR_USAGE, "'stop' must hold texts of 1 to %d bytes",
				       STOP_BYTES_MAX);
		v->hold = MAX(v->hold, len - 1);
	}
	v->stops = stops;
	return 0;
}

int voice_init(struct voice *v, struct guest_request *r, const json_t *header, struct err *e)
{
	const json_t *max = json_object_get(header, "max_tokens");
	*v = (struct voice){.request = r, .e = e, .pending = BUF_INIT(TEXT_BYTES_MAX)};
	if (max && !json_is_null(max)) {
		if (!json_is_integer(max) || json_integer_value(max) < 1)
			return err_set(e, ERR_USAGE, "'max_tokens' must be a whole number from 1");
		v->max = json_integer_value(max);
	}
	return read_stops(v, json_object_get(header, "stop"), e);
}

void voice_release(struct voice *v)
{
	buf_release(&v->pending);
}

bool voice_open(const struct voice *v)
{
	return !v->failed && !v->stopped && !v->full;
}

bool voice_cancelled(void *ctx)
{
	struct voice *v = ctx;
	if (!v->failed && guest_cancelled(v->request)) {
		(void)err_set(v->e, ERR_INTERRUPTED, "cancelled");
		v->failed = true;
	}
	return v->failed;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

/* Bytes of the character at p if it is a token of its own (U+2E80 … U+FFFF), else 0. */
static size_t lone_character(const char *p, size_t len)
{
	return (unsigned char)p[0] >= 0xe2 && (unsigned char)p[0] <= 0xef && len >= 3 &&
		       !((unsigned char)p[0] == 0xe2 && (unsigned char)p[1] < 0xba) ? 3 : 0;
}

/* Bytes of the first token. *ret_whole: something follows, so that it cannot become longer. */
static size_t first_token(const char *text, size_t len, bool *ret_whole)
{
	size_t i = 0;
	while (i < len && is_blank(text[i]))
		i++;
	size_t lone = lone_character(text + i, len - i);
	if (lone) {
		*ret_whole = true;
		return i + lone;
	}
	while (i < len && !is_blank(text[i]) && !lone_character(text + i, len - i))
		i++;
	*ret_whole = i < len;
	return i;
}

int64_t voice_count(const char *text)
{
	int64_t n = 0;
	bool whole;
	for (size_t len = strlen(text), used; len > 0; text += used, len -= used, n++) {
		used = first_token(text, len, &whole);
		if (!whole && is_blank(text[used - 1]))
			break;
	}
	return n;
}

static void send_token(struct voice *v, size_t len)
{
	if (v->max && v->used == v->max) {
		v->full = true;
		return;
	}
	if (voice_cancelled(v))
		return;
	json_t *header = json_object();
	json_put(header, "text", json_stringn(v->pending.data, len));
	if (guest_reply(v->request, "token", header, NULL, 0, v->e) < 0) {
		v->failed = true;
		return;
	}
	v->used++;
	buf_consume(&v->pending, len);
}

/* Where the first stop text begins in what was said, or NULL. */
static const char *find_stop(const struct voice *v)
{
	const char *first = NULL;
	for (size_t i = 0; i < json_array_size(v->stops); i++) {
		const json_t *stop = json_array_get(v->stops, i);
		const char *found = memmem(v->pending.data, v->pending.len,
					   json_string_value(stop), json_string_length(stop));
		if (found && (!first || found < first))
			first = found;
	}
	return first;
}

/* Send what can no longer change; all of it at the end. */
static void send_pending(struct voice *v, bool end)
{
	const char *stop = v->pending.len ? find_stop(v) : NULL;
	if (stop)
		v->pending.len = (size_t)(stop - v->pending.data);
	while (v->pending.len > 0 && !v->failed && !v->full) {
		bool whole;
		size_t len = first_token(v->pending.data, v->pending.len, &whole);
		if (!end && !stop && (!whole || len + v->hold > v->pending.len))
			break;
		send_token(v, len);
	}
	v->stopped = stop && !v->full;
}

void voice_say(struct voice *v, const char *text)
{
	if (!voice_open(v) || !*text)
		return;
	size_t from = v->pending.len;
	if (buf_str(&v->pending, text) < 0) {
		(void)err_set(v->e, ERR_SYSTEM, "cannot hold the answer");
		v->failed = true;
		return;
	}
	for (char *p = v->pending.data + from; *p && (v->upper || v->lower); p++) {
		if (v->upper && *p >= 'a' && *p <= 'z')
			*p = (char)(*p - 'a' + 'A');
		else if (v->lower && *p >= 'A' && *p <= 'Z')
			*p = (char)(*p - 'A' + 'a');
	}
	v->began = true;
	send_pending(v, false);
}

void voice_tell(struct voice *v, const char *en, const char *zh, ...)
{
	if (!voice_open(v))
		return;
	char *text = NULL;
	va_list ap;
	va_start(ap, zh);
	int n = vasprintf(&text, v->zh ? zh : en, ap);
	va_end(ap);
	if (n < 0) {
		(void)err_set(v->e, ERR_SYSTEM, "cannot hold the answer");
		v->failed = true;
		return;
	}
	if (v->began && !v->zh && n > 0 && text[0] != '\n')
		voice_say(v, " ");
	voice_say(v, text);
	free(text);
}

int voice_end(struct voice *v, json_t *done)
{
	if (voice_open(v))
		send_pending(v, true);
	if (v->failed)
		return -1;
	json_put_text(done, "finish_reason", v->full ? "length" : "stop");
	json_put_int(done, "completion_tokens", v->used);
	return 0;
}
