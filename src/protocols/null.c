/* src/protocols/null.c - no protocol: any reply of status 200 is ok.
 *
 * For measuring the load engine itself, and for pages that only have to be there. Sends GET, or
 * POST with the plan's body as JSON where there is one.
 * SPDX-License-Identifier: Apache-2.0 */
#include "protocols/json_text.h"
#include "protocols/table.h"

static int null_encode(const struct service *s, const struct sample *sample, const struct ask *ask,
		       struct request *out, struct err *e)
{
	(void)sample;
	(void)ask;
	if (s->n_fields == 0) {
		out->method = "GET";
		return 0;
	}
	struct json_text w;
	json_text_begin(&w, s, out);
	return json_text_end(&w, e);
}

static enum outcome null_head(void *state, const struct service *s, const struct ask *ask,
			      const struct http_head *head, struct answer *answer)
{
	(void)state;
	(void)s;
	(void)ask;
	(void)head;
	(void)answer;
	return OUTCOME_OK;
}

static enum outcome null_receive(void *state, const char *data, size_t len,
				 const struct arrival *at, struct answer *answer)
{
	(void)state;
	(void)data;
	(void)len;
	(void)at;
	(void)answer;
	return OUTCOME_OK;
}

static enum outcome null_finish(void *state, const struct sample *sample, struct answer *answer)
{
	(void)state;
	(void)sample;
	(void)answer;
	return OUTCOME_OK;
}

const struct protocol protocol_null = {
	.name = "null",
	.summary = "any HTTP service: every reply of status 200 is ok",
	.route = "GET or POST, as the URL says",
	.full_route = true,
	.encode = null_encode,
	.head = null_head,
	.receive = null_receive,
	.finish = null_finish,
};
