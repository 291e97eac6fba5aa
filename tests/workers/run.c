/* tests/workers/run.c - see run.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "run.h"

#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"
#include "base/util.h"

#define PATIENCE (100 * NS_PER_S)

struct worker *run_worker(const char *name)
{
	char program[64];
	(void)snprintf(program, sizeof(program), "assay-worker-%s", name);
	CLEANUP(free_ptr) char *path = file_find_worker(program);
	if (!path) {
		print_message("%s was not built\n", program);
		skip();
	}
	const struct worker_spec spec = {.program = path};
	struct worker *w = NULL;
	struct err e = {0};
	if (worker_start(&spec, &w, &e) < 0 || worker_wait_ready(w, &e) < 0)
		fail_msg("%s", e.text);
	return w;
}

void reply_release(struct reply *r)
{
	buf_release(&r->payload);
	json_decref(r->first);
	json_decref(r->list);
	json_decref(r->done);
	*r = (struct reply){0};
}

struct gathering {
	struct reply *to;
	uint64_t start;
};

static int gather(const struct frame *f, void *ctx)
{
	struct gathering *g = ctx;
	struct reply *r = g->to;
	if (strcmp(f->type, "done") == 0) {
		r->done = json_deep_copy(f->header);
		return 0;
	}
	if (r->frames++ == 0) {
		r->first = json_deep_copy(f->header);
		r->first_ns = clock_now() - g->start;
	}
	(void)json_array_append_new(r->list, json_deep_copy(f->header));
	return buf_add(&r->payload, f->payload, f->payload_len);
}

void collect(struct worker *w, int64_t id, struct reply *ret)
{
	*ret = (struct reply){.payload = BUF_INIT(BUF_UNLIMITED), .list = json_array()};
	struct gathering g = {ret, clock_now()};
	int rc = worker_collect(w, id, clock_now() + PATIENCE, gather, &g, &ret->client_fault,
				&ret->err);
	ret->total_ns = clock_now() - g.start;
	if (rc < 0 && ret->err.code != ERR_DATA)
		fail_msg("%s", ret->err.text);
	assert_true((rc == 0) == (ret->done != NULL));
}

void ask(struct worker *w, json_t *header, const void *payload, size_t len, struct reply *ret)
{
	assert_non_null(header);
	int64_t id = worker_next_id(w);
	json_put_int(header, "id", id);
	struct err e;
	if (worker_send(w, header, payload, len, clock_now() + PATIENCE, &e) < 0)
		fail_msg("%s", e.text);
	collect(w, id, ret);
}

void speak(struct worker *w, const char *text, const char *speaker, double speed,
	   struct reply *ret)
{
	json_t *h = json_pack("{s:s, s:s, s:f}", "type", "speak", "text", text, "speed", speed);
	json_put_text(h, "speaker", speaker);
	ask(w, h, NULL, 0, ret);
}

long status_number(const struct worker *w, const char *key)
{
	char path[64];
	(void)snprintf(path, sizeof(path), "/proc/%d/status", (int)worker_pid(w));
	CLEANUP(buf_release) struct buf text = BUF_INIT(65536);
	struct err e;
	if (file_read(path, &text, &e) < 0)
		fail_msg("%s", e.text);
	const char *at = strstr(text.data, key);
	return at ? strtol(at + strlen(key), NULL, 10) : -1;
}

size_t peak_memory(const struct worker *w)
{
	long kib = status_number(w, "VmHWM:\t");
	assert_true(kib > 0);
	return (size_t)kib * 1024;
}
