/* src/client/asking.c - see asking.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "client/asking.h"

#include "base/util.h"
#include "client/hint.h"
#include "client/speaking.h"

#define HEAD_MAX ((size_t)64 << 10)

static const struct exchange_events events;

int asking_init(struct asking *a, struct site_link *l, void (*end)(struct asking *), void *user,
		struct err *e)
{
	const struct service *s = l->site->service;
	*a = (struct asking){.link = l, .end = end, .user = user};
	a->state = calloc(1, MAX(s->protocol->state_size, (size_t)1));
	if (!a->state)
		return err_sys(e, "cannot hold a request");
	exchange_init(&a->x);
	request_init(&a->request);
	buf_init(&a->head, HEAD_MAX);
	a->x.events = &events;
	a->x.ctx = a;
	a->x.idle_ns = s->idle_timeout_ns;
	a->x.connect_ns = s->connect_timeout_ns;
	a->x.retry_stale = true;
	return s->protocol->live ? speaking_new(a, &a->live, e) : 0;
}

void asking_release(struct asking *a)
{
	if (!a->state)
		return;
	a->live = speaking_free(a->live);
	exchange_release(&a->x);
	request_release(&a->request);
	buf_release(&a->head);
	free(a->state);
	a->state = NULL;
}

static int write_head(struct asking *a, const struct url *url, struct err *e)
{
	const struct service *s = a->link->site->service;
	const struct request *r = &a->request;
	char path[URL_PATH_MAX];
	if (url_join(url, r->path, path, sizeof(path), e) != 0)
		return -1;
	buf_clear(&a->head);
	(void)buf_str(&a->head, r->method);	/* no format: this is written for every request */
	(void)buf_char(&a->head, ' ');
	(void)buf_str(&a->head, path);
	(void)buf_str(&a->head, " HTTP/1.1\r\nHost: ");
	(void)buf_str(&a->head, url->authority);
	(void)buf_str(&a->head, "\r\nUser-Agent: assay/" ASSAY_VERSION "\r\nAccept: */*\r\n"
		      "Accept-Encoding: identity\r\n");
	(void)buf_str(&a->head, s->header_lines ? s->header_lines : "");
	(void)buf_add(&a->head, r->head.data, r->head.len);
	if (strcmp(r->method, "GET") != 0)
		(void)buf_fmt(&a->head, "Content-Length: %zu\r\n", request_length(r));
	(void)buf_str(&a->head, "\r\n");
	return a->head.failed ? err_set(e, ERR_USAGE, "the headers of a request to %s are larger "
					"than 64 KiB", s->name) : 0;
}

int asking_prepare(struct asking *a, const struct sample *sample, const struct ask *ask,
		   struct answer *answer, struct err *e)
{
	const struct service *s = a->link->site->service;
	a->sample = sample;
	a->ask = ask;
	a->answer = answer;
	a->hint[0] = '\0';
	exchange_clear(&a->x);
	request_clear(&a->request);
	answer_clear(answer);
	if (s->protocol->encode(s, sample, ask, &a->request, e) != 0)
		return -1;
	a->x.origin = site_link_choose(a->link);
	a->x.warm[0] = (struct conn_warm){a, offsetof(struct asking, x)};
	a->x.warm[1] = (struct conn_warm){a->state, s->protocol->state_size};
	a->x.warm[2] = (struct conn_warm){answer, ANSWER_WARM};
	if (a->live)
		return 0;
	if (write_head(a, &origin_endpoint(a->x.origin)->url, e) != 0)
		return -1;
	int r = exchange_add(&a->x, a->head.data, a->head.len);
	for (size_t i = 0; i < a->request.n_pieces && r == 0; i++)
		r = exchange_add(&a->x, request_piece_data(&a->request, i),
				 a->request.pieces[i].len);
	return r == 0 ? 0 : err_set(e, ERR_DATA, "a request to %s has too many pieces (images)",
				    s->name);
}

void asking_start(struct asking *a, uint64_t timeout_ns)
{
	a->x.timeout_ns = timeout_ns ? timeout_ns : a->link->site->service->timeout_ns;
	if (a->live)
		speaking_start(a->live, a->x.timeout_ns);
	else
		exchange_start(&a->x);
}

