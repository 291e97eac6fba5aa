/* workers/vision/look.c - looking at pictures when they are needed, and naming what was seen.
 * SPDX-License-Identifier: Apache-2.0 */
#include "look.h"

#include <string.h>

#include "base/util.h"
#include "read.h"

/* What belongs to a chart is no shape of its own. */
static void hide_chart(struct sight *s, const struct chart *c)
{
	int room = MAX(s->view.width, s->view.height) / 50 + 4;
	for (size_t i = 0; i < s->n_blobs; i++) {
		struct box *b = &s->blobs[i].box;
		if (b->x1 > c->plot.x0 - room && b->x0 < c->plot.x1 + room &&
		    b->y1 > c->plot.y0 - room && b->y0 < c->plot.y1 + room)
			s->blobs[i].is_object = false;
	}
}

const struct sight *look_at(struct look *l, size_t i)
{
	struct voice *v = l->voice;
	if (l->seen[i])
		return &l->sights[i];
	if (!voice_open(v) || voice_cancelled(v))
		return NULL;
	bool sure = l->q->topic == TOPIC_CHART;
	if (sight_make(&l->pictures[i], l->a, &l->sights[i], v->e) < 0) {
		v->failed = true;
		return NULL;
	}
	l->seen[i] = true;
	if (chart_find(&l->sights[i], sure, l->a, &l->charts[i], v->e) < 0) {
		v->failed = true;
		return NULL;
	}
	if (l->charts[i].found)
		hide_chart(&l->sights[i], &l->charts[i]);
	return &l->sights[i];
}

void look_release(struct look *l)
{
	for (size_t i = 0; i < l->n; i++) {
		if (l->seen[i])
			sight_release(&l->sights[i]);
	}
}

bool look_matches(const struct question *q, const struct blob *b)
{
	if (!b->is_object || (q->color >= 0 && b->color != (enum color)q->color))
		return false;
	if (q->shape < 0)
		return true;
	/* A square is a rectangle as well, but who asks for rectangles does not mean squares. */
	return b->shape == (enum shape)q->shape;
}

size_t look_count(const struct sight *s, const struct question *q)
{
	size_t n = 0;
	for (size_t i = 0; i < s->n_blobs; i++)
		n += look_matches(q, &s->blobs[i]);
	return n;
}

const char *look_name(struct look *l, const struct blob *b)
{
	bool zh = l->voice->zh;
	const char *color = word_color(b->color, zh), *shape = word_shape(b->shape, zh, false);
	return arena_fmt(l->a, zh ? "%s%s" : "%s %s", color, shape);
}

/* Kinds in the order of reading, each with its number. */
bool look_list(struct look *l, const struct sight *s, bool all, struct buf *out)
{
	struct {
		enum color color;
		enum shape shape;
		int n;
	} kinds[N_COLORS * N_SHAPES];
	size_t n = 0;
	bool zh = l->voice->zh;
	for (size_t i = 0; i < s->n_blobs; i++) {
		const struct blob *b = &s->blobs[i];
		if (all ? !b->is_object : !look_matches(l->q, b))
			continue;
		size_t k = 0;
		while (k < n && (kinds[k].color != b->color || kinds[k].shape != b->shape))
			k++;
		if (k == n) {
			kinds[n].color = b->color;
			kinds[n].shape = b->shape;
			kinds[n++].n = 0;
		}
		kinds[k].n++;
	}
	for (size_t k = 0; k < n; k++) {
		const char *color = word_color(kinds[k].color, zh);
		const char *shape = word_shape(kinds[k].shape, zh, kinds[k].n > 1);
		if (k > 0)
			(void)buf_str(out, zh ? (k + 1 == n ? "和" : "、") :
					   k + 1 == n ? " and " : ", ");
		(void)buf_fmt(out, zh ? "%d个%s%s" : "%d %s %s", kinds[k].n, color, shape);
	}
	return n > 0;
}

const char *look_text(struct look *l, size_t i)
{
	const struct sight *s = look_at(l, i);
	CLEANUP(buf_release) struct buf text = BUF_INIT((size_t)1 << 18);
	if (!s)
		return NULL;
	if (l->can_read &&
	    read_text(s, voice_cancelled, l->voice, &text, l->voice->e) < 0) {
		l->voice->failed = true;
		return NULL;
	}
	return arena_str(l->a, text.len ? text.data : "");
}

static void tell_number(struct look *l, size_t i)
{
	if (l->n > 1)
		voice_tell(l->voice, "Image %ld:", "第%ld张图：", l->first_number + (long)i);
}

int look_answer(struct look *l)
{
	switch (l->q->topic) {
	case TOPIC_MOTION:
		look_motion(l);
		break;
	case TOPIC_COMPARE:
		look_compare(l);
		break;
	case TOPIC_WHICH:
		look_which(l);
		break;
	default:
		for (size_t i = 0; i < l->n && voice_open(l->voice); i++) {
			tell_number(l, i);
			look_one(l, i);
		}
	}
	return l->voice->failed ? -1 : 0;
}
