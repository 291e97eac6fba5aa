/* src/load/record.c - see keeper.h and record.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/str.h"
#include "load/keeper_in.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/file.h"
#include "base/thread.h"
#include "base/util.h"

#define CHUNK_SIZE ((size_t)256 << 10)
#define WAITING_MAX ((size_t)64 << 20)	/* bytes on their way to the disk */

struct records {
	struct keeper *to;
	struct chunk *chunk;		/* NULL: none was free */
	uint64_t lost;
};

/* ---- the writer ---- */

static void put_back(struct keeper *r, struct chunk *c)
{
	r->waiting -= c->used;
	if (c->room == CHUNK_SIZE) {
		c->next = r->free;
		r->free = c;
	} else {
		free(c);
	}
}

static void *write_chunks(void *arg)
{
	struct keeper *r = arg;
	(void)pthread_mutex_lock(&r->lock);
	while (r->first || !r->ended) {
		struct chunk *c = r->first;
		if (!c) {
			(void)pthread_cond_wait(&r->more, &r->lock);
			continue;
		}
		r->first = c->next;
		if (!r->first)
			r->last = &r->first;
		bool good = r->failed == 0;
		(void)pthread_mutex_unlock(&r->lock);
		if (good && file_write_all(r->fd, c->data, c->used) < 0)
			good = false;
		int why = errno;
		(void)pthread_mutex_lock(&r->lock);
		if (!good && r->failed == 0)
			r->failed = why;
		put_back(r, c);
	}
	(void)pthread_mutex_unlock(&r->lock);
	return NULL;
}

int keeper_new(const char *dir, struct keeper **ret, struct err *e)
{
	char path[4096];
	struct keeper *r = calloc(1, sizeof(*r));
	if (!r)
		return err_set(e, ERR_SYSTEM, "no memory for the requests to export");
	(void)pthread_mutex_init(&r->lock, NULL);
	(void)pthread_cond_init(&r->more, NULL);
	r->last = &r->first;
	(void)snprintf(path, sizeof(path), "%s/.assay-requests-XXXXXX", dir ? dir : ".");
	r->fd = mkostemp(path, O_CLOEXEC);
	if (r->fd < 0) {
		(void)err_sys(e, "cannot keep the requests to export in '%s'", dir ? dir : ".");
		keeper_free(r);
		return -1;
	}
	(void)unlink(path);
	if (thread_start(&r->writer, "requests", write_chunks, r, e) < 0) {
		keeper_free(r);
		return -1;
	}
	r->writing = true;
	*ret = r;
	return 0;
}

void keeper_end_writer(struct keeper *r)
{
	if (!r->writing)
		return;
	(void)pthread_mutex_lock(&r->lock);
	r->ended = true;
	(void)pthread_cond_signal(&r->more);
	(void)pthread_mutex_unlock(&r->lock);
	(void)pthread_join(r->writer, NULL);
	r->writing = false;
}

struct keeper *keeper_free(struct keeper *r)
{
	if (!r)
		return NULL;
	keeper_end_writer(r);
	while (r->free) {
		struct chunk *c = r->free;
		r->free = c->next;
		free(c);
	}
	if (r->map)
		(void)munmap((void *)(uintptr_t)r->map, r->size);
	close_fd(&r->fd);
	tdestroy(r->ids, free);
	free(r->runs);
	(void)pthread_mutex_destroy(&r->lock);
	(void)pthread_cond_destroy(&r->more);
	free(r);
	return NULL;
}

int keeper_begin_run(struct keeper *r, size_t run, struct err *e)
{
	uint32_t *runs = realloc(r->runs, (r->n_runs + 1) * sizeof(*runs));
	if (!runs)
		return err_set(e, ERR_SYSTEM, "no memory for the requests to export");
	r->runs = runs;
	r->run = r->runs[r->n_runs++] = (uint32_t)run;
	return 0;
}

/* ---- a load thread ---- */

static struct chunk *new_chunk(size_t room)
{
	struct chunk *c = malloc(sizeof(*c) + room);
	if (c) {
		c->next = NULL;
		c->used = 0;
		c->room = room;
	}
	return c;
}

/* A chunk with room for len bytes; NULL: the disk is too far behind. */
static struct chunk *take_chunk(struct keeper *r, size_t len)
{
	struct chunk *c = NULL;
	(void)pthread_mutex_lock(&r->lock);
	bool may = r->waiting + MAX(len, CHUNK_SIZE) <= WAITING_MAX;
	if (may && len <= CHUNK_SIZE && r->free) {
		c = r->free;
		r->free = c->next;
		c->used = 0;
	}
	(void)pthread_mutex_unlock(&r->lock);
	return may && !c ? new_chunk(MAX(len, CHUNK_SIZE)) : c;
}

