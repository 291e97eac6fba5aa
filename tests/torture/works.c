/* tests/torture/works.c - the pieces of work that must stand failing memory and system calls.
 * SPDX-License-Identifier: Apache-2.0 */
#include "torture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/base64.h"
#include "base/file.h"
#include "base/json.h"
#include "base/opt.h"
#include "base/process.h"
#include "base/util.h"
#include "base/yaml.h"
#include "http/http1.h"
#include "http/sse.h"
#include "result/result.h"
#include "store/store.h"
#include "text/score.h"
#include "worker/frame.h"

static const char document[] = "{\"a\": [1, 2.5, \"t\\u00e9xt\", null], \"b\": {\"c\": true}}";
static const char compact[] = "{\"a\":[1,2.5,\"t\xc3\xa9xt\",null],\"b\":{\"c\":true}}";

static int is(const struct buf *b, const char *want)
{
	return b->len == strlen(want) && memcmp(b->data, want, b->len) == 0 ? 0 : TORTURE_WRONG;
}

static int full(struct err *e)
{
	return err_set(e, ERR_SYSTEM, "a buffer could not grow");
}

static int json_work(struct err *e)
{
	CLEANUP(json_unref) json_t *j = json_read(document, strlen(document), 8, e);
	CLEANUP(buf_release) struct buf text = BUF_INIT(4096);
	if (!j)
		return -1;
	return json_write(j, false, &text) < 0 ? full(e) : is(&text, compact);
}

static int yaml_work(struct err *e)
{
	static const char text[] = "a: &x [1, two]\nb: {c: *x, d: \"q\"}\ne: |\n  lines\n";
	CLEANUP(arena_freep) struct arena *a = arena_new();
	const struct yaml_node *root = yaml_parse(text, strlen(text), "plan.yaml", a, e);
	if (!root)
		return -1;
	const struct yaml_node *b = yaml_find(root, "b");
	const struct yaml_node *c = b ? yaml_find(b, "c") : NULL;
	return root->n == 3 && c && c->n == 2 ? 0 : TORTURE_WRONG;
}

struct settings {
	int64_t count;
	const char *name;
	struct strings words;
};

static const struct opt options[] = {
	{.name = "count", OPT_AT_INT(struct settings, count), .def = "3", .help = "how many"},
	{.name = "name", OPT_AT_STRING(struct settings, name), .help = "what it is called"},
	{.name = "words", OPT_AT_STRINGS(struct settings, words), .help = "a list"},
	{0},
};

static int opt_work(struct err *e)
{
	char words[][12] = {"--count", "7", "--name=x", "operand", "--words", "a,b"};
	char *argv[] = {words[0], words[1], words[2], words[3], words[4], words[5], NULL};
	CLEANUP(arena_freep) struct arena *a = arena_new();
	struct settings s = {0};
	struct strings operands = {0};
	struct optset set = {.rows = options, .to = &s};
	opt_defaults(options, &s);
	if (opt_from_args(&set, 1, 6, argv, &operands, a, e) < 0)
		return -1;
	return s.count == 7 && s.words.n == 2 && operands.n == 1 ? 0 : TORTURE_WRONG;
}

static int on_head(void *ctx, const struct http_head *head)
{
	(void)ctx;
	return head->status != 200;
}

static int on_body(void *ctx, const char *data, size_t len, bool last)
{
	(void)last;
	return buf_add(ctx, data, len);
}

static int http1_work(struct err *e)
{
	static const char reply[] = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
				    "5\r\nhello\r\n0\r\nT: v\r\n\r\n";
	static const struct http1_events events = {on_head, on_body};
	CLEANUP(buf_release) struct buf body = BUF_INIT(4096);
	struct http1 p;
	http1_init(&p);
	ssize_t n = 0;
	for (size_t at = 0; n >= 0 && at < strlen(reply); at += (size_t)MAX(n, 0))
		n = http1_push(&p, reply + at, MIN((size_t)7, strlen(reply) - at), &events, &body);
	bool done = p.state == HTTP1_DONE;
	http1_release(&p);
	if (n < 0)
		return err_set(e, ERR_DATA, "the response was not taken in");
	return done ? is(&body, "hello") : TORTURE_WRONG;
}

static int on_event(void *ctx, const struct sse_event *ev)
{
	return buf_add(ctx, ev->data.data, ev->data.len) < 0 ? 1 : 0;
}

static int sse_work(struct err *e)
{
	static const char stream[] = "event: x\ndata: one\ndata: two\n\ndata: [DONE]\n\n";
	CLEANUP(buf_release) struct buf all = BUF_INIT(4096);
	struct sse s;
	sse_init(&s, 4096);
	int rc = 0;
	for (size_t at = 0; rc == 0 && at < strlen(stream); at++)
		rc = sse_push(&s, stream + at, 1, on_event, &all);
	sse_release(&s);
	return rc != 0 ? full(e) : is(&all, "one\ntwo[DONE]");
}

static int exchange(const int ends[2], struct frame_reader *r, struct err *e)
{
	struct frame f;
	json_t *header = json_pack("{s:s, s:i}", "type", "audio", "id", 4);
	if (!header)
		return full(e);
	if (frame_send(ends[0], header, "payload", 7, UINT64_MAX, e) < 0)
		return -1;
	(void)shutdown(ends[0], SHUT_WR);	/* a frame that was lost is not waited for */
	if (frame_read(r, ends[1], &f, e) < 0)
		return -1;
	return f.id == 4 && f.payload_len == 7 && memcmp(f.payload, "payload", 7) == 0
		       ? 0 : TORTURE_WRONG;
}

