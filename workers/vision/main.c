/* workers/vision/main.c - the vision worker: answers chat requests about pictures, with classical
 * image processing (leptonica) and text recognition (tesseract).
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "base/util.h"
#include "chat.h"
#include "look.h"
#include "read.h"
#include "worker/guest.h"

static unsigned languages;	/* read_open() */

static int open_vision(int argc, char **argv, json_t *ready, struct err *e)
{
	(void)argv;
	if (argc > 1)
		return err_set(e, ERR_USAGE, "the vision worker takes no arguments");
	if (read_open(&languages, e) < 0)
		return -1;
	json_t *list = json_array();
	if (languages & 1)
		json_array_append_new(list, json_string("en"));
	if (languages & 2)
		json_array_append_new(list, json_string("zh"));
	json_put(ready, "languages", list);
	json_put_text(ready, "model", "assay-vision");
	json_put_text(ready, "version", ASSAY_VERSION);
	return 0;
}

/* What the eyes can say, or the honest rest. */
static int answer_pictures(struct voice *v, const struct chat *c, const struct question *q,
			   struct arena *a)
{
	struct look l = {.voice = v, .q = q, .a = a, .first_number = 1,
			 .can_read = languages != 0, .pictures = c->pictures,
			 .n = c->n_pictures};
	if (q->image != 0) {
		l.first_number = q->image < 0 ? (long)c->n_pictures : q->image;
		l.pictures = c->pictures + l.first_number - 1;
		l.n = 1;
	}
	l.sights = arena_array(a, l.n, sizeof(*l.sights));
	l.charts = arena_array(a, l.n, sizeof(*l.charts));
	l.seen = arena_array(a, l.n, sizeof(*l.seen));
	int rc = look_answer(&l);
	look_release(&l);
	return rc;
}

static void answer(struct voice *v, const struct chat *c, struct arena *a)
{
	const char *text = c->said.items[c->said.n - 1];
	struct question q;
	question_read(text, c->n_pictures, a, &q);
	v->zh = c->style.chinese || (q.zh && !c->style.english);
	if (c->audio)
		voice_tell(v, "I have no ears: I cannot hear the audio.",
			   "我没有听觉，无法听取音频。");
	if (talk_repeat(v, text, a))
		return;
	if (c->n_pictures > 0 && (q.topic != TOPIC_NONE || !*text)) {
		(void)answer_pictures(v, c, &q, a);
		return;
	}
	if (talk_answer(v, &c->said, &c->style, a) || (c->audio && c->n_pictures == 0))
		return;
	if (q.topic != TOPIC_NONE && q.images)
		voice_tell(v, "There is no image in this request, so I cannot look at it.",
			   "请求中没有图片，我无法查看。");
	talk_unknown(v);
	if (c->n_pictures > 0 && voice_open(v))
		(void)answer_pictures(v, c, &q, a);
}

static int request(struct guest_request *r, const struct frame *f, json_t *done, struct err *e)
{
	CLEANUP(arena_freep) struct arena *a = arena_new();
	CLEANUP(voice_release) struct voice v;
	struct chat c;
	int rc = voice_init(&v, r, f->header, e);
	if (rc < 0 || chat_read(f, a, &c, e) < 0)
		return -1;
	/* The question may ask for a form as well, but a repeated sentence is not an order. */
	struct style style = c.style;
	style_read(c.said.items[c.said.n - 1], a, &style);
	style.always = c.style.always;
	style.name = c.style.name;
	c.style = style;
	v.upper = style.upper;
	v.lower = style.lower;
	if (style.begin)
		voice_say(&v, style.begin);
	if (style.always)
		voice_say(&v, style.always);
	else
		answer(&v, &c, a);
	if (style.end) {
		voice_say(&v, " ");
		voice_say(&v, style.end);
	}
	json_put_int(done, "prompt_tokens", c.prompt_tokens);
	return voice_end(&v, done);
}

static const struct guest vision = {
	.name = "vision",
	.task = "chat",
	.payload_max = (size_t)512 << 20,
	.open = open_vision,
	.request = request,
	.close = read_close,
};

/* tesseract asks OpenMP for four threads whatever omp_set_num_threads() says; only this limit,
 * which is read when the program is loaded, keeps a worker to the one core that it is given. */
static void limit_threads(char **argv)
{
	if (getenv("OMP_THREAD_LIMIT"))
		return;
	if (setenv("OMP_THREAD_LIMIT", "1", 1) == 0)
		(void)execv("/proc/self/exe", argv);
}

int main(int argc, char **argv)
{
	limit_threads(argv);
	return guest_main(&vision, argc, argv);
}
