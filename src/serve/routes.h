/* src/serve/routes.h - the handlers in the table of routes.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVE_ROUTES_H
#define SERVE_ROUTES_H

#include "serve/request.h"

int route_health(struct request *r);
int route_models(struct request *r);
int route_metrics(struct request *r);
int route_voices(struct request *r);
int route_chat(struct request *r);
int route_transcribe(struct request *r);
int route_transcriptions(struct request *r);
int route_stream(struct request *r);
int route_synthesize(struct request *r);
int route_speech(struct request *r);

/* The name of the model that is served. */
void model_name(struct server *s, char *out, size_t size);

#endif
