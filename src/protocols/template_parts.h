/* src/protocols/template_parts.h - inside of template.c and template_write.c.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef PROTOCOLS_TEMPLATE_PARTS_H
#define PROTOCOLS_TEMPLATE_PARTS_H

#include "protocols/template.h"

enum place {
	PLACE_NONE, PLACE_TEXT, PLACE_QUESTION, PLACE_PROMPT_TEXT, PLACE_LANGUAGE, PLACE_SPEAKER,
	PLACE_MODEL, PLACE_ID, PLACE_SPEED, PLACE_MAX_TOKENS, PLACE_TEMPERATURE,
	PLACE_AUDIO, PLACE_PROMPT_WAV, PLACE_IMAGE,
};

struct place_def {
	const char *name;	/* NULL for PLACE_NONE */
	bool number;		/* alone in JSON: without quotes */
	bool needed;		/* a sample without it cannot be sent */
	bool media;
};

#define PLACES 14
extern const struct place_def template_places[PLACES];	/* by enum place */

enum piece_kind {
	PIECE_RAW,	/* text as it is: signs of JSON, keys, constants */
	PIECE_COMMA,	/* unless it would be the first of its list */
	PIECE_PLACE,	/* inside a text */
	PIECE_ALONE,	/* text (a key), then a value that is nothing but a place; or nothing */
	PIECE_FIELD,	/* of a form: text is its name; its value's pieces follow */
	PIECE_FILE,	/* of a form: text is its name */
	PIECE_END,	/* of a field's value */
};

struct piece {
	enum piece_kind kind;
	enum place place;
	const char *text;
};

struct template {
	struct piece *pieces;
	size_t n;
	bool form, object;
	struct strings keys;	/* of the top level */
};

#endif
