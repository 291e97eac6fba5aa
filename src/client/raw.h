/* src/client/raw.h - one TCP connection that does what a script says: for fault cases.
 *
 * Sends what no HTTP client would send, in the way that broken or hostile clients do, and notes
 * what came back and when. Blocking; several may run in threads of their own. Plain TCP only.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef CLIENT_RAW_H
#define CLIENT_RAW_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

enum raw_kind {
	RAW_SEND,		/* data, len, as fast as the peer takes it */
	RAW_SEND_SLOWLY,	/* data, len: `amount` bytes every `ns` */
	RAW_SLEEP,		/* ns */
	RAW_READ,		/* until `amount` bytes came in all (0: until the peer closes),
				 * at most ns (0: the script's deadline); going on after it */
	RAW_READ_SLOWLY,	/* `amount` bytes every `ns`, until the close or the deadline */
	RAW_READ_REPLY,		/* until one whole HTTP response came (or the peer closes) */
	RAW_HALF_CLOSE,		/* no more will be sent (FIN); reading goes on */
	RAW_RESET,		/* end with a RST */
	RAW_CLOSE,		/* end orderly; what was not read makes the kernel send a RST */
};

struct raw_step {
	enum raw_kind kind;
	const void *data;
	size_t len, amount;
	uint64_t ns;
};

struct raw_script {
	const struct raw_step *steps;
	size_t n;
	uint64_t timeout_ns;	/* of the whole; 0: 60 s */
	int receive_buffer;	/* bytes of SO_RCVBUF, set before connecting; 0: the system's */
};

enum raw_end {
	RAW_END_SCRIPT,		/* the script came to its end; we closed */
	RAW_END_PEER_CLOSED,	/* the peer sent a FIN; later read steps had nothing to do */
	RAW_END_PEER_RESET,
	RAW_END_NO_CONNECTION,
	RAW_END_DEADLINE,	/* timeout_ns passed; we closed */
	RAW_END_STOPPED,	/* the user ended the run */
};

const char *raw_end_name(enum raw_end end);	/* "peer closed", … */

struct raw_reply {
	enum raw_end end;
	struct buf received;	/* at most its max; the rest is counted in received_bytes */
	uint64_t received_bytes, sent_bytes;
	int status;		/* of the first HTTP response in it; 0: none */
	/* CLOCK_MONOTONIC; 0: did not happen */
	uint64_t start, connected, first_byte, last_byte, ended;
	char words[128];	/* why, when there was no connection */
};

void raw_reply_init(struct raw_reply *r, size_t max);
void raw_reply_release(struct raw_reply *r);

/* Play the script against the host and port of an http:// URL. 0 whatever the peer does; -1: our
 * own failure (bad URL, unknown host, no socket). */
int raw_run(const char *url, const struct raw_script *script, struct raw_reply *ret,
	    struct err *e);

#endif
