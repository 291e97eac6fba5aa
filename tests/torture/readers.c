/* tests/torture/readers.c - more pieces of work under failing memory and system calls: what reads
 * files and texts of others, and what writes reports.
 * SPDX-License-Identifier: Apache-2.0 */
#include "torture.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "audio/decode.h"
#include "base/file.h"
#include "base/json.h"
#include "base/util.h"
#include "catalog/catalog.h"
#include "deploy/manifest.h"
#include "http/url.h"
#include "load/trace.h"
#include "media/sample.h"
#include "monitor/npu_text.h"
#include "monitor/page.h"
#include "plan/plan.h"
#include "protocols/form.h"
#include "report/writer.h"
#include "result/result.h"
#include "store/store.h"
#include "text/transcripts.h"

static int full(struct err *e)
{
	return err_set(e, ERR_SYSTEM, "a buffer could not grow");
}

/* A file of these bytes for one piece of work; its path, good until the next one. */
static const char *scratch(const char *name)
{
	static char path[128];
	(void)snprintf(path, sizeof(path), P_tmpdir "/assay-torture-%d-%s", (int)getpid(), name);
	return path;
}

static const char *file_of(const char *name, const void *data, size_t len, struct err *e)
{
	const char *path = scratch(name);
	return file_write(path, data, len, e) < 0 ? NULL : path;
}

static int url_work(struct err *e)
{
	char path[512];
	struct url u;
	if (url_parse("https://[2001:db8::1]:8443/v1/?a=b", &u, e) < 0 ||
	    url_join(&u, "chat", path, sizeof(path), e) < 0)
		return -1;
	return u.port == 8443 && u.tls && strstr(path, "chat") ? 0 : TORTURE_WRONG;
}

static int plan_work(struct err *e)
{
	static const char text[] =
		"assay: 1\nservices:\n  asr: {url: \"http://127.0.0.1:1/transcribe\", "
		"protocol: transcribe, headers: {X: y}}\ndata:\n  d: {made: speech, count: 3}\n"
		"performance:\n  - {service: asr, requests: 5}\n";
	static const struct plan_section sections[] = {{"performance", true}, {0}};
	const char *path = file_of("plan.yaml", text, sizeof(text) - 1, e);
	CLEANUP(arena_freep) struct arena *a = arena_new();
	struct strings sets = {0};
	struct plan p = {0};
	int rc = path ? plan_read(path, &sets, sections, a, &p, e) : -1;
	if (rc == 0)
		rc = p.n_services == 1 && p.n_data == 1 && plan_item(&p, &sections[0], 0)
			     ? 0 : TORTURE_WRONG;
	plan_release(&p);
	(void)unlink(scratch("plan.yaml"));
	return rc;
}

static int manifest_work(struct err *e)
{
	static const char text[] = "assay: 1\nservices:\n  asr: {command: [sh, -c, \"{port}\"], "
				   "devices: [0, 1], replicas: 2, ready: {url: /health}}\n";
	const char *path = file_of("deploy.yaml", text, sizeof(text) - 1, e);
	CLEANUP(arena_freep) struct arena *a = arena_new();
	struct manifest m = {0};
	int rc = path ? manifest_read(path, a, &m, e) : -1;
	if (rc == 0)
		rc = m.n == 1 && m.units[0].replicas == 2 && m.units[0].devices.n == 2
			     ? 0 : TORTURE_WRONG;
	(void)unlink(scratch("deploy.yaml"));
	return rc;
}

static int catalog_work(struct err *e)
{
	static const char text[] = "chips:\n  - {name: c1, vendor: v, title: T, memory: 64 GiB, "
				   "bf16: true, source: s}\n";
	const char *path = file_of("chips.yaml", text, sizeof(text) - 1, e);
	CLEANUP(arena_freep) struct arena *a = arena_new();
	struct strings files = {.items = &path, .n = 1};
	struct catalog c = {0};
	int rc = path ? catalog_load(&files, a, &c, e) : -1;
	if (rc == 0)
		rc = catalog_chip(&c, "c1") ? 0 : TORTURE_WRONG;
	(void)unlink(scratch("chips.yaml"));
	return rc;
}

