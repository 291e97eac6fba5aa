/* src/load/work.c - see work.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "load/work.h"

#include "base/rng.h"
#include "protocols/protocol.h"

/* Every sample must be one that the protocol can send: found out now, not in the middle. */
static int try_samples(const struct load_work *w, struct err *e)
{
	struct request r;
	int rc = 0;
	if (w->n_samples == 0 || w->n_samples > UINT32_MAX)
		return err_set(e, ERR_DATA, "there are no samples to send to %s", w->service->name);
	request_init(&r);
	for (size_t i = 0; i < w->n_samples && rc == 0; i++) {
		request_clear(&r);
		rc = w->service->protocol->encode(w->service, &w->samples[i], &w->ask, &r, e);
		if (rc != 0 && w->samples[i].id)
			(void)err_prefix(e, "sample '%s': ", w->samples[i].id);
	}
	request_release(&r);
	return rc;
}

/* What only a chat has. */
static int check_chat(const struct load_work *work, const struct load_spec *spec, struct err *e)
{
	bool asked = spec->turns > 1 || spec->prompt_tokens.law != AMOUNT_NONE ||
		     spec->output_tokens.law != AMOUNT_NONE;
	if (!asked || strcmp(work->service->kind, "chat") == 0)
		return 0;
	return err_set(e, ERR_USAGE, "prompt_tokens, output_tokens and turns are for chat "
		       "services, '%s' is %s", work->service->name, work->service->kind);
}

int work_check(const struct load_work *work, const struct load_spec *spec, struct err *e)
{
	return check_chat(work, spec, e) != 0 ? -1 : try_samples(work, e);
}

/* Fisher and Yates. */
int work_order(const struct load_work *w, int64_t seed, uint32_t **ret, struct err *e)
{
	struct rng rng;
	size_t n = w->n_samples;
	uint32_t *order = *ret = calloc(n, sizeof(*order));
	if (!order)
		return err_sys(e, "cannot hold the order of %zu samples", n);
	rng_init_named(&rng, (uint64_t)seed, "samples");
	for (size_t i = 0; i < n; i++) {
		size_t k = (size_t)rng_below(&rng, i + 1);
		order[i] = order[k];
		order[k] = (uint32_t)i;
	}
	return 0;
}
