/* src/http/mhd.h - libmicrohttpd, bound when the first server starts (base/late.h says why).
 *
 * Its function MHD_start_daemon() is mhd.start_daemon(), and so on; types and constants are the
 * header's. Where a server runs, mhd_bind() has been called.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HTTP_MHD_H
#define HTTP_MHD_H

#include <microhttpd.h>

#include "base/err.h"

#define MHD_USED(F) \
	F(add_response_header) F(create_post_processor) F(create_response_for_upgrade) \
	F(create_response_from_buffer) F(create_response_from_callback) \
	F(destroy_post_processor) F(destroy_response) F(get_connection_info) \
	F(get_connection_values) F(get_daemon_info) F(lookup_connection_value) F(post_process) \
	F(queue_response) F(quiesce_daemon) F(start_daemon) F(stop_daemon) F(upgrade_action)

struct mhd {
#define MHD_FIELD(name) __typeof__(&MHD_##name) name;
	MHD_USED(MHD_FIELD)
#undef MHD_FIELD
};

extern struct mhd mhd;

/* Before the first use of mhd. Errors: ERR_UNSUPPORTED when the library is not installed. */
int mhd_bind(struct err *e);

#endif