static int form_work(struct err *e)
{
	struct service s;
	struct request r;
	struct form f;
	struct media m = {.name = "a.wav", .mime = "audio/wav", .data = "bytes", .len = 5};
	(void)snprintf(m.sha256, sizeof(m.sha256), "%064d", 7);
	service_defaults(&s);
	request_init(&r);
	form_begin(&f, &s, &r, &m);
	form_text(&f, "language", "en");
	form_real(&f, "temperature", 0.5);
	form_media(&f, "file", &m);
	int rc = form_end(&f, e);
	CLEANUP(buf_release) struct buf all = BUF_INIT(65536);
	for (size_t i = 0; rc == 0 && i < r.n_pieces; i++)
		if (buf_add(&all, request_piece_data(&r, i), r.pieces[i].len) < 0)
			rc = full(e);
	if (rc == 0)
		rc = all.len == request_length(&r) && memmem(all.data, all.len, "bytes\r\n--", 9)
			     ? 0 : TORTURE_WRONG;
	request_release(&r);
	service_release(&s);
	return rc;
}

static int sound_work(struct err *e, const char *format)
{
	static float samples[1600];
	CLEANUP(buf_release) struct buf file = BUF_INIT(1 << 20);
	struct audio back = {0};
	for (size_t i = 0; i < ARRAY_LEN(samples); i++)
		samples[i] = 0.5F * (float)sin((double)i / 10);
	int rc = audio_encode(samples, ARRAY_LEN(samples), 1, 16000, format, &file, e);
	if (rc == 0)
		rc = audio_decode(file.data, file.len, &back, e);
	if (rc == 0)
		rc = back.frames == ARRAY_LEN(samples) && fabsf(back.samples[800] - samples[800]) <
			     0.01F ? 0 : TORTURE_WRONG;
	audio_release(&back);
	return rc;
}

static int wav_work(struct err *e)
{
	return sound_work(e, "wav");
}

static int flac_work(struct err *e)
{
	return sound_work(e, "flac");
}

static int npu_work(struct err *e)
{
	static const char text[] =
		"| 0     910B3               | OK            | 91.6        50                0    / 0             |\n"
		"| 0                         | 0000:C1:00.0  | 0           0    / 0          3390 / 65536         |\n";
	static const char page[] = "vllm:num_requests_running{model_name=\"m\"} 2.0\n";
	CLEANUP(arena_freep) struct arena *a = arena_new();
	struct capture c;
	struct page_server server;
	(void)e;
	capture_init(&c, a);
	npu_text_parse(text, sizeof(text) - 1, &c);
	bool known = page_to_server(page, sizeof(page) - 1, &server) == 1;
	return known && server.values[PAGE_RUNNING] == 2 ? 0 : TORTURE_WRONG;
}

static int corpus_work(struct err *e)
{
	static const char text[] = "{\"id\":\"a\",\"text\":\"one two\"}\n{\"text\":\"three\"}\n";
	const char *path = file_of("corpus.jsonl", text, sizeof(text) - 1, e);
	CLEANUP(arena_freep) struct arena *a = arena_new();
	struct corpus c = {0};
	int rc = path ? corpus_read(path, "tts", a, &c, e) : -1;
	if (rc == 0)
		rc = c.n == 2 && strcmp(c.samples[0].text, "one two") == 0 ? 0 : TORTURE_WRONG;
	corpus_release(&c);
	(void)unlink(scratch("corpus.jsonl"));
	return rc;
}

static int trace_work(struct err *e)
{
	static const char text[] = "{\"timestamp\": 1.5, \"prompt_tokens\": 3}\n"
				   "{\"timestamp\": 0.5, \"output_length\": 4}\n";
	const char *path = file_of("trace.jsonl", text, sizeof(text) - 1, e);
	struct trace t = {0};
	int rc = path ? trace_read(path, &t, e) : -1;
	if (rc == 0)
		rc = t.n == 2 && t.items[1].prompt_tokens == 3 ? 0 : TORTURE_WRONG;
	trace_release(&t);
	(void)unlink(scratch("trace.jsonl"));
	return rc;
}

