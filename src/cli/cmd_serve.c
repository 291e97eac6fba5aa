/* src/cli/cmd_serve.c - assay serve: an HTTP service around worker programs.
 * SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"
#include "base/stop.h"
#include "base/thread.h"
#include "cli/commands.h"
#include "serve/server.h"
#include "serve/sim.h"
#include "serve/sim_defect.h"

#define SECRET_MAX ((size_t)4096)
#define PEM_MAX ((size_t)1 << 20)
#define COMMAND_WORDS_MAX 60
#define DECODERS_MAX 4
#define FRAME_MAX ((size_t)256 << 20)	/* payload of one frame from a worker */

static int run(int argc, char **argv);

struct serve_options {
	const char *host;
	int64_t port;
	const char *worker;
	const char *worker_command;
	int64_t workers;
	int64_t decoders;
	const char *worker_log;
	uint64_t ready_ns;
	const char *token_file;
	const char *token_env;
	const char *tls_cert;
	const char *tls_key;
	bool insecure_plaintext;
	const char *model;
	uint64_t drain_ns;
	bool sim_worker;
};

#define O struct serve_options

static const struct opt serve_options[] = {
	{"worker", 'w', OPT_AT_STRING(O, worker), .arg = "NAME",
	 .help = "which worker: pocketsphinx (asr), flite or espeak (tts), vision (chat), sim "
		 "(each), or another assay-worker-NAME"},
	{"worker_command", 0, OPT_AT_STRING(O, worker_command), .arg = "COMMAND",
	 .help = "the worker as a command with arguments, e.g. 'python3 worker.py --device npu:0'"},
	{"workers", 'n', OPT_AT_INT(O, workers), .def = "1", .min = 1, .max = 64,
	 .help = "processes of it"},
	{"decoders", 0, OPT_AT_INT(O, decoders), .min = 0, .max = 64,
	 .help = "processes that decode uploads; 0: one per CPU, at most 4"},
	{"worker_log", 0, OPT_AT_STRING(O, worker_log), .arg = "FILE",
	 .help = "what the workers print goes to the end of this file; else to standard error"},
	{"ready_time", 0, OPT_AT_DURATION(O, ready_ns), .def = "600s", .min = 0.1, .max = 86400,
	 .help = "time for a worker to load its model"},
	{"host", 0, OPT_AT_STRING(O, host), .def = "127.0.0.1",
	 .help = "address to listen on; one that others can reach needs a token and TLS"},
	{"port", 'p', OPT_AT_INT(O, port), .def = "8000", .min = 0, .max = 65535,
	 .help = "port; 0: a free one"},
	{"token_file", 0, OPT_AT_STRING(O, token_file), .arg = "FILE",
	 .help = "file with the bearer token that every route but /health wants"},
	{"token_env", 0, OPT_AT_STRING(O, token_env), .arg = "NAME",
	 .help = "environment variable with that token"},
	{"tls_cert", 0, OPT_AT_STRING(O, tls_cert), .arg = "FILE",
	 .help = "certificate chain, PEM"},
	{"tls_key", 0, OPT_AT_STRING(O, tls_key), .arg = "FILE", .help = "its key, PEM"},
	{"insecure_plaintext", 0, OPT_AT_BOOL(O, insecure_plaintext),
	 .help = "let token and data travel unencrypted beyond this machine"},
	{"model", 0, OPT_AT_STRING(O, model), .arg = "NAME",
	 .help = "name of the model in answers and /v1/models; else the worker's"},
	{"drain_time", 0, OPT_AT_DURATION(O, drain_ns), .def = "10s", .min = 0, .max = 3600,
	 .help = "on SIGTERM: time for running requests to end"},
	{"sim_worker", 0, OPT_AT_BOOL(O, sim_worker),
	 .help = "be the sim's worker process (started by serve itself)"},
	{0},
};

static const struct opt *const tables[] = {serve_options, limit_options, sim_options, NULL};