static int frame_work(struct err *e)
{
	int ends[2];
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
		return err_sys(e, "cannot make a pair of sockets");
	struct frame_reader *r = frame_reader_new(4096);
	int rc = r ? exchange(ends, r, e) : full(e);
	(void)frame_reader_free(r);
	(void)close(ends[0]);
	(void)close(ends[1]);
	return rc;
}

static const char *scratch(const char *name)
{
	static char path[128];
	(void)snprintf(path, sizeof(path), P_tmpdir "/assay-torture-%d-%s", (int)getpid(),
		       name);
	return path;
}

static int file_work(struct err *e)
{
	CLEANUP(buf_release) struct buf b = BUF_INIT(4096);
	const char *path = scratch("file");
	int rc = file_write(path, "content", 7, e);
	if (rc == 0)
		rc = file_read(path, &b, e);
	if (rc == 0)
		rc = is(&b, "content");
	(void)unlink(path);
	return rc;
}

static int base64_work(struct err *e)
{
	CLEANUP(buf_release) struct buf text = BUF_INIT(4096);
	CLEANUP(buf_release) struct buf back = BUF_INIT(4096);
	if (base64_encode(document, strlen(document), &text) < 0 ||
	    base64_decode(text.data, text.len, &back) < 0)
		return full(e);
	return is(&back, document);
}

static int process_work(struct err *e)
{
	const char *const argv[] = {"echo", "hello", NULL};
	CLEANUP(buf_release) struct buf out = BUF_INIT(4096);
	int status;
	if (process_run(argv, NULL, (uint64_t)10e9, false, &out, &status, e) < 0)
		return -1;
	if (status != 0)
		return err_set(e, ERR_SYSTEM, "it ended with status %d", status);
	return is(&out, "hello\n");
}

static int score_texts(struct transcripts *ref, struct transcripts *hyp, struct err *e)
{
	struct score *s = NULL;
	const struct score_options o = {.unit = TOKEN_WORD, .normalizer = NORMALIZE_BASIC};
	if (score_corpus(ref, hyp, &o, &s, e) < 0)
		return -1;
	bool right = s->n == 2 && s->total.substitutions == 1 && s->total.hits == 3;
	(void)score_free(s);
	return right ? 0 : TORTURE_WRONG;
}

static int score_work(struct err *e)
{
	static const char said[] = "u1 Hello, world\nu2 good morning\n";
	static const char heard[] = "u1 hello word\nu2 good morning\n";
	struct transcripts *ref = NULL;
	struct transcripts *hyp = NULL;
	int rc = transcripts_parse("ref", said, strlen(said), TRANSCRIPT_KALDI, false, &ref, e);
	if (rc == 0)
		rc = transcripts_parse("hyp", heard, strlen(heard), TRANSCRIPT_KALDI, true, &hyp,
				       e);
	if (rc == 0)
		rc = score_texts(ref, hyp, e);
	(void)transcripts_free(ref);
	(void)transcripts_free(hyp);
	return rc;
}

static int hist_work(struct err *e)
{
	struct hist *h = NULL;
	struct hist *again = NULL;
	CLEANUP(buf_release) struct buf text = BUF_INIT(BUF_UNLIMITED);
	int rc = hist_new(&h, e) < 0 || hist_new(&again, e) < 0 ? -1 : 0;
	for (uint64_t i = 1; rc == 0 && i < 1000; i++)
		hist_record(h, i * i);
	if (rc == 0)
		rc = hist_write(h, &text) < 0 ? full(e) :
						hist_read(again, text.data, text.len, e);
	if (rc == 0)
		rc = hist_count(again) == 999 && hist_max(again) == 998001 ? 0 : TORTURE_WRONG;
	(void)hist_free(h);
	(void)hist_free(again);
	return rc;
}

static int store_round(const char *path, const struct result *r, struct err *e)
{
	struct store *s = NULL;
	struct result *back = NULL;
	if (store_open(path, &s, e) < 0)
		return -1;
	int rc = store_save(s, r, e);
	(void)store_close(s);
	if (rc == 0)
		rc = store_load(path, &back, e);
	if (rc == 0)
		rc = back->n_runs == 1 && back->runs[0]->attempted == 10 ? 0 : TORTURE_WRONG;
	(void)result_free(back);
	return rc;
}

static int store_work(struct err *e)
{
	const char *path = scratch("store");
	char db[160];
	(void)snprintf(db, sizeof(db), "%s/results.db", path);
	if (file_make_dirs(path, e) < 0)
		return -1;
	struct result *r = result_new();
	struct run *run = result_add_run(r, "one", "performance");
	run->attempted = run->outcomes[OUTCOME_OK] = 10;
	struct metric *m = run_metric(r, run, "latency", true);
	for (uint64_t i = 1; i <= 10; i++)
		hist_record(m->hist, i * 1000000);
	result_judge(r);
	int rc = store_round(db, r, e);
	(void)result_free(r);
	(void)file_remove_tree(path, NULL);
	return rc;
}

const struct torture tortures[] = {
	{"json", json_work}, {"yaml", yaml_work}, {"opt", opt_work}, {"http1", http1_work},
	{"sse", sse_work}, {"frame", frame_work}, {"file", file_work}, {"base64", base64_work},
	{"process", process_work}, {"score", score_work}, {"hist", hist_work},
	{"store", store_work}, {0},
};