static int transcripts_work(struct err *e)
{
	static const char text[] = "file 1 0.00 0.30 hello 0.9\nfile 1 0.30 0.30 world\n";
	struct transcripts *t = NULL;
	if (transcripts_parse("a.ctm", text, sizeof(text) - 1, TRANSCRIPT_CTM, true, &t, e) < 0)
		return -1;
	int rc = t->n == 1 && strcmp(t->items[0].text, "hello world") == 0 ? 0 : TORTURE_WRONG;
	(void)transcripts_free(t);
	return rc;
}

static struct result *small_result(void)
{
	struct result *r = result_new();
	struct run *run = result_add_run(r, "one", "performance");
	run->attempted = run->outcomes[OUTCOME_OK] = 10;
	struct metric *m = run_metric(r, run, "latency", true);
	for (uint64_t i = 1; i <= 10; i++)
		hist_record(m->hist, i * 1000000);
	result_judge(r);
	return r;
}

static int result_work(struct err *e)
{
	struct result *r = small_result();
	json_t *j = result_to_json(r);
	struct result *back = j ? result_from_json(j, e) : NULL;
	int rc = !j ? full(e) : !back ? -1
		 : back->n_runs == 1 && back->runs[0]->attempted == 10 ? 0 : TORTURE_WRONG;
	json_decref(j);
	(void)result_free(r);
	(void)result_free(back);
	return rc;
}

static int report_work(struct err *e)
{
	static const struct writer_options o = {.lang = "en", .width = 80};
	const char *dir = scratch("report");
	char last[200];
	struct result *r = small_result();
	int rc = report_write_dir(r, dir, &o, e);
	(void)snprintf(last, sizeof(last), "%s/report.html", dir);
	if (rc == 0)
		rc = access(last, R_OK) == 0 ? 0 : TORTURE_WRONG;
	(void)result_free(r);
	(void)file_remove_tree(dir, NULL);
	return rc;
}

static int count_part(void *ctx, const struct soak_part *part, bool ended, struct err *e)
{
	(void)part;
	(void)e;
	*(int *)ctx += ended ? 10 : 0;
	return 0;
}

static int count_window(void *ctx, uint64_t number, const json_t *json, struct err *e)
{
	(void)number;
	(void)json;
	(void)e;
	++*(int *)ctx;
	return 0;
}

static int soak_round(struct store *s, struct err *e)
{
	CLEANUP(json_unref) json_t *about = json_pack("{s:i}", "a", 1);
	CLEANUP(json_unref) json_t *window = json_pack("{s:i}", "to_ns", 5);
	struct soak_part part = {.about = about, .boot = "b"};
	struct soak_row row = {.service = "asr"};
	if (!about || !window)
		return full(e);
	if (store_soak_begin(s, &part, false, e) < 0 ||
	    store_soak_window(s, &part, 0, &row, 1, window, e) < 0)
		return -1;
	return store_soak_end(s, &part, e);
}

static int soak_work(struct err *e)
{
	const char *path = scratch("soak");
	char db[160];
	struct store *s = NULL;
	int seen = 0;
	const struct soak_reader reader = {count_part, count_window, &seen};
	(void)snprintf(db, sizeof(db), "%s/results.db", path);
	int rc = file_make_dirs(path, e);
	if (rc == 0)
		rc = store_open(db, &s, e);
	if (rc == 0)
		rc = soak_round(s, e);
	(void)store_close(s);
	if (rc == 0)
		rc = store_soak_read(db, &reader, e);
	if (rc == 0)
		rc = seen == 11 ? 0 : TORTURE_WRONG;
	(void)file_remove_tree(path, NULL);
	return rc;
}

const struct torture tortures_of_readers[] = {
	{"url", url_work}, {"plan", plan_work}, {"manifest", manifest_work},
	{"catalog", catalog_work}, {"form", form_work}, {"wav", wav_work}, {"flac", flac_work},
	{"npu", npu_work}, {"corpus", corpus_work}, {"trace", trace_work},
	{"transcripts", transcripts_work}, {"result", result_work}, {"report", report_work},
	{"soak", soak_work}, {0},
};
