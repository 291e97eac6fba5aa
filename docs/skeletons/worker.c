/* docs/skeletons/worker.c - a worker to begin from: a chat model that says what it was told. Goes
 * to workers/NAME/main.c with a meson.build beside it. Other languages speak the same frames
 * (docs/worker-protocol.md).
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/json.h"
#include "worker/guest.h"

/* Load the model, and say what it can. It is ready when this returns. */
static int open_model(int argc, char **argv, json_t *ready, struct err *e)
{
	(void)argc;
	(void)argv;
	(void)e;
	json_put_text(ready, "device", "cpu");
	json_put_text(ready, "model", "skeleton");
	return 0;
}

static int answer(struct guest_request *r, const struct frame *f, json_t *done, struct err *e)
{
	const json_t *messages = json_object_get(f->header, "messages");
	const json_t *last = json_array_get(messages, json_array_size(messages) - 1);
	const char *said = json_text(last, "content", NULL);
	json_t *token = json_object();
	if (!said)	/* ERR_DATA: the client's fault, 4xx */
		return err_set(e, ERR_DATA, "the last message has no text");
	json_put_text(token, "text", said);
	/* As it is made; a long answer asks guest_cancelled() now and then. */
	if (guest_reply(r, "token", token, NULL, 0, e) < 0)
		return -1;
	json_put_text(done, "finish_reason", "stop");
	return 0;
}

int main(int argc, char **argv)
{
	static const struct guest guest = {
		.name = "skeleton", .task = "chat", .open = open_model, .request = answer};
	return guest_main(&guest, argc, argv);
}
