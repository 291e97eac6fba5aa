/* src/load/keeper_in.h - inside of record.c and keeper_gather.c.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef LOAD_KEEPER_IN_H
#define LOAD_KEEPER_IN_H

#include <pthread.h>

#include "load/record.h"

struct chunk {
	struct chunk *next;
	size_t used, room;
	uint64_t data[];
};

struct keeper {
	int fd;
	pthread_t writer;
	bool writing;
	uint32_t run;			/* index in the result, of those that come now */
	uint32_t *runs;			/* of all that were begun, in their order */
	size_t n_runs;
	void *ids;			/* tsearch(): of samples that other ranks named */
	pthread_mutex_t lock;		/* of all below */
	pthread_cond_t more;
	struct chunk *first, **last;	/* full ones, in the order of their coming */
	struct chunk *free;		/* of CHUNK_SIZE */
	size_t waiting;			/* bytes */
	uint64_t lost;
	bool ended;
	int failed;			/* errno of the writer's; 0: none */

	const char *map;
	size_t size;
};

/* What a rank sends to rank 0. */
enum piece {
	PIECE_RECORDS = 'r',	/* and more will follow */
	PIECE_LAST = 'l',	/* those that were left, perhaps none */
	PIECE_FAILED = 'f',	/* they could not be kept: why */
};
int keeper_put_record(struct buf *out, const struct keeper *k, const struct result *r,
		      uint32_t rank, const struct record *x);
/* All of a piece, or nothing of it. Before keeper_finish(). */
int keeper_take_piece(struct keeper *k, const struct result *r, struct span piece, struct err *e);

/* All that load threads have handed over is on its way to the file; nothing more comes. */
void keeper_end_writer(struct keeper *r);

#endif
