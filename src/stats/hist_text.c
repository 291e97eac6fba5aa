/* src/stats/hist_text.c - a histogram as text.
 *
 * "h1 COUNT MIN MAX SUM" and then, for each filled bucket, " STEP" or " STEP:COUNT": how many
 * buckets it is behind the one before (the first: behind bucket -1), and its count unless 1.
 * SUM is hexadecimal (up to 128 bits), the rest decimal.
 * SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>

#include "base/util.h"
#include "stats/hist.h"
#include "stats/hist_layout.h"

int hist_write(const struct hist *h, struct buf *out)
{
	uint64_t top = (uint64_t)(h->sum >> 64);
	(void)buf_fmt(out, "h1 %" PRIu64 " %" PRIu64 " %" PRIu64, h->count, hist_min(h), h->max);
	if (top)
		(void)buf_fmt(out, " %" PRIx64 "%016" PRIx64, top, (uint64_t)h->sum);
	else
		(void)buf_fmt(out, " %" PRIx64, (uint64_t)h->sum);
	size_t last = 0;	/* one more than the bucket before */
	for (size_t i = hist_index(hist_min(h)); h->count > 0 && i <= hist_index(h->max); i++) {
		if (h->buckets[i] == 0)
			continue;
		(void)buf_fmt(out, " %zu", i + 1 - last);
		if (h->buckets[i] != 1)
			(void)buf_fmt(out, ":%" PRIu64, h->buckets[i]);
		last = i + 1;
	}
	return out->failed ? -1 : 0;
}

struct cursor {
	const char *p, *end;
};

static bool take(struct cursor *c, char wanted)
{
	if (c->p == c->end || *c->p != wanted)
		return false;
	c->p++;
	return true;
}

/* Digits in base 10 or 16 (lower case) without superfluous zeros, at most `max`. */
static bool take_number(struct cursor *c, unsigned int base, unsigned __int128 max,
			unsigned __int128 *ret)
{
	unsigned __int128 v = 0;
	const char *start = c->p;
	for (; c->p < c->end; c->p++) {
		unsigned int digit;
		if (*c->p >= '0' && *c->p <= '9')
			digit = (unsigned int)(*c->p - '0');
		else if (base == 16 && *c->p >= 'a' && *c->p <= 'f')
			digit = (unsigned int)(*c->p - 'a') + 10;
		else
			break;
		if (v > (max - digit) / base)
			return false;
		v = v * base + digit;
	}
	if (c->p == start || (*start == '0' && c->p > start + 1))
		return false;
	*ret = v;
	return true;
}

static bool take_u64(struct cursor *c, uint64_t *ret)
{
	unsigned __int128 v;
	if (!take_number(c, 10, UINT64_MAX, &v))
		return false;
	*ret = (uint64_t)v;
	return true;
}

/* What the buckets say must agree with what the head says. */
static bool read_buckets(struct cursor *c, struct hist *h)
{
	unsigned __int128 least = 0, most = 0;
	uint64_t total = 0, step, n;
	size_t next = 0, first = 0;
	while (take(c, ' ')) {
		n = 1;
		if (!take_u64(c, &step) || step == 0 || step > HIST_BUCKETS - next)
			return false;
		if (take(c, ':') && (!take_u64(c, &n) || n == 0))
			return false;
		if (n > UINT64_MAX - total)
			return false;
		if (total == 0)
			first = step - 1;
		next += step;
		total += n;
		h->buckets[next - 1] = n;
		least += (unsigned __int128)hist_low(next - 1) * n;
		most += (unsigned __int128)hist_high(next - 1) * n;
	}
	if (c->p != c->end || total != h->count)
		return false;
	if (total == 0)
		return h->min == 0 && h->max == 0 && h->sum == 0;
	return h->min <= h->max && first == hist_index(h->min) &&
	       next - 1 == hist_index(h->max) && h->sum >= least && h->sum <= most;
}

static void free_hist(struct hist **h)
{
	hist_free(*h);
}

int hist_read(struct hist *into, const char *text, size_t len, struct err *e)
{
	struct cursor c = {text, text + len};
	CLEANUP(free_hist) struct hist *h = NULL;
	if (hist_new(&h, e) < 0)
		return -1;
	if (!take(&c, 'h') || !take(&c, '1') || !take(&c, ' ') || !take_u64(&c, &h->count) ||
	    !take(&c, ' ') || !take_u64(&c, &h->min) || !take(&c, ' ') ||
	    !take_u64(&c, &h->max) || !take(&c, ' ') ||
	    !take_number(&c, 16, ~(unsigned __int128)0, &h->sum) || !read_buckets(&c, h))
		return err_set(e, ERR_DATA, "this is no histogram written by assay: it breaks at "
			       "byte %zu, or its counts disagree", (size_t)(c.p - text));
	if (h->count == 0)
		h->min = UINT64_MAX;
	hist_clear(into);
	hist_merge(into, h);
	return 0;
}
