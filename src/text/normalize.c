/* src/text/normalize.c - see normalize.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "text/normalize.h"

#include <assert.h>
#include <opencc.h>

#include "base/file.h"
#include "base/util.h"
#include "text/rules.h"
#include "text/unicode.h"

/* Raise when a rule changes what comes out. */
#define BASIC_VERSION "1"
#define ENGLISH_VERSION "2"
#define CHINESE_VERSION "1"

const char *const normalize_names[] = {"none", "basic", "english", "chinese", "auto", NULL};

struct normalizer {
	enum normalize_kind kind;
	struct normalize_options options;
	opencc_t to_simplified;	/* loaded when first needed */
	struct buf one, two;
	char name[96];
};

bool rules_next_word(const char *text, size_t len, size_t *pos, struct span *ret)
{
	while (*pos < len && text[*pos] == ' ')
		(*pos)++;
	size_t start = *pos;
	while (*pos < len && text[*pos] != ' ')
		(*pos)++;
	*ret = (struct span){text + start, *pos - start};
	return *pos > start;
}

void rules_add_word(struct buf *out, size_t start, const char *word, size_t len)
{
	if (len == 0)
		return;
	if (out->len > start)
		(void)buf_char(out, ' ');
	(void)buf_add(out, word, len);
}

int rules_basic(const char *text, size_t len, struct buf *out)
{
	size_t start = out->len;
	bool space = false;
	for (size_t pos = 0; pos < len;) {
		size_t before = pos;
		int32_t c = unicode_next(text, len, &pos);
		if (unicode_is_space(c) || unicode_is_mark(c)) {
			space = true;
			continue;
		}
		if (space && out->len > start)
			(void)buf_char(out, ' ');
		space = false;
		(void)buf_add(out, text + before, pos - before);
	}
	return out->failed ? -1 : 0;
}

static void describe(struct normalizer *n)
{
	const char *icu = unicode_version();
	size_t size = sizeof(n->name);
	switch (n->kind) {
	case NORMALIZE_NONE:
		(void)snprintf(n->name, size, "none");
		break;
	case NORMALIZE_BASIC:
		(void)snprintf(n->name, size, "basic " BASIC_VERSION " (ICU %s)", icu);
		break;
	case NORMALIZE_ENGLISH:
		(void)snprintf(n->name, size, "english " ENGLISH_VERSION " (ICU %s)", icu);
		break;
	case NORMALIZE_CHINESE:
		(void)snprintf(n->name, size, "chinese " CHINESE_VERSION "%s%s (ICU %s, OpenCC "
			       OPENCC_BUILT_WITH ")",
			       n->options.drop_erhua ? " -erhua" : "",
			       n->options.drop_fillers ? " -fillers" : "", icu);
		break;
	case NORMALIZE_AUTO:
		(void)snprintf(n->name, size, "auto: english " ENGLISH_VERSION ", chinese "
			       CHINESE_VERSION "%s%s, basic " BASIC_VERSION " (ICU %s)",
			       n->options.drop_erhua ? " -erhua" : "",
			       n->options.drop_fillers ? " -fillers" : "", icu);
		break;
	}
}

int normalizer_new(struct normalizer **ret, enum normalize_kind kind,
		   const struct normalize_options *options, struct err *e)
{
	struct normalizer *n = calloc(1, sizeof(*n));
	if (!n)
		return err_sys(e, "no memory for a normaliser");
	n->kind = kind;
	if (options)
		n->options = *options;
	buf_init(&n->one, BUF_UNLIMITED);
	buf_init(&n->two, BUF_UNLIMITED);
	describe(n);
	*ret = n;
	return 0;
}

struct normalizer *normalizer_free(struct normalizer *n)
{
	if (!n)
		return NULL;
	if (n->to_simplified)
		(void)opencc_close(n->to_simplified);
	buf_release(&n->one);
	buf_release(&n->two);
	free(n);
	return NULL;
}

const char *normalizer_name(const struct normalizer *n)
{
	return n->name;
}

/* From n->one, which is folded, to n->two. */
static int simplify(struct normalizer *n, struct err *e)
{
	if (!n->to_simplified) {
		CLEANUP(free_ptr) char *ours = file_find_share("opencc/t2s.json");
		opencc_t cc = opencc_open(ours ? ours : "t2s.json");
		if (cc == (opencc_t)-1)
			return err_set(e, ERR_SYSTEM, "cannot load OpenCC's t2s.json (%s); install "
				       "the package libopencc-data", opencc_error());
		n->to_simplified = cc;
	}
	buf_clear(&n->two);
	if (n->one.len == 0)
		return 0;
	char *text = opencc_convert_utf8(n->to_simplified, n->one.data, n->one.len);
	if (!text)
		return err_set(e, ERR_DATA, "OpenCC cannot convert this text: %s", opencc_error());
	int rc = buf_str(&n->two, text);
	opencc_convert_utf8_free(text);
	return rc < 0 ? err_sys(e, "no memory to normalise") : 0;
}

static int english(struct normalizer *n, struct buf *out)
{
	buf_clear(&n->two);
	if (english_characters(n->one.data, n->one.len, &n->two) < 0)
		return -1;
	buf_clear(&n->one);
	if (english_words(n->two.data, n->two.len, &n->one) < 0)
		return -1;
	return english_numbers(n->one.data, n->one.len, out);
}

static int chinese(struct normalizer *n, struct buf *out, struct err *e)
{
	if (simplify(n, e) < 0)
		return -1;
	buf_clear(&n->one);
	if (chinese_numbers(n->two.data, n->two.len, &n->one) < 0 ||
	    chinese_characters(n->one.data, n->one.len, &n->options, out) < 0)
		return err_sys(e, "no memory to normalise");
	return 0;
}

static enum normalize_kind by_script(const char *text, size_t len)
{
	switch (unicode_script(text, len)) {
	case SCRIPT_CHINESE:
		return NORMALIZE_CHINESE;
	case SCRIPT_LATIN:
		return NORMALIZE_ENGLISH;
	case SCRIPT_NONE:
	case SCRIPT_OTHER:
		break;
	}
	return NORMALIZE_BASIC;
}

int normalizer_apply(struct normalizer *n, const char *text, size_t len, const char *reference,
		     size_t reference_len, struct buf *out, struct err *e)
{
	enum normalize_kind kind = n->kind;
	if (kind == NORMALIZE_AUTO)
		kind = reference ? by_script(reference, reference_len) : by_script(text, len);
	int rc = -1;
	if (kind == NORMALIZE_NONE) {
		rc = buf_add(out, text, len);
		return rc < 0 ? err_sys(e, "no memory to normalise") : 0;
	}
	buf_clear(&n->one);
	if (unicode_fold(text, len, &n->one, e) < 0)
		return -1;
	if (kind == NORMALIZE_CHINESE)
		return chinese(n, out, e);
	rc = kind == NORMALIZE_ENGLISH ? english(n, out)
				       : rules_basic(n->one.data, n->one.len, out);
	return rc < 0 ? err_sys(e, "no memory to normalise") : 0;
}
