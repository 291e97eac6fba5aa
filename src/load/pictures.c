/* src/load/pictures.c - see pictures.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "load/pictures.h"

#include "base/str.h"
#include "base/util.h"

/* A picture that one sample or several show. */
struct picture {
	const struct media *media;
	struct image_mint *mint;
};

struct pictures {
	struct picture *all;	/* in the order of their addresses */
	size_t n, fixed;
	const struct image_mint ***of;	/* [sample][picture] */
	size_t n_samples;
	uint32_t stride;
};

struct pictures *pictures_free(struct pictures *p)
{
	if (!p)
		return NULL;
	for (size_t i = 0; i < p->n; i++)
		p->all[i].mint = image_mint_free(p->all[i].mint);
	for (size_t i = 0; p->of && i < p->n_samples; i++)
		free(p->of[i]);
	free(p->of);
	free(p->all);
	free(p);
	return NULL;
}

static int by_address(const void *a, const void *b)
{
	const struct picture *x = a, *y = b;
	return (x->media > y->media) - (x->media < y->media);
}

/* Each picture once, however many samples show it. */
static int collect(struct pictures *p, const struct sample *samples, size_t shown, struct err *e)
{
	size_t n = 0;
	p->all = calloc(shown, sizeof(*p->all));
	if (!p->all)
		return err_sys(e, "cannot hold the pictures of a run");
	for (size_t i = 0; i < p->n_samples; i++)
		for (size_t k = 0; k < samples[i].n_images; k++)
			p->all[n++].media = samples[i].images[k];
	qsort(p->all, n, sizeof(*p->all), by_address);
	for (size_t i = 0; i < n; i++)
		if (i == 0 || p->all[i].media != p->all[i - 1].media)
			p->all[p->n++].media = p->all[i].media;
	return 0;
}

static int make(struct pictures *p, struct err *e)
{
	for (size_t i = 0; i < p->n; i++) {
		const struct media *m = p->all[i].media;
		struct err why;
		if (image_mint_new(m->data, m->len, &p->all[i].mint, &why) == 0)
			continue;
		p->all[i].mint = NULL;
		p->fixed++;
	}
	return p->n > 0 ? 0 : err_set(e, ERR_DATA, "there are no pictures");
}

static int hand_out(struct pictures *p, const struct sample *samples, struct err *e)
{
	p->of = calloc(p->n_samples, sizeof(*p->of));
	if (!p->of)
		return err_sys(e, "cannot hold the pictures of a run");
	for (size_t i = 0; i < p->n_samples; i++) {
		size_t n = samples[i].n_images;
		p->of[i] = n > 0 ? calloc(n, sizeof(struct image_mint *)) : NULL;
		if (n > 0 && !p->of[i])
			return err_sys(e, "cannot hold the pictures of a run");
		for (size_t k = 0; k < n; k++) {
			struct picture key = {.media = samples[i].images[k]};
			const struct picture *found = bsearch(&key, p->all, p->n, sizeof(key),
							      by_address);
			p->of[i][k] = found ? found->mint : NULL;
		}
		p->stride = MAX(p->stride, (uint32_t)n);
	}
	return 0;
}

/* Whoever reads the result must know that a cache may have answered; once for all runs that show
 * them. */
static void note_fixed(const struct pictures *p, struct result *r)
{
	const char *note = arena_fmt(r->arena, "unique_images: %zu of %zu picture%s sent without "
				     "pixels of their own (only JPEG, and PNG of 8 bits or more "
				     "without interlacing, get them)", p->fixed, p->n,
				     str_plural(p->n));
	if (p->fixed > 0 && !strings_has(&r->skipped, note))
		strings_add(&r->skipped, r->arena, note);
}

int pictures_new(const struct sample *samples, size_t n, struct result *r, struct pictures **ret,
		 struct err *e)
{
	size_t shown = 0;
	for (size_t i = 0; i < n; i++)
		shown += samples[i].n_images;
	*ret = NULL;
	if (shown == 0)
		return 0;
	struct pictures *p = calloc(1, sizeof(*p));
	if (!p)
		return err_sys(e, "cannot hold the pictures of a run");
	p->n_samples = n;
	if (collect(p, samples, shown, e) != 0 || make(p, e) != 0 ||
	    hand_out(p, samples, e) != 0) {
		pictures_free(p);
		return -1;
	}
	note_fixed(p, r);
	*ret = p;
	return 0;
}

const struct image_mint *const *pictures_of(const struct pictures *p, size_t sample)
{
	return (const struct image_mint *const *)p->of[sample];
}

uint32_t pictures_stride(const struct pictures *p)
{
	return p->stride;
}