void asking_abort(struct asking *a, const char *words)
{
	if (a->live)
		speaking_abort(a->live, OUTCOME_ABORTED, words);
	else
		exchange_abort(&a->x, OUTCOME_ABORTED, words);
}

static void say_header(struct asking *a, const struct http_head *head, const char *name,
		       const char *before, const char *after)
{
	struct span value = http_header(head, name);
	if (!value.data)
		value = span_of("none");
	(void)snprintf(a->x.words, sizeof(a->x.words), "%s'%.*s'%s", before,
		       (int)MIN(value.len, (size_t)100), value.data, after);
}

static enum outcome on_head(void *ctx, const struct http_head *head)
{
	struct asking *a = ctx;
	const struct service *s = a->link->site->service;
	memset(a->state, 0, s->protocol->state_size);
	enum outcome outcome = s->protocol->head(a->state, s, a->ask, head, a->answer);
	a->state_live = true;
	if (head->status >= 300 && head->status < 400)
		hint_redirect(s, &origin_endpoint(a->x.origin)->url, a->request.path,
			      http_header(head, "Location"), a->hint);
	else if (head->status == 200 && outcome == OUTCOME_BAD_CONTENT_TYPE)
		say_header(a, head, "Content-Type", "content type ", "");
	/* of any other status the body is read, for its words */
	return head->status == 200 ? outcome : OUTCOME_OK;
}

static enum outcome on_body(void *ctx, const char *data, size_t len, const struct arrival *at)
{
	struct asking *a = ctx;
	if (a->x.status == 200)
		return a->link->site->service->protocol->receive(a->state, data, len, at,
								 a->answer);
	answer_note_error(a->answer, data, len);
	return OUTCOME_OK;
}

/* The hint in front of the service's own words. */
static void give_hint(struct asking *a, enum outcome outcome)
{
	char words[ANSWER_ERROR_MAX];
	size_t len = MIN(a->answer->error.len, sizeof(words));
	if (outcome == OUTCOME_HTTP_4XX && (a->x.status == 404 || a->x.status == 405))
		hint_not_found(a->link->site->service, &origin_endpoint(a->x.origin)->url,
			       a->request.path, (struct span){a->answer->error.data, len}, a->hint);
	if (!a->hint[0])
		return;
	if (len > 0)
		memcpy(words, a->answer->error.data, len);
	buf_clear(&a->answer->error);
	answer_note_error(a->answer, a->hint, strlen(a->hint));
	if (len == 0 || outcome == OUTCOME_HTTP_3XX)
		return;
	answer_note_error(a->answer, " (it said: ", 11);
	answer_note_error(a->answer, words, len);
	answer_note_error(a->answer, ")", 1);
}

static void on_end(void *ctx, enum outcome outcome)
{
	struct asking *a = ctx;
	if (outcome == OUTCOME_HTTP_3XX || outcome == OUTCOME_HTTP_4XX)
		give_hint(a, outcome);
	if (outcome == OUTCOME_OK && a->x.status != 200) {
		(void)snprintf(a->x.words, sizeof(a->x.words), "status %d instead of 200",
			       a->x.status);
		outcome = OUTCOME_BAD_HTTP;
	}
	asking_finish(a, outcome);
}

void asking_finish(struct asking *a, enum outcome outcome)
{
	const struct protocol *p = a->link->site->service->protocol;
	if (outcome == OUTCOME_OK)
		outcome = p->finish(a->state, a->sample, a->answer);
	if (a->state_live && p->release)
		p->release(a->state);
	a->state_live = false;
	a->outcome = outcome;
	a->end(a);
}

static const struct exchange_events events = {on_head, on_body, on_end};

struct span asking_detail(const struct asking *a)
{
	if (a->outcome == OUTCOME_OK)
		return (struct span){"", 0};
	if (a->answer->error.len > 0)
		return (struct span){a->answer->error.data, a->answer->error.len};
	return span_of(a->x.words);
}