const struct command command_serve = {
	.name = "serve",
	.summary = "offer a model as an HTTP service",
	.usage = "asr|tts|chat --worker NAME [options]",
	.text = "Offers speech recognition (asr), speech synthesis (tts) or chat with images and "
		"audio over HTTP: OpenAI's routes and the simple ones of this project, /health, "
		"/v1/models and /metrics. The model runs in worker processes "
		"(docs/worker-protocol.md); uploads are decoded in further processes that can do "
		"nothing else. Prints one line 'listening on URL' once a worker is ready.\n\n"
		"SIGTERM or Ctrl-C: no new requests, running ones end within --drain-time, then "
		"the workers end. A second signal ends at once.",
	.examples =
		"assay serve asr --worker pocketsphinx --port 8001   # English speech to text\n"
		"assay serve tts --worker flite -n 2 --port 8002     # two voices at a time\n"
		"assay serve chat --worker sim --sim-ttft 200ms --sim-token-time 20ms\n"
		"assay serve asr --worker-command 'python3 worker.py --device npu:0'\n"
		"curl -F audio=@speech.wav http://127.0.0.1:8001/transcribe",
	.tables = tables,
	.run = run,
};

struct serving {
	struct arena *arena;
	struct serve_options o;
	struct limits limits;
	struct sim sim;
	const char *kind;
	const char *token;
	const char *cert, *key;
	int log_fd;
	bool quiet;
	struct pool_spec main;
	struct pool_spec decode;
	struct pool *pool;
	struct pool *decoders;
	struct server *server;
};

static void say(const char *text, bool wrong, void *ctx)
{
	(void)wrong;
	(void)fprintf(stderr, "assay: %s%s\n", (const char *)ctx, text);
}

static void say_what_is_wrong(const char *text, bool wrong, void *ctx)
{
	if (wrong)
		say(text, wrong, ctx);
}

static int read_text(struct serving *s, const char *path, size_t max, const char **ret,
		     struct err *e)
{
	CLEANUP(buf_release) struct buf b = BUF_INIT(max);
	if (file_read(path, &b, e) < 0)
		return -1;
	*ret = arena_strn(s->arena, b.data ? b.data : "", b.len);
	return 0;
}

static int read_secrets(struct serving *s, struct err *e)
{
	const struct serve_options *o = &s->o;
	if (o->token_file && o->token_env)
		return err_set(e, ERR_USAGE, "give --token-file or --token-env, not both");
	if (!o->tls_cert != !o->tls_key)
		return err_set(e, ERR_USAGE, "--tls-cert and --tls-key belong together");
	if (o->token_file && read_text(s, o->token_file, SECRET_MAX, &s->token, e) < 0)
		return -1;
	if (o->token_env) {
		s->token = getenv(o->token_env);
		if (!s->token)
			return err_set(e, ERR_USAGE, "the environment has no variable %s",
				       o->token_env);
	}
	if (s->token) {
		struct span t = span_trim(span_of(s->token));
		if (t.len == 0)
			return err_set(e, ERR_USAGE, "the token is empty");
		s->token = arena_strn(s->arena, t.data, t.len);
	}
	if (o->tls_cert && (read_text(s, o->tls_cert, PEM_MAX, &s->cert, e) < 0 ||
			    read_text(s, o->tls_key, PEM_MAX, &s->key, e) < 0))
		return -1;
	return 0;
}

/* Words of a command, as a shell would split them without expanding anything. */
static int split(struct arena *a, const char *text, const char **words, struct err *e)
{
	size_t n = 0;
	CLEANUP(buf_release) struct buf word = BUF_INIT(BUF_UNLIMITED);
	while (*(text += strspn(text, " \t\n"))) {
		buf_clear(&word);
		char quote = 0;
		for (; *text && (quote || !strchr(" \t\n", *text)); text++) {
			if (quote && *text == quote)
				quote = 0;
			else if (!quote && (*text == '\'' || *text == '"'))
				quote = *text;
			else
				(void)buf_char(&word, *text);
		}
		if (quote)
			return err_set(e, ERR_USAGE,
				"--worker-command has a quote that is not closed");
		if (n == COMMAND_WORDS_MAX)
			return err_set(e, ERR_USAGE, "--worker-command has more than %d words",
				       COMMAND_WORDS_MAX);
		words[n++] = arena_strn(a, word.data ? word.data : "", word.len);
	}
	words[n] = NULL;
	return n > 0 ? 0 : err_set(e, ERR_USAGE, "--worker-command is empty");
}

