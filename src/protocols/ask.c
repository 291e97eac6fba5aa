/* src/protocols/ask.c - the options of a question.
 * SPDX-License-Identifier: Apache-2.0 */
#include "protocols/ask.h"

const struct opt ask_options[] = {
	{.name = "stream", OPT_AT_BOOL(struct ask, stream),
	 .help = "ask for the answer as a stream, where the protocol has one"},
	{.name = "max_tokens", OPT_AT_INT(struct ask, max_tokens), .arg = "N", .min = 0,
	 .max = 1e9, .help = "longest answer of a chat in tokens (0: left to the service)"},
	{.name = "temperature", OPT_AT_REAL(struct ask, temperature), .def = "-1", .min = -1,
	 .max = 100, .help = "sampling temperature (negative: left to the service)"},
	{.name = "sampling_seed", OPT_AT_INT(struct ask, seed), .arg = "N", .def = "-1",
	 .min = -1, .max = 9e15, .help = "seed of the service's sampling (-1: not sent)"},
	{.name = "stop", OPT_AT_STRINGS(struct ask, stop), .arg = "TEXT",
	 .help = "texts that end a chat's answer"},
	{.name = "ignore_eos", OPT_AT_BOOL(struct ask, ignore_eos),
	 .help = "let a chat go on to max_tokens, where the service can"},
	{.name = "logprobs", OPT_AT_INT(struct ask, logprobs), .arg = "N", .min = 0, .max = 20,
	 .help = "alternatives per token with their log probabilities (0: none)"},
	{.name = "language", OPT_AT_STRING(struct ask, language), .arg = "LANG",
	 .help = "language of the speech (default: the sample's)"},
	{.name = "speaker", OPT_AT_STRING(struct ask, speaker), .arg = "NAME",
	 .help = "voice to speak with (default: the sample's)"},
	{.name = "speed", OPT_AT_REAL(struct ask, speed), .arg = "X", .min = 0, .max = 10,
	 .help = "speed of made speech, 1 is normal (0: left to the service)"},
	{.name = "response_format", OPT_AT_STRING(struct ask, response_format), .arg = "FORMAT",
	 .help = "form of the answer: json, verbose_json, text; wav, pcm, flac, mp3, opus"},
	{0},
};

void ask_defaults(struct ask *ask)
{
	*ask = (struct ask){0};
	opt_defaults(ask_options, ask);
}
