/* src/http/sse.h - server-sent events, cut out of a byte stream (WHATWG HTML, section 9.2.6).
 *
 * Incremental: input may be cut at every byte. Line ends CR, LF and CRLF, a byte order mark,
 * comments and several data lines are understood. Memory is kept: after the largest event came
 * once, nothing is allocated.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HTTP_SSE_H
#define HTTP_SSE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/str.h"

#define SSE_EVENT_MAX ((size_t)8 << 20)

struct sse_event {
	struct span data;	/* data lines joined by LF; valid during the call; never NULL */
	struct span name;	/* of "event:"; empty when none */
	bool at_end;		/* its last byte was the last of the pushed bytes */
};

/* Return 0 to go on; anything else ends sse_push(), which returns it. */
typedef int sse_event_fn(void *ctx, const struct sse_event *ev);

struct sse {
	struct buf line;	/* a line whose end has not come yet */
	struct buf data;
	struct buf name;
	size_t bom;		/* bytes of a byte order mark seen at the start; 3: past it */
	bool has_data;
	bool after_cr;		/* the last byte was CR: a LF that follows belongs to it */
	bool started;
};

void sse_init(struct sse *s, size_t event_max);	/* bytes per line and per event */
void sse_release(struct sse *s);
void sse_clear(struct sse *s);			/* a new stream; keeps the memory */

/* Take in bytes; calls event() for each event with data that they complete. 0, or what event()
 * returned, or -1 when a line or an event is larger than the maximum (or memory is exhausted). */
int sse_push(struct sse *s, const char *bytes, size_t len, sse_event_fn *event, void *ctx);

/* Did the stream end inside an event (data came, its blank line did not)? Such an event is not
 * dispatched, as the standard says. */
bool sse_unfinished(const struct sse *s);

#endif
