/* src/protocols/service_parts.h - between service.c and service_check.c.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef PROTOCOLS_SERVICE_PARTS_H
#define PROTOCOLS_SERVICE_PARTS_H

#include "base/yaml.h"
#include "protocols/service.h"

/* Keys of a map over what s already holds: the table's into s, the others for the protocol. */
int service_read_keys(struct service *s, const struct yaml_node *map, const char *what,
		      struct arena *a, struct err *e);

#endif
