/* src/text/unicode.c - see unicode.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "text/unicode.h"

#include <unicode/ubrk.h>
#include <unicode/uchar.h>
#include <unicode/unorm2.h>
#include <unicode/uscript.h>
#include <unicode/ustring.h>
#include <unicode/utext.h>
#include <unicode/utf8.h>
#include <unicode/uvernum.h>

#include "base/str.h"
#include "base/util.h"

#define TEXT_MAX ((size_t)1 << 30)

int unicode_check(const char *text, size_t len, struct err *e)
{
	size_t bad = str_utf8_valid(text, len);
	if (bad == len)
		return 0;
	return err_set(e, ERR_DATA, "byte %zu (0x%02x) is no valid UTF-8; save the file as UTF-8",
		       bad + 1, (unsigned int)(unsigned char)text[bad]);
}

static int icu_failed(struct err *e, const char *what, UErrorCode code)
{
	return err_set(e, ERR_SYSTEM, "cannot %s: the Unicode library says %s", what,
		       u_errorName(code));
}

static bool is_ascii(const char *text, size_t len)
{
	unsigned char all = 0;
	for (size_t i = 0; i < len; i++)
		all |= (unsigned char)text[i];
	return all < 0x80;
}

/* UTF-8 through a normaliser of UTF-16. */
static int normalize(const UNormalizer2 *how, const char *text, size_t len, struct buf *out,
		     struct err *e)
{
	UErrorCode code = U_ZERO_ERROR;
	int32_t n = 0, m;
	/* A byte gives at most one unit, and NFKC at most 18 for one. */
	CLEANUP(free_ptr) UChar *from = malloc((len + 1) * sizeof(UChar));
	if (!from)
		return err_sys(e, "no memory to normalise %zu bytes", len);
	u_strFromUTF8(from, (int32_t)(len + 1), &n, text, (int32_t)len, &code);
	if (U_FAILURE(code))
		return icu_failed(e, "read UTF-8", code);
	m = unorm2_normalize(how, from, n, NULL, 0, &code);
	code = U_ZERO_ERROR;
	CLEANUP(free_ptr) UChar *to = malloc(((size_t)m + 1) * sizeof(UChar));
	if (!to)
		return err_sys(e, "no memory to normalise %zu bytes", len);
	m = unorm2_normalize(how, from, n, to, m + 1, &code);
	if (U_FAILURE(code))
		return icu_failed(e, "normalise text", code);
	char *bytes = buf_reserve(out, (size_t)m * 3);
	if (!bytes)
		return err_sys(e, "no memory to normalise %zu bytes", len);
	u_strToUTF8(bytes, m * 3 + 1, &n, to, m, &code);
	if (U_FAILURE(code))
		return icu_failed(e, "write UTF-8", code);
	buf_grew(out, (size_t)n);
	return 0;
}

int unicode_fold(const char *text, size_t len, struct buf *out, struct err *e)
{
	if (len > TEXT_MAX)
		return err_set(e, ERR_UNSUPPORTED, "a text of %zu bytes is too long", len);
	if (is_ascii(text, len)) {
		char *to = buf_reserve(out, len);
		if (!to)
			return err_sys(e, "no memory to normalise %zu bytes", len);
		for (size_t i = 0; i < len; i++)
			to[i] = (char)(text[i] >= 'A' && text[i] <= 'Z' ? text[i] + 32 : text[i]);
		buf_grew(out, len);
		return 0;
	}
	UErrorCode code = U_ZERO_ERROR;
	const UNormalizer2 *how = unorm2_getNFKCCasefoldInstance(&code);
	if (U_FAILURE(code))
		return icu_failed(e, "load its tables", code);
	return normalize(how, text, len, out, e);
}

int unicode_nfkc(const char *text, size_t len, struct buf *out, struct err *e)
{
	if (len > TEXT_MAX)
		return err_set(e, ERR_UNSUPPORTED, "a text of %zu bytes is too long", len);
	UErrorCode code = U_ZERO_ERROR;
	const UNormalizer2 *how = unorm2_getNFKCInstance(&code);
	if (U_FAILURE(code))
		return icu_failed(e, "load its tables", code);
	return normalize(how, text, len, out, e);
}

int32_t unicode_next(const char *text, size_t len, size_t *pos)
{
	const uint8_t *s = (const uint8_t *)text;
	int32_t i = 0, c;
	int32_t n = (int32_t)MIN(len - *pos, (size_t)4);
	U8_NEXT(s + *pos, i, n, c);
	*pos += (size_t)i;
	return c < 0 ? -1 : c;
}

