/* src/serve/transcript.c - see transcript.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "serve/transcript.h"

#include <math.h>

#include "base/json.h"
#include "base/util.h"

void transcript_add(struct transcript *t, const json_t *segment)
{
	double start = 0;
	double end = 0;
	if (!t->segments)
		t->segments = json_array();
	(void)json_number(segment, "start", &start);
	(void)json_number(segment, "end", &end);
	(void)json_array_append_new(t->segments,
				    json_pack("{s:f, s:f, s:s}", "start", start, "end", end, "text",
					      json_text(segment, "text", "")));
}

void transcript_end(struct transcript *t, const json_t *done)
{
	const char *language = json_text(done, "language", NULL);
	t->text = strdup(json_text(done, "text", ""));
	t->language = language ? strdup(language) : NULL;
}

void transcript_release(struct transcript *t)
{
	json_decref(t->segments);
	free(t->text);
	free(t->language);
}

json_t *transcript_segments(const struct transcript *t)
{
	if (t->segments && json_array_size(t->segments) > 0)
		return json_incref(t->segments);
	if (!t->text || !*t->text)
		return json_array();
	return json_pack("[{s:f, s:f, s:s}]", "start", 0.0, "end", t->seconds, "text", t->text);
}

static void put_time(struct buf *out, double seconds, char point)
{
	long long ms = llround(seconds * 1000);
	ms = MAX(ms, 0);
	(void)buf_fmt(out, "%02lld:%02lld:%02lld%c%03lld", ms / 3600000, ms / 60000 % 60,
		      ms / 1000 % 60, point, ms % 1000);
}

/* An empty line would end the block. */
static void put_lines(struct buf *out, const char *text)
{
	for (const char *p = text; *p; p++)
		(void)buf_char(out, *p == '\n' || *p == '\r' ? ' ' : *p);
}

static void put_blocks(const struct transcript *t, bool numbered, char point, struct buf *out)
{
	json_t *segments = transcript_segments(t);
	for (size_t i = 0; i < json_array_size(segments); i++) {
		const json_t *s = json_array_get(segments, i);
		double start = 0;
		double end = 0;
		(void)json_number(s, "start", &start);
		(void)json_number(s, "end", &end);
		if (numbered)
			(void)buf_fmt(out, "%zu\n", i + 1);
		put_time(out, start, point);
		(void)buf_str(out, " --> ");
		put_time(out, end, point);
		(void)buf_char(out, '\n');
		put_lines(out, json_text(s, "text", ""));
		(void)buf_str(out, "\n\n");
	}
	json_decref(segments);
}

void transcript_srt(const struct transcript *t, struct buf *out)
{
	put_blocks(t, true, ',', out);
}

void transcript_vtt(const struct transcript *t, struct buf *out)
{
	(void)buf_str(out, "WEBVTT\n\n");
	put_blocks(t, false, '.', out);
}
