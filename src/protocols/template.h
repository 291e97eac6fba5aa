/* src/protocols/template.h - request bodies that a plan describes, with places for the sample.
 *
 * Places: {text} {question} {prompt_text} {language} {speaker} {speed} {model} {id} {max_tokens}
 * {temperature}, and as base64 {audio} {prompt_wav} {image}. {{ and }} are braces. "@{audio}",
 * "@{prompt_wav}" and "@{image}" as the whole value of a form's field send the file itself.
 *
 * A JSON value that is nothing but {speed}, {max_tokens} or {temperature} becomes a number. A value
 * that is nothing but one place for what may be missing (all but text, question, audio, image) is
 * left out, with its key, when the sample and the question do not say it; inside a longer text
 * that is an error.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef PROTOCOLS_TEMPLATE_H
#define PROTOCOLS_TEMPLATE_H

#include "base/yaml.h"
#include "protocols/protocol.h"

struct template;

/* A JSON document / a map of form fields; -1 with file:line:column. All in the arena. */
int template_json(const struct yaml_node *node, struct arena *a, const struct template **ret,
		  struct err *e);
int template_form(const struct yaml_node *node, struct arena *a, const struct template **ret,
		  struct err *e);

/* Does its top level set this key? */
bool template_has(const struct template *t, const char *key);
bool template_is_object(const struct template *t);	/* its JSON is an object */

/* The request's body and Content-Type; the keys of the service's body come last. */
int template_write(const struct template *t, const struct service *s, const struct sample *sample,
		   const struct ask *ask, struct request *out, struct err *e);

#endif
