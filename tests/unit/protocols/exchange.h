/* tests/unit/protocols/exchange.h - a request written, a reply fed to a protocol in any pieces.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_EXCHANGE_H
#define TESTS_EXCHANGE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/yaml.h"
#include "protocols/protocol.h"

struct exchange {
	struct arena *arena;
	struct service service;
	struct sample sample;
	struct ask ask;
	struct answer answer;
	struct request request;
	struct err e;
};

static inline void exchange_begin(struct exchange *x, const char *yaml)
{
	*x = (struct exchange){.arena = arena_new()};
	const struct yaml_node *map = yaml_parse(yaml, strlen(yaml), "plan", x->arena, &x->e);
	assert_non_null(map);
	assert_int_equal(service_from_yaml(&x->service, "s", map, x->arena, &x->e), 0);
	if (service_check(&x->service, x->arena, &x->e) < 0)
		fail_msg("%s", x->e.text);
	ask_defaults(&x->ask);
	x->ask.keep = true;
	x->sample.id = "one";
	answer_init(&x->answer);
	request_init(&x->request);
}

static inline void exchange_end(struct exchange *x)
{
	answer_release(&x->answer);
	request_release(&x->request);
	service_release(&x->service);
	x->arena = arena_free(x->arena);
}

/* The request's body as one text, in the arena. */
static inline const char *exchange_request(struct exchange *x, size_t *ret_len)
{
	request_clear(&x->request);
	if (x->service.protocol->encode(&x->service, &x->sample, &x->ask, &x->request, &x->e) < 0)
		return NULL;
	size_t len = request_length(&x->request);
	char *all = arena_alloc(x->arena, len + 1);
	size_t at = 0;
	for (size_t i = 0; i < x->request.n_pieces; i++) {
		memcpy(all + at, request_piece_data(&x->request, i), x->request.pieces[i].len);
		at += x->request.pieces[i].len;
	}
	if (ret_len)
		*ret_len = len;
	return all;
}

/* A reply with this body, in pieces of at most `piece` bytes but the first, which has `first` (0:
 * none). Each piece is one read, 1 ms after the other from 1 ms on. */
static inline enum outcome exchange_reply(struct exchange *x, int status, const char *type,
					  const void *body, size_t len, size_t first, size_t piece)
{
	const struct protocol *p = x->service.protocol;
	struct http_head head = {.status = status, .content_length = -1, .chunked = true};
	if (type)
		head.headers[head.n_headers++] =
			(struct http_header){span_of("Content-Type"), span_of(type)};
	void *state = calloc(1, p->state_size + 1);
	answer_clear(&x->answer);
	enum outcome o = p->head(state, &x->service, &x->ask, &head, &x->answer);
	uint64_t now = 0;
	for (size_t at = 0; o == OUTCOME_OK && at < len;) {
		size_t n = at == 0 && first > 0 ? first : piece;
		n = n < len - at ? n : len - at;
		now += 1000000;
		struct arrival arrival = {now, 500, STAMP_KERNEL, true};
		char *exact = malloc(n);	/* a byte beyond it is found by the sanitizer */
		memcpy(exact, (const char *)body + at, n);
		o = p->receive(state, exact, n, &arrival, &x->answer);
		free(exact);
		at += n;
	}
	if (o == OUTCOME_OK)
		o = p->finish(state, &x->sample, &x->answer);
	if (p->release)
		p->release(state);
	free(state);
	return o;
}

/* The same in one piece, in single bytes, and cut in two at every byte: always this outcome. The
 * answer is that of the whole piece. */
static inline void exchange_expect(struct exchange *x, const char *type, const void *body,
				   size_t len, enum outcome want)
{
	for (size_t cut = 1; cut < len; cut += 1 + len / 4000) {
		enum outcome o = exchange_reply(x, 200, type, body, len, cut, len);
		if (o != want)
			fail_msg("cut at %zu: %s, not %s (%s)", cut, outcome_name(o),
				 outcome_name(want),
					x->answer.error.data ? x->answer.error.data : "");
	}
	assert_string_equal(outcome_name(exchange_reply(x, 200, type, body, len, 0, 1)),
			    outcome_name(want));
	assert_string_equal(outcome_name(exchange_reply(x, 200, type, body, len, 0, len + 1)),
			    outcome_name(want));
}

static inline void exchange_expect_text(struct exchange *x, const char *type, const char *body,
					enum outcome want)
{
	exchange_expect(x, type, body, strlen(body), want);
}

#endif
