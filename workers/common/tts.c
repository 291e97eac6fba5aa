/* workers/common/tts.c - see tts.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tts.h"

#include <assert.h>
#include <locale.h>
#include <wchar.h>
#include <wctype.h>

#include "base/json.h"
#include "base/util.h"

/* Frames hold native samples; the protocol says little-endian. */
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "s16le");

static bool has_letter_or_digit(const char *text)
{
	static locale_t utf8;
	if (!utf8)
		utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
	if (!utf8)
		return true;	/* no such locale here: left to the engine */
	locale_t before = uselocale(utf8);
	bool found = false;
	mbstate_t state = {0};
	size_t left = strlen(text);
	while (left > 0 && !found) {
		wchar_t c;
		size_t n = mbrtowc(&c, text, left, &state);
		if (n == 0 || n > left)
			break;
		found = iswalnum((wint_t)c) != 0;
		text += n;
		left -= n;
	}
	(void)uselocale(before);
	return found;
}

/* An optional text without NUL; "" counts as absent. */
static int read_text(const json_t *header, const char *key, const char **ret, struct err *e)
{
	const json_t *j = json_object_get(header, key);
	*ret = NULL;
	if (!j || json_is_null(j))
		return 0;
	const char *s = json_string_value(j);
	if (!s || strlen(s) != json_string_length(j))
		return err_set(e, ERR_USAGE, "'%s' is not a text", key);
	*ret = *s ? s : NULL;
	return 0;
}

int tts_read(struct guest_request *r, const struct frame *f, double speed_min, double speed_max,
	     struct tts_ask *ret, struct err *e)
{
	struct tts_ask ask = {.speed = 1};
	if (read_text(f->header, "text", &ask.text, e) < 0 ||
	    read_text(f->header, "speaker", &ask.speaker, e) < 0 ||
	    read_text(f->header, "language", &ask.language, e) < 0)
		return -1;
	if (!ask.text || !has_letter_or_digit(ask.text)) {
		guest_code(r, "no_text");
		return err_set(e, ERR_USAGE, "there is nothing to speak: the text holds no letter "
			       "and no digit");
	}
	if (ask.speaker && strcmp(ask.speaker, "default") == 0)
		ask.speaker = NULL;
	const json_t *speed = json_object_get(f->header, "speed");
	if (speed && !json_number(f->header, "speed", &ask.speed))
		return err_set(e, ERR_USAGE, "'speed' is not a number");
	if (!(ask.speed >= speed_min && ask.speed <= speed_max)) {
		guest_code(r, "bad_speed");
		return err_set(e, ERR_USAGE, "'speed' must be from %g to %g", speed_min, speed_max);
	}
	*ret = ask;
	return 0;
}

static int send_piece(struct tts_out *o)
{
	if (o->n == 0)
		return 0;
	json_t *h = json_pack("{s:i}", "sample_rate", o->sample_rate);
	int rc = guest_reply(o->r, "audio", h, o->piece, o->n * sizeof(o->piece[0]), &o->err);
	o->n = 0;
	return rc;
}

int tts_out_add(struct tts_out *o, const int16_t *samples, size_t n)
{
	assert(o->sample_rate > 0);
	size_t whole = MIN((size_t)o->sample_rate / 10, ARRAY_LEN(o->piece));
	while (n > 0 && o->failed == 0) {
		size_t part = MIN(n, whole - o->n);
		memcpy(o->piece + o->n, samples, part * sizeof(samples[0]));
		o->n += part;
		o->samples += (int64_t)part;
		samples += part;
		n -= part;
		if (o->n < whole)
			break;
		if (guest_cancelled(o->r))
			o->failed = err_set(&o->err, ERR_INTERRUPTED, "cancelled");
		else
			o->failed = send_piece(o);
	}
	return o->failed;
}

int tts_out_finish(struct tts_out *o, const char *speaker, json_t *done, struct err *e)
{
	if (o->failed == 0)
		o->failed = send_piece(o);
	if (o->failed == 0 && o->samples == 0) {
		guest_code(o->r, "no_speech");
		return err_set(e, ERR_USAGE, "this voice has no speech for this text");
	}
	if (o->failed < 0) {
		*e = o->err;
		return -1;
	}
	json_put_int(done, "sample_rate", o->sample_rate);
	json_put_int(done, "samples", o->samples);
	json_put_text(done, "speaker", speaker);
	return 0;
}
