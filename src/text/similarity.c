/* src/text/similarity.c - see similarity.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "text/similarity.h"

#include <assert.h>
#include <math.h>
#include <unicode/uregex.h>
#include <unicode/ustring.h>

#include "base/util.h"
#include "text/align.h"
#include "text/tokens.h"
#include "text/unicode.h"

#define CHRF_ORDER 6
#define CHRF_BETA 2.0
#define REGEX_LIMIT 300	/* of ICU's units, about a millisecond each */

/* Two texts as tokens. */
struct both {
	struct tokens *tokens;
	const uint32_t *a, *b;
	size_t n, m;
};

static void free_both(struct both *x)
{
	tokens_free(x->tokens);
}

static int cut_both(struct both *x, enum token_unit unit, struct span a, struct span b,
		    struct err *e)
{
	size_t first_a, first_b;
	if (tokens_new(&x->tokens, e) < 0 ||
	    tokens_add(x->tokens, unit, a.data, a.len, &first_a, &x->n, e) < 0 ||
	    tokens_add(x->tokens, unit, b.data, b.len, &first_b, &x->m, e) < 0)
		return -1;
	const uint32_t *ids = tokens_ids(x->tokens);
	x->a = ids ? ids + first_a : NULL;
	x->b = ids ? ids + first_b : NULL;
	return 0;
}

static void free_aligner(struct aligner **a)
{
	aligner_free(*a);
}

/* Distance in characters of which spaces are some. */
static int distance(struct span a, struct span b, uint64_t *ret, size_t *ret_longer,
		    struct err *e)
{
	CLEANUP(free_both) struct both x = {0};
	CLEANUP(free_aligner) struct aligner *al = NULL;
	const char *ops;
	size_t n_ops;
	if (cut_both(&x, TOKEN_CHARACTER_SPACES, a, b, e) < 0 || aligner_new(&al, e) < 0 ||
	    align_tokens(al, x.a, x.n, x.b, x.m, tokens_symbols(x.tokens), &ops, &n_ops, e) < 0)
		return -1;
	struct align_counts c = align_count(ops, n_ops);
	*ret = align_errors(&c);
	*ret_longer = MAX(x.n, x.m);
	return 0;
}

int similarity_characters(struct span a, struct span b, double *ret, struct err *e)
{
	uint64_t d;
	size_t longer;
	if (distance(a, b, &d, &longer, e) < 0)
		return -1;
	*ret = longer > 0 ? 1 - (double)d / (double)longer : 1;
	return 0;
}

int similarity_anls(struct span candidate, const struct span *answers, size_t n_answers,
		    double *ret, struct err *e)
{
	double best = 0;
	for (size_t i = 0; i < n_answers; i++) {
		double s;
		if (similarity_characters(candidate, answers[i], &s, e) < 0)
			return -1;
		best = fmax(best, s);
	}
	*ret = best >= ANLS_THRESHOLD ? best : 0;
	return 0;
}

/* "1,234", "-3.5", "5%", "$3": the number, or NaN. A percent is a hundredth. */
double similarity_number(struct span s)
{
	char digits[64];
	size_t n = 0;
	s = span_trim(s);
	if (s.len > 1 && s.data[0] == '$') {
		s.data++;
		s.len--;
	}
	bool percent = s.len > 1 && s.data[s.len - 1] == '%';
	for (size_t i = 0; i < s.len - percent; i++) {
		if (n + 1 >= sizeof(digits) || !strchr("0123456789.,+-eE", s.data[i]))
			return NAN;
		if (s.data[i] != ',')
			digits[n++] = s.data[i];
	}
	digits[n] = '\0';
	double v;
	if (n == 0 || str_to_real(digits, &v, NULL) < 0)
		return NAN;
	return percent ? v / 100 : v;
}

static bool same_folded(struct span a, struct span b)
{
	CLEANUP(buf_release) struct buf x = BUF_INIT(BUF_UNLIMITED);
	CLEANUP(buf_release) struct buf y = BUF_INIT(BUF_UNLIMITED);
	a = span_trim(a);
	b = span_trim(b);
	return unicode_fold(a.data, a.len, &x, NULL) == 0 &&
	       unicode_fold(b.data, b.len, &y, NULL) == 0 && x.len == y.len &&
	       (x.len == 0 || memcmp(x.data, y.data, x.len) == 0);
}

bool similarity_relaxed(struct span candidate, struct span answer)
{
	double got = similarity_number(candidate), want = similarity_number(answer);
	if (isnan(got) || isnan(want))
		return same_folded(candidate, answer);
	/* 105 against 100 is within, although 1.05 has no exact double. */
	return fabs(got - want) <= 0.05 * fabs(want) * (1 + 1e-12);
}

