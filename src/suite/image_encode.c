/* src/suite/image_encode.c - see image_encode.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "suite/image_encode.h"

#include <math.h>

#include "base/clock.h"
#include "base/stop.h"
#include "base/str.h"
#include "client/client.h"

#define SIDE      512
#define PAD_TRIES 4

struct pairs {
	struct client *client;
	const struct suite_env *env;
	struct arena *arena; /* of one pair: images are large */
	uint64_t seed;
	double *differences; /* s */
	size_t n;
	bool padded; /* every pair so far had the same prompt_tokens on both sides */
	double words_per_token;
};

static int draw(struct pairs *p, struct media *m, struct err *e)
{
	json_t *scene = json_pack("{si,si,ss,s[{ss,ss,si,si,si},{sI,sf}]}", "width", SIDE, "height",
				  SIDE, "background", "white", "items", "shape", "circle", "color",
				  "red", "x", SIDE / 2, "y", SIDE / 2, "size", SIDE / 3, "noise",
				  (json_int_t)(p->seed++ & INT32_MAX), "strength", 0.05);
	int rc = painter_draw(p->env->painter, scene, "image.jpg", "jpeg", p->arena, m, e);
	json_decref(scene);
	return rc;
}

/* Time to the first token without the upload. False when the request failed. */
static bool ask(struct pairs *p, const struct sample *sample, double *ret_s, int64_t *ret_tokens,
		struct err *e)
{
	struct call call;
	call_init(&call, sample);
	call.ask.stream = true;
	call.ask.max_tokens = 2;
	call.ask.keep = false;
	bool ok = client_call(p->client, &call, e) == 0 && call.outcome == OUTCOME_OK &&
		  call.answer.first_token > 0;
	if (ok) {
		uint64_t uploaded = MAX(call.upload_done, call.start);
		*ret_s = ns_to_s(call.answer.first_token) - ns_to_s(uploaded);
		*ret_tokens = call.answer.prompt_tokens;
	}
	call_release(&call);
	return ok;
}

static const char *padded_question(struct pairs *p, const char *question, size_t words)
{
	CLEANUP(buf_release) struct buf text = BUF_INIT((size_t)1 << 22);
	(void)buf_fmt(&text, "%016llx ", (unsigned long long)p->seed++);
	for (size_t i = 0; i < words; i++)
		(void)buf_str(&text, "word ");
	(void)buf_str(&text, question);
	return arena_strn(p->arena, text.data, text.len);
}

/* Ask the text alone, with as many filler words as give the image's prompt_tokens. */
static bool ask_padded(struct pairs *p, const char *question, int64_t wanted, double *ret_s,
		       struct err *e)
{
	double words = 0;
	for (int i = 0; i < PAD_TRIES; i++) {
		struct sample text = {.id = "text"};
		int64_t tokens = -1;
		text.question = padded_question(p, question, (size_t)words);
		if (!ask(p, &text, ret_s, &tokens, e))
			return false;
		if (wanted < 0 || tokens < 0) {
			p->padded = false;
			return true;
		}
		double off = (double)(wanted - tokens);
		if (fabs(off) <= MAX(1.0, 0.02 * (double)wanted))
			return true;
		words = MAX(0.0, words + off * p->words_per_token);
	}
	p->padded = false;
	return true;
}

static int one_pair(struct pairs *p, const char *question, struct err *e)
{
	double with_image;
	double text_alone;
	int64_t tokens;
	struct media *image = ARENA_NEW(p->arena, struct media);
	const struct media *images[] = {image};
	struct sample sample = {.id = "image", .images = images, .n_images = 1};
	sample.question = padded_question(p, question, 0);
	if (draw(p, image, e) < 0)
		return -1;
	if (ask(p, &sample, &with_image, &tokens, e) &&
	    ask_padded(p, question, tokens, &text_alone, e))
		p->differences[p->n++] = with_image - text_alone;
	return 0;
}

static int ascending(const void *a, const void *b)
{
	double x = *(const double *)a;
	double y = *(const double *)b;
	return (x > y) - (x < y);
}

static void report(struct pairs *p, struct result *r, struct run *run)
{
	qsort(p->differences, p->n, sizeof(*p->differences), ascending);
	const char *name = p->padded ? "image_encode" : "image_cost";
	struct metric *m = run_metric(r, run, name, false);
	m->value = p->differences[(p->n - 1) / 2];
	m->note =
		arena_fmt(r->arena,
			  "median of %zu pair%s (%.1f to %.1f ms), %dx%d JPEG never seen "
			  "before%s",
			  p->n, str_plural(p->n), 1e3 * p->differences[0],
			  1e3 * p->differences[p->n - 1], SIDE, SIDE,
			  p->padded ? ", text padded to the same prompt_tokens"
				    : "; the text alone could not be padded to the same "
				      "prompt_tokens");
}

int image_encode_measure(const struct service *service, const struct load_work *work, size_t pairs,
			 const struct suite_env *env, struct result *r, struct run *run,
			 struct err *e)
{
	struct pairs p = {.env = env, .padded = true, .words_per_token = 1.0, .seed = clock_wall()};
	const char *question = work->n_samples && work->samples[0].question
				       ? work->samples[0].question
				       : "What is in this image?";
	int rc = client_new(service, &p.client, e);
	CLEANUP(free_ptr) double *differences = calloc(pairs + 1, sizeof(*differences));
	p.differences = differences;
	for (size_t i = 0; rc == 0 && differences && i < pairs && !stop_requested(); i++) {
		p.arena = arena_new();
		rc = one_pair(&p, question, e);
		p.arena = arena_free(p.arena);
	}
	(void)client_free(p.client);
	if (rc == 0 && p.n * 2 < pairs)
		rc = err_set(e, ERR_DATA, "only %zu of %zu pair%s came back with answers", p.n,
			     pairs, str_plural(pairs));
	if (rc == 0)
		report(&p, r, run);
	return rc;
}