/* The sim is this program, started as a worker. */
static int use_sim(struct serving *s, struct err *e)
{
	CLEANUP(buf_release) struct buf settings = BUF_INIT(BUF_UNLIMITED);
	if (sim_check_defects(&s->sim.defects, s->kind, e) < 0)
		return -1;
	json_t *j = opt_echo(sim_options, &s->sim);
	int rc = json_write(j, false, &settings);
	json_decref(j);
	if (rc < 0)
		return err_set(e, ERR_SYSTEM, "out of memory for the sim");
	const char **env = arena_array(s->arena, 2, sizeof(*env));
	env[0] = arena_fmt(s->arena, "ASSAY_SIM=%s", settings.data);
	const char **args = arena_array(s->arena, 4, sizeof(*args));
	args[0] = "serve";
	args[1] = s->kind;
	args[2] = "--sim-worker";
	s->main.program = "/proc/self/exe";
	s->main.args = args;
	s->main.env = env;
	return 0;
}

static int find_worker(struct serving *s, const char *name, const char **ret, struct err *e)
{
	const char *full = arena_fmt(s->arena, "assay-worker-%s", name);
	CLEANUP(free_ptr) char *path = file_find_worker(full);
	if (!path)
		return err_set(e, ERR_USAGE,
			"there is no worker '%s' (no program %s beside this one "
			       "or in $ASSAY_LIBEXEC)", name, full);
	*ret = arena_str(s->arena, path);
	return 0;
}

static int choose_worker(struct serving *s, struct err *e)
{
	const struct serve_options *o = &s->o;
	if (!o->worker == !o->worker_command)
		return err_set(e, ERR_USAGE, "give --worker NAME or --worker-command COMMAND");
	if (o->worker && strcmp(o->worker, "sim") == 0)
		return use_sim(s, e);
	if (o->worker)
		return find_worker(s, o->worker, &s->main.program, e);
	const char **words = arena_array(s->arena, COMMAND_WORDS_MAX + 1, sizeof(*words));
	if (split(s->arena, o->worker_command, words, e) < 0)
		return -1;
	s->main.program = words[0];
	s->main.args = words + 1;
	return 0;
}

/* stderr may be closed or 0: the workers need a number above it. */
static int open_log(struct serving *s, struct err *e)
{
	const char *path = s->o.worker_log;
	s->log_fd = path ? open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600)
			 : fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
	if (s->log_fd < 0 && path)
		return err_sys(e, "cannot write to '%s'", path);
	s->log_fd = MAX(s->log_fd, 0);
	return 0;
}

static int start_pools(struct serving *s, struct err *e)
{
	s->main.task = s->kind;
	s->main.workers = (size_t)s->o.workers;
	s->main.log_fd = s->log_fd;
	s->main.payload_max = FRAME_MAX;
	s->main.ready_timeout_ns = s->o.ready_ns;
	s->main.limits = &s->limits;
	s->main.on_event = s->quiet ? say_what_is_wrong : say;
	s->main.ctx = (void *)"";
	if (strcmp(s->kind, "tts") != 0) {
		int cpus[DECODERS_MAX];
		int n = MAX(thread_cpus(cpus, DECODERS_MAX), 1);
		s->decode = s->main;
		s->decode.args = NULL;
		s->decode.env = NULL;
		s->decode.task = "decode";
		s->decode.workers = s->o.decoders > 0 ? (size_t)s->o.decoders : (size_t)n;
		s->decode.ctx = (void *)"decode ";
		s->decode.payload_max = MAX(FRAME_MAX, s->limits.decoded_bytes);
		if (find_worker(s, "decode", &s->decode.program, e) < 0) {
			if (strcmp(s->kind, "asr") == 0)
				return -1;
			say("images and audio are refused: there is no decode worker", true,
			    (void *)"");
		} else if (pool_new(&s->decode, &s->decoders, e) < 0) {
			return -1;
		}
	}
	return pool_new(&s->main, &s->pool, e);
}