/* n-grams of a sequence as hashes, sorted: equal n-grams stand together. */
static int by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
	return (x > y) - (x < y);
}

static size_t grams(const uint32_t *ids, size_t n, size_t order, uint64_t *out)
{
	size_t count = n >= order ? n - order + 1 : 0;
	for (size_t i = 0; i < count; i++) {
		uint64_t h = 0x9e3779b97f4a7c15ull;
		for (size_t k = 0; k < order; k++) {
			h = (h ^ ids[i + k]) * 0xbf58476d1ce4e5b9ull;
			h ^= h >> 31;
		}
		out[i] = h;
	}
	if (count > 0)
		qsort(out, count, sizeof(out[0]), by_value);
	return count;
}

static size_t common(const uint64_t *a, size_t n, const uint64_t *b, size_t m)
{
	size_t i = 0, j = 0, same = 0;
	while (i < n && j < m) {
		if (a[i] == b[j]) {
			same++;
			i++;
			j++;
		} else if (a[i] < b[j]) {
			i++;
		} else {
			j++;
		}
	}
	return same;
}

int similarity_chrf(struct span candidate, struct span reference, double *ret, struct err *e)
{
	CLEANUP(free_both) struct both x = {0};
	if (cut_both(&x, TOKEN_CHARACTER, candidate, reference, e) < 0)
		return -1;
	CLEANUP(free_ptr) uint64_t *a = calloc(x.n + 1, sizeof(a[0]));
	CLEANUP(free_ptr) uint64_t *b = calloc(x.m + 1, sizeof(b[0]));
	if (!a || !b)
		return err_sys(e, "no memory to compare %zu characters", x.n + x.m);
	double precision = 0, recall = 0;
	size_t orders = 0;
	for (size_t order = 1; order <= CHRF_ORDER; order++) {
		size_t n = grams(x.a, x.n, order, a), m = grams(x.b, x.m, order, b);
		if (n == 0 && m == 0)
			continue;
		size_t same = common(a, n, b, m);
		precision += n > 0 ? (double)same / (double)n : 0;
		recall += m > 0 ? (double)same / (double)m : 0;
		orders++;
	}
	if (orders == 0) {
		*ret = 1;
		return 0;
	}
	precision /= (double)orders;
	recall /= (double)orders;
	double below = CHRF_BETA * CHRF_BETA * precision + recall;
	*ret = below > 0 ? (1 + CHRF_BETA * CHRF_BETA) * precision * recall / below : 0;
	return 0;
}

/* Length of the longest common subsequence, 64 rows at a time (Hyyrö 2004). The rows of a symbol
 * are found by walking its chain of words. */
static int common_subsequence(const struct both *x, size_t *ret, struct err *e)
{
	size_t words = (x->n + 63) / 64, symbols = tokens_symbols(x->tokens);
	CLEANUP(free_ptr) uint64_t *row = malloc((words + 1) * sizeof(row[0]));
	CLEANUP(free_ptr) uint64_t *equal = calloc(words + 1, sizeof(equal[0]));
	CLEANUP(free_ptr) uint32_t *head = calloc(symbols + 1, sizeof(head[0]));
	CLEANUP(free_ptr) uint32_t *next = calloc(x->n + 1, sizeof(next[0]));
	if (!row || !equal || !head || !next)
		return err_sys(e, "no memory to compare %zu tokens", x->n + x->m);
	memset(row, 0xff, (words + 1) * sizeof(row[0]));
	for (size_t i = 0; i < x->n; i++) {	/* chains of positions, counted from 1 */
		next[i] = head[x->a[i]];
		head[x->a[i]] = (uint32_t)i + 1;
	}
	for (size_t j = 0; j < x->m; j++) {
		for (uint32_t i = head[x->b[j]]; i > 0; i = next[i - 1])
			equal[(i - 1) / 64] |= (uint64_t)1 << ((i - 1) % 64);
		uint64_t carry = 0;
		for (size_t w = 0; w < words; w++) {
			uint64_t u = row[w] & equal[w], sum = row[w] + u;
			uint64_t over = sum < row[w];
			sum += carry;
			over |= sum < carry;
			row[w] = sum | (row[w] - u);
			carry = over;
		}
		for (uint32_t i = head[x->b[j]]; i > 0; i = next[i - 1])
			equal[(i - 1) / 64] = 0;
	}
	size_t zeros = 0;
	for (size_t i = 0; i < x->n; i++)
		zeros += !(row[i / 64] >> (i % 64) & 1);
	*ret = zeros;
	return 0;
}

