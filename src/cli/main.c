/* src/cli/main.c - see main.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "cli/main.h"

#include <fcntl.h>
#include <unistd.h>

#include "base/stop.h"
#include "cli/command.h"

static const char intro[] =
	"assay tests audio and multimodal inference services: performance, reliability,\n"
	"functionality and accuracy, and watches the accelerator meanwhile.\n"
	"\n"
	"Usage: assay COMMAND [words and options]\n"
	"       assay COMMAND --help\n"
	"       assay --version\n"
	"\n"
	"Commands:\n";

static const char outro[] =
	"\n"
	"Start with:\n"
	"  assay demo                     three services of its own, tested four ways, a report\n"
	"  assay plan init > my.plan.yaml a commented plan for your own services\n"
	"  assay run my.plan.yaml --out report\n"
	"\n"
	"Exit status: 0 pass, 1 a target or case failed, 2 usage or plan wrong, 3 could not run,\n"
	"4 results not trustworthy, 5 undecided.\n";

static int help(void)
{
	CLEANUP(buf_release) struct buf out = BUF_INIT(BUF_UNLIMITED);
	const struct command *c;
	(void)buf_str(&out, intro);
	for (size_t i = 0; (c = command_at(i)); i++)
		(void)buf_fmt(&out, "  %-11s %s\n", c->name, c->summary);
	(void)buf_str(&out, outro);
	return command_print(out.data, out.len);
}

static const char *next_command(size_t i, const void *ctx)
{
	(void)ctx;
	const struct command *c = command_at(i);
	return c ? c->name : NULL;
}

static int unknown(const char *word)
{
	struct err e;
	const char *near = str_nearest(word, next_command, NULL);
	(void)err_set(&e, ERR_USAGE, "there is no command '%s'%s%s%s; assay --help lists them",
		      word, near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
	return command_fail(&e);
}

/* Whoever starts us may have closed them. A file of ours that took such a number would get what is
 * printed: hold it, opened the other way round, so that using it stays an error. */
static void hold_standard_streams(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0)
			(void)open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
}

int cli_main(int argc, char **argv)
{
	hold_standard_streams();
	stop_mind_file_size();
	const char *word = argc > 1 ? argv[1] : "--help";
	if (strcmp(word, "--version") == 0 || strcmp(word, "-V") == 0) {
		static const char version[] = "assay " ASSAY_VERSION "\n";
		return command_print(version, sizeof(version) - 1);
	}
	if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0 || strcmp(word, "help") == 0) {
		if (argc <= 2)
			return help();
		const struct command *c = command_find(argv[2]);
		char *words[] = {(char *)"--help", NULL};
		return c ? c->run(1, words) : unknown(argv[2]);
	}
	const struct command *c = command_find(word);
	if (!c)
		return unknown(word);
	stop_install();
	return c->run(argc - 2, argv + 2);
}