static int start_server(struct serving *s, struct err *e)
{
	const struct server_spec spec = {
		.kind = s->kind, .host = s->o.host, .port = s->o.port, .token = s->token,
		.tls_cert = s->cert, .tls_key = s->key,
		.insecure_plaintext = s->o.insecure_plaintext, .model = s->o.model,
		.limits = &s->limits, .pool = s->pool, .decoders = s->decoders,
		.stamp = s->o.worker && strcmp(s->o.worker, "sim") == 0,
		.defects = &s->sim.defects, .hashes = s->sim.answers != NULL,
	};
	return server_start(&spec, &s->server, e);
}

/* Each connection takes a thread and some descriptors. */
static void raise_files(void)
{
	struct rlimit files;
	if (getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur < files.rlim_max) {
		files.rlim_cur = files.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &files);
	}
}

static int serve(struct serving *s, struct err *e)
{
	uint64_t until = clock_now() + s->o.ready_ns;
	if (read_secrets(s, e) < 0 || choose_worker(s, e) < 0 || open_log(s, e) < 0 ||
	    start_pools(s, e) < 0 || start_server(s, e) < 0)
		return -1;
	if ((s->decoders && pool_wait_ready(s->decoders, until, e) < 0) ||
	    pool_wait_ready(s->pool, until, e) < 0)
		return e->code == ERR_INTERRUPTED ? 0 : -1;
	(void)printf("listening on %s\n", server_url(s->server));
	if (fflush(stdout) != 0)
		return err_sys(e, "cannot write to standard output");
	struct pollfd stop = {.fd = stop_fd(), .events = POLLIN};
	while (!stop_requested())
		(void)poll(&stop, 1, -1);
	size_t cut = server_drain(s->server, clock_now() + s->o.drain_ns);
	if (cut > 0)
		(void)fprintf(stderr, "assay: requests cut off: %zu\n", cut);
	return 0;
}

static int be_sim(const char *kind, struct err *e)
{
	const char *settings = getenv("ASSAY_SIM");
	if (!settings)
		return err_set(e, ERR_USAGE, "--sim-worker is for serve itself");
	return sim_worker(kind, settings, e);
}

static bool known_kind(const char *kind)
{
	return strcmp(kind, "asr") == 0 || strcmp(kind, "tts") == 0 || strcmp(kind, "chat") == 0;
}

static int run(int argc, char **argv)
{
	CLEANUP(arena_freep) struct arena *a = arena_new();
	struct serving s = {.arena = a};
	struct optset sets[] = {
		{.rows = serve_options, .to = &s.o},
		{.rows = limit_options, .to = &s.limits},
		{.rows = sim_options, .to = &s.sim},
	};
	struct common_options common;
	struct strings words = {0};
	int status;
	if (command_begin(&command_serve, argc, argv, sets, ARRAY_LEN(sets), &common, &words, a,
			  &status))
		return status;
	if ((status = command_operands(&command_serve, &words, 1, 1)) != 0)
		return status;
	struct err e = {0};
	s.kind = words.items[0];
	s.quiet = common.quiet;
	int rc;
	if (!known_kind(s.kind)) {
		rc = err_set(&e, ERR_USAGE, "a service is asr, tts or chat, not '%s'", s.kind);
	} else if (s.o.sim_worker) {
		rc = be_sim(s.kind, &e);
	} else {
		stop_install();
		raise_files();
		rc = serve(&s, &e);
	}
	(void)server_free(s.server);
	(void)pool_free(s.pool);
	(void)pool_free(s.decoders);
	if (s.log_fd > 0)
		(void)close(s.log_fd);
	return rc < 0 ? command_fail(&e) : 0;
}