void unicode_put(struct buf *out, int32_t c)
{
	char bytes[4];
	int32_t n = 0;
	U8_APPEND_UNSAFE((uint8_t *)bytes, n, c);
	(void)buf_add(out, bytes, (size_t)n);
}

bool unicode_is_space(int32_t c)
{
	return u_isUWhiteSpace(c) || u_charType(c) == U_CONTROL_CHAR;
}

bool unicode_is_mark(int32_t c)
{
	const uint32_t marks = U_GC_P_MASK | U_GC_S_MASK;
	return (U_GET_GC_MASK(c) & marks) != 0;
}

bool unicode_is_word(int32_t c)
{
	const uint32_t word = U_GC_L_MASK | U_GC_M_MASK | U_GC_N_MASK;
	return (U_GET_GC_MASK(c) & word) != 0;
}

bool unicode_is_han(int32_t c)
{
	return (c >= 0x4e00 && c <= 0x9fff) || c == 0x3007 ||
	       (c >= 0x2e80 && u_hasBinaryProperty(c, UCHAR_IDEOGRAPHIC));
}

bool unicode_is_cjk(int32_t c)
{
	if (unicode_is_han(c))
		return true;
	if (c < 0x3040)
		return false;
	UErrorCode code = U_ZERO_ERROR;
	UScriptCode script = uscript_getScript(c, &code);
	return script == USCRIPT_HIRAGANA || script == USCRIPT_KATAKANA ||
	       script == USCRIPT_BOPOMOFO;
}

/* Most text has no character that joins another: then every character is a cluster. */
static long single_characters(const char *text, size_t len, uint32_t *ends)
{
	long n = 0;
	for (size_t pos = 0; pos < len;) {
		int32_t c = unicode_next(text, len, &pos);
		bool plain = (c >= 0x20 && c < 0x7f) || (c >= 0x4e00 && c <= 0x9fff) ||
			     (c >= 0 && u_getIntPropertyValue(c, UCHAR_GRAPHEME_CLUSTER_BREAK) ==
					U_GCB_OTHER);
		if (!plain)
			return -1;
		ends[n++] = (uint32_t)pos;
	}
	return n;
}

long unicode_graphemes(const char *text, size_t len, uint32_t *ends, struct err *e)
{
	if (len > TEXT_MAX)
		return err_set(e, ERR_UNSUPPORTED, "a text of %zu bytes is too long", len);
	long n = single_characters(text, len, ends);
	if (n >= 0)
		return n;
	UErrorCode code = U_ZERO_ERROR;
	UText view = UTEXT_INITIALIZER;
	utext_openUTF8(&view, text, (int64_t)len, &code);
	UBreakIterator *it = ubrk_open(UBRK_CHARACTER, "root", NULL, 0, &code);
	if (U_SUCCESS(code))
		ubrk_setUText(it, &view, &code);
	if (U_SUCCESS(code)) {
		n = 0;
		(void)ubrk_first(it);
		for (int32_t at; (at = ubrk_next(it)) != UBRK_DONE;)
			ends[n++] = (uint32_t)at;
	}
	ubrk_close(it);
	utext_close(&view);
	return U_SUCCESS(code) ? n : icu_failed(e, "find the characters", code);
}

enum unicode_script unicode_script(const char *text, size_t len)
{
	size_t latin = 0, han = 0, kana = 0, other = 0;
	for (size_t pos = 0; pos < len;) {
		int32_t c = unicode_next(text, len, &pos);
		if (c < 0 || !u_isalpha(c))
			continue;
		UErrorCode code = U_ZERO_ERROR;
		UScriptCode script = uscript_getScript(c, &code);
		if (unicode_is_han(c))
			han++;
		else if (script == USCRIPT_LATIN)
			latin++;
		else if (unicode_is_cjk(c))
			kana++;
		else
			other++;
	}
	if (latin + han + kana + other == 0)
		return SCRIPT_NONE;
	/* A word of Latin letters is about as much as one Han character. */
	size_t chinese = kana == 0 ? han * 4 : 0;
	if (chinese >= latin && chinese >= other && chinese > 0)
		return SCRIPT_CHINESE;
	return latin >= other && latin >= kana + han ? SCRIPT_LATIN : SCRIPT_OTHER;
}

const char *unicode_version(void)
{
	return U_ICU_VERSION;
}
