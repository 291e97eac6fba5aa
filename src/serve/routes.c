/* src/serve/routes.c - the table of routes.
 * SPDX-License-Identifier: Apache-2.0 */
#include "serve/routes.h"

const struct route routes[] = {
	{"GET", "/health", .body = BODY_NONE, .open = true, .handle = route_health},
	{"GET", "/v1/models", .body = BODY_NONE, .handle = route_models},
	{"GET", "/metrics", .body = BODY_NONE, .handle = route_metrics},
	{"GET", "/v1/audio/voices", "tts", BODY_NONE, .handle = route_voices},
	{"POST", "/transcribe", "asr", BODY_MULTIPART, "audio", .handle = route_transcribe},
	{"POST", "/v1/audio/transcriptions", "asr", BODY_MULTIPART, "file",
	 .handle = route_transcriptions},
	{"GET", "/", "asr", BODY_NONE, .handle = route_stream},
	{"GET", "/stream", "asr", BODY_NONE, .handle = route_stream},
	{"POST", "/synthesize", "tts", BODY_JSON, .handle = route_synthesize},
	{"POST", "/v1/audio/speech", "tts", BODY_JSON, .handle = route_speech},
	{"POST", "/v1/chat/completions", "chat", BODY_JSON, .handle = route_chat},
	{0},
};