int similarity_rouge_l(struct span candidate, struct span reference, double *ret,
		       struct err *e)
{
	CLEANUP(free_both) struct both x = {0};
	size_t same = 0;
	if (cut_both(&x, TOKEN_MIXED, candidate, reference, e) < 0 ||
	    common_subsequence(&x, &same, e) < 0)
		return -1;
	*ret = x.n + x.m > 0 ? 2 * (double)same / (double)(x.n + x.m) : 1;
	return 0;
}

/* A letter or digit of a script that puts spaces between words. */
static bool spaced_word(const char *text, size_t len, size_t pos)
{
	if (pos >= len)
		return false;
	int32_t c = unicode_next(text, len, &pos);
	return c >= 0 && unicode_is_word(c) && !unicode_is_cjk(c);
}

static size_t before(const char *text, size_t pos)
{
	do
		pos--;
	while (pos > 0 && ((unsigned char)text[pos] & 0xc0) == 0x80);
	return pos;
}

static bool holds(struct span text, struct span keyword)
{
	size_t from = 0;
	while (keyword.len <= text.len - from) {
		const char *at = memmem(text.data + from, text.len - from, keyword.data,
					keyword.len);
		if (!at)
			return false;
		size_t start = (size_t)(at - text.data), end = start + keyword.len;
		bool left = start > 0 && spaced_word(keyword.data, keyword.len, 0) &&
			    spaced_word(text.data, text.len, before(text.data, start));
		bool right = spaced_word(keyword.data, keyword.len,
					 before(keyword.data, keyword.len)) &&
			     spaced_word(text.data, text.len, end);
		if (!left && !right)
			return true;
		from = start + 1;
	}
	return false;
}

bool similarity_keywords(struct span text, const struct span *keywords, size_t n, bool all)
{
	for (size_t i = 0; i < n; i++) {
		bool found = keywords[i].len == 0 || holds(text, keywords[i]);
		if (found != all)
			return found;
	}
	return all;
}

static int to_utf16(struct span s, UChar **ret, int32_t *ret_n, struct err *e)
{
	UErrorCode code = U_ZERO_ERROR;
	if (s.len > INT32_MAX / 4)
		return err_set(e, ERR_UNSUPPORTED, "a text of %zu bytes is too long", s.len);
	UChar *to = malloc((s.len + 1) * sizeof(UChar));
	if (!to)
		return err_sys(e, "no memory to match %zu bytes", s.len);
	u_strFromUTF8(to, (int32_t)s.len + 1, ret_n, s.data, (int32_t)s.len, &code);
	*ret = to;
	return U_FAILURE(code) ? err_set(e, ERR_DATA, "no valid UTF-8") : 0;
}

int similarity_matches(struct span text, struct span expression, bool *ret, struct err *e)
{
	CLEANUP(free_ptr) UChar *t = NULL;
	CLEANUP(free_ptr) UChar *x = NULL;
	int32_t n_t, n_x;
	UErrorCode code = U_ZERO_ERROR;
	UParseError where = {0};
	if (to_utf16(text, &t, &n_t, e) < 0 || to_utf16(expression, &x, &n_x, e) < 0)
		return -1;
	URegularExpression *re = uregex_open(x, n_x, UREGEX_CASE_INSENSITIVE, &where, &code);
	if (U_FAILURE(code))
		return err_set(e, ERR_USAGE, "the regular expression '%.*s' is wrong at character "
			       "%d: %s", (int)MIN(expression.len, (size_t)200), expression.data,
			       (int)where.offset, u_errorName(code));
	uregex_setTimeLimit(re, REGEX_LIMIT, &code);
	uregex_setText(re, t, n_t, &code);
	UBool found = uregex_find(re, 0, &code);
	uregex_close(re);
	if (U_FAILURE(code))
		return err_set(e, ERR_DATA, "the regular expression '%.*s' gave up on this text: "
			       "%s", (int)MIN(expression.len, (size_t)200), expression.data,
			       u_errorName(code));
	*ret = found;
	return 0;
}

static size_t same_from_start(const struct both *x)
{
	size_t i = 0;
	while (i < x->n && i < x->m && x->a[i] == x->b[i])
		i++;
	return i;
}

int similarity_divergence(struct span a, struct span b, struct divergence *ret, struct err *e)
{
	CLEANUP(free_both) struct both words = {0};
	CLEANUP(free_both) struct both letters = {0};
	if (cut_both(&words, TOKEN_MIXED, a, b, e) < 0 ||
	    cut_both(&letters, TOKEN_CHARACTER_SPACES, a, b, e) < 0)
		return -1;
	ret->tokens = same_from_start(&words);
	ret->characters = same_from_start(&letters);
	ret->equal = letters.n == letters.m && ret->characters == letters.n;
	return 0;
}