static void hand_over(struct records *s)
{
	struct keeper *r = s->to;
	struct chunk *c = s->chunk;
	s->chunk = NULL;
	if (!c)
		return;
	(void)pthread_mutex_lock(&r->lock);
	c->next = NULL;
	*r->last = c;
	r->last = &c->next;
	r->waiting += c->used;
	(void)pthread_cond_signal(&r->more);
	(void)pthread_mutex_unlock(&r->lock);
}

int records_new(struct keeper *r, struct records **ret, struct err *e)
{
	struct records *s = calloc(1, sizeof(*s));
	if (!s)
		return err_set(e, ERR_SYSTEM, "no memory for the requests to export");
	s->to = r;
	s->chunk = take_chunk(r, CHUNK_SIZE);
	*ret = s;
	return 0;
}

struct records *records_free(struct records *s)
{
	if (!s)
		return NULL;
	hand_over(s);
	(void)pthread_mutex_lock(&s->to->lock);
	s->to->lost += s->lost;
	(void)pthread_mutex_unlock(&s->to->lock);
	free(s);
	return NULL;
}

static bool streams(const struct asking *a)
{
	return a->ask->stream && a->outcome == OUTCOME_OK;
}

/* Gaps between the events, and from the last with text to the last of any kind. */
static size_t count_gaps(const struct asking *a)
{
	const struct answer *w = a->answer;
	if (!streams(a) || w->n_events == 0)
		return 0;
	return w->n_events - 1 + (w->last_event > w->events[w->n_events - 1].ns);
}

static void put_gaps(struct record *x, const struct answer *w)
{
	uint64_t before = x->n_gaps ? w->events[0].ns : 0;
	for (size_t i = 0; i < x->n_gaps; i++) {
		uint64_t at = i + 1 < w->n_events ? w->events[i + 1].ns : w->last_event;
		x->gaps[i] = at > before ? at - before : 0;
		before = at;
	}
}

void records_add(struct records *s, const struct question *q, const struct observation *o)
{
	const struct asking *a = q->asking;
	size_t n = count_gaps(a);
	size_t len = sizeof(struct record) + n * sizeof(uint64_t);
	if (s->chunk && s->chunk->room - s->chunk->used < len)
		hand_over(s);
	if (!s->chunk)
		s->chunk = take_chunk(s->to, len);
	if (!s->chunk) {
		s->lost++;
		return;
	}
	struct record *x = (void *)((char *)s->chunk->data + s->chunk->used);
	*x = (struct record){
		.run = s->to->run,
		.status = a->x.status,
		.n_gaps = (uint32_t)n,
		.outcome = (uint8_t)a->outcome,
		.streamed = streams(a),
		.tokens_counted = o->tokens_counted,
		.sample_id = a->sample->id,
		.intended = q->intended,
		.begin = o->begin,
		.end = a->x.end,
		.first_event = a->answer->first_event,
		.last_event = a->answer->last_event,
	};
	memcpy(x->values, o->values, sizeof(x->values));
	put_gaps(x, a->answer);
	s->chunk->used += len;
}

/* ---- afterwards ---- */

int keeper_finish(struct keeper *r, struct err *e)
{
	keeper_end_writer(r);
	if (r->failed) {
		errno = r->failed;
		return err_sys(e, "cannot keep the requests to export");
	}
	if (r->lost)
		return err_set(e, ERR_SYSTEM, "%llu request%s could not be kept for the export: "
			       "the disk was too slow", (unsigned long long)r->lost,
			       str_plural(r->lost));
	off_t size = lseek(r->fd, 0, SEEK_END);
	if (size <= 0 || r->map)
		return 0;
	void *map = mmap(NULL, (size_t)size, PROT_READ, MAP_SHARED, r->fd, 0);
	if (map == MAP_FAILED)
		return err_sys(e, "cannot read the requests to export");
	r->map = map;
	r->size = (size_t)size;
	return 0;
}

const struct record *keeper_next(const struct keeper *r, size_t *pos)
{
	assert(!r->writing);
	if (*pos >= r->size)
		return NULL;
	const struct record *x = (const void *)(r->map + *pos);
	*pos += sizeof(*x) + x->n_gaps * sizeof(uint64_t);
	return x;
}
