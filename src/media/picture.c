/* src/media/picture.c - made pictures from the draw worker (see picture.h).
 * SPDX-License-Identifier: Apache-2.0 */
#include "media/picture.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"
#include "base/util.h"
#include "worker/host.h"

#define DRAW_TIMEOUT (60 * NS_PER_S)
#define PROGRAM "assay-worker-draw"

struct painter {
	struct worker *worker;
};

struct painter *painter_new(void)
{
	return calloc(1, sizeof(struct painter));
}

struct painter *painter_free(struct painter *p)
{
	if (p)
		p->worker = worker_free(p->worker);
	free(p);
	return NULL;
}

static int start(struct painter *p, struct err *e)
{
	if (p->worker)
		return 0;
	CLEANUP(free_ptr) char *program = file_find_worker(PROGRAM);
	if (!program)
		return err_set(e, ERR_UNSUPPORTED, "this build cannot draw (%s is missing)",
			PROGRAM);
	struct worker_spec spec = {.program = program, .ready_timeout_ns = 30 * NS_PER_S};
	if (worker_start(&spec, &p->worker, e) == 0 && worker_wait_ready(p->worker, e) == 0)
		return 0;
	p->worker = worker_free(p->worker);
	return -1;
}

struct drawn {
	const char *name, *mime;
	struct arena *arena;
	struct media *ret;
	bool came;
	struct err e;
};

static int take_frame(const struct frame *f, void *ctx)
{
	struct drawn *d = ctx;
	if (strcmp(f->type, "image") != 0)
		return 0;
	if (media_from_bytes(d->name, d->mime, f->payload, f->payload_len, d->arena, d->ret,
			     &d->e) < 0)
		return -1;
	if (d->ret->width == 0)
		return err_set(&d->e, ERR_DATA, "the draw worker sent no %s", d->mime);
	d->came = true;
	return 0;
}

int painter_draw(struct painter *p, const json_t *scene, const char *name, const char *format,
		 struct arena *a, struct media *ret, struct err *e)
{
	bool png = strcmp(format, "png") == 0;
	if (!png && strcmp(format, "jpeg") != 0)
		return err_set(e, ERR_USAGE, "pictures are drawn as png or jpeg, not '%s'", format);
	if (start(p, e) < 0)
		return -1;
	struct media made;
	struct err why = {0};
	struct drawn d = {name, png ? "image/png" : "image/jpeg", a, &made, false, {0}};
	json_t *header = json_pack("{s:s, s:s, s:O}", "type", "draw", "format", format,
				   "scene", scene);
	if (!header)
		return err_set(e, ERR_SYSTEM, "no memory for a scene");
	int rc = worker_call(p->worker, header, NULL, 0, clock_now() + DRAW_TIMEOUT, take_frame, &d,
			     NULL, &why);
	if (rc == 0 && !d.came)
		rc = err_set(&why, ERR_DATA, "the draw worker sent no picture");
	if (rc == 0) {
		*ret = made;
		return 0;
	}
	if (why.code == ERR_SYSTEM)
		p->worker = worker_free(p->worker);
	if (e)
		*e = d.e.code ? d.e : why;
	return err_prefix(e, "drawing '%s': ", name ? name : "a picture");
}
