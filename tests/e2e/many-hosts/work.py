"""tests/e2e/many-hosts/work.py - what four ranks ask is what one process asks, sessions stay on
their rank, every request of every rank is exported, and a run ends when all know enough.
SPDX-License-Identifier: Apache-2.0 """
import collections
import csv
import json
import os
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from ranks import ASSAY, find_mpirun, questions, same_as_ranks

RANKS = 4
RANK_VARIABLE = {"openmpi": "OMPI_COMM_WORLD_RANK", "mpich": "PMI_RANK"}


class Recorder:
    """A chat service that keeps what it was asked, by the rank whose number is the API key."""

    def __init__(self):
        self.asked, self.lock = [], threading.Lock()
        recorder = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                with recorder.lock:
                    number = len(recorder.asked)
                    recorder.asked.append((self.headers["Authorization"], body))
                text = json.dumps({
                    "choices": [{"index": 0, "finish_reason": "stop",
                                 "message": {"role": "assistant", "content": f"answer {number}"}}],
                    "usage": {"prompt_tokens": 9, "completion_tokens": 2, "total_tokens": 11}})
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text.encode())

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/v1"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


def ask(folder, ranks, *options):
    """(rank, body) of all requests of a load by so many ranks; the warm-up's too."""
    mpirun, mpi = find_mpirun()
    variable = RANK_VARIABLE[mpi] if ranks > 1 else "ONE_PROCESS"
    recorder = Recorder()
    command = [ASSAY, "bench", "chat", recorder.url, "--data",
               questions(os.path.join(folder, "questions.jsonl"), 13), "--no-stream",
               "--no-monitor", "--no-targets", "--quiet", "--api-key-env", variable, *options]
    if ranks > 1:
        command = [*mpirun, "-n", str(ranks), *command]
    p = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                       timeout=120, env=dict(os.environ, ONE_PROCESS="0"))
    recorder.stop()
    assert p.returncode in (0, 4, 5), p
    return recorder.asked


def counted(asked):
    """What was asked last in each request, with all its sizes, and how often."""
    return collections.Counter(json.dumps(dict(body, messages=body["messages"][-1:]))
                               for _, body in asked)


def write_trace(folder):
    path = os.path.join(folder, "trace.jsonl")
    with open(path, "w", encoding="utf-8") as f:
        for i in range(37):
            f.write(json.dumps({"timestamp": 7 + i / 50, "prompt_tokens": 20 + i,
                                "output_tokens": 100 + i}) + "\n")
    return path


def same_requests(folder, _):
    """Samples, prompts to the word, and drawn lengths: whatever the number of ranks."""
    lengths = ("--prompt-tokens", "uniform:20,60", "--output-tokens", "uniform:5,500")
    trace = "trace:" + write_trace(folder)
    loads = [
        ("--concurrency", "6", "--requests", "103", "--warmup", "5", *lengths),
        ("--concurrency", "3", "--requests", "50", *lengths),
        ("--rate", "150", "--requests", "41", "--warmup", "2", *lengths),
        ("--rate", "150", "--arrival", "gamma:0.5", "--requests", "41", *lengths),
        ("--arrival", trace, "--warmup", "3"),
    ]
    for load in loads:
        load = (*load, "--no-unique-prompts")
        one, four = ask(folder, 1, *load), ask(folder, RANKS, *load)
        assert counted(one) == counted(four), (load, counted(one) - counted(four),
                                               counted(four) - counted(one))
        assert len({rank for rank, _ in four}) == min(RANKS, int(load[1]) if
                                                      load[0] == "--concurrency" else RANKS)
    most = sorted(body["max_tokens"] for _, body in four)
    assert most == sorted([100 + i for i in range(37)] + [100, 101, 102]), most
    # with words of its own in every request: no two ranks have the same
    asked = ask(folder, RANKS, "--concurrency", "6", "--requests", "60", "--warmup", "7")
    assert max(counted(asked).values()) == 1 and len(asked) == 67


def sessions(folder, _):
    """A session goes on where it began: its history is what this rank was told."""
    turns = 3
    load = ("--concurrency", "6", "--requests", "90", "--warmup", "6", "--turns", str(turns),
            "--no-unique-prompts")
    one, four = ask(folder, 1, *load), ask(folder, RANKS, *load)
    assert counted(one) == counted(four)
    for asked in one, four:
        open_sessions = {}	# (rank, what was said so far) of those that may go on
        begun = 0
        for number, (rank, body) in enumerate(asked):
            said = body["messages"]
            assert len(said) % 2 == 1 and len(said) < 2 * turns, said
            if len(said) == 1:
                begun += 1
            else:
                key = (rank, json.dumps(said[:-1]))
                assert open_sessions.pop(key, None), ("a history that this rank never had", key)
            whole = said + [{"role": "assistant", "content": f"answer {number}"}]
            open_sessions[(rank, json.dumps(whole))] = True
        assert begun >= len(asked) / turns, begun


def export(folder, sim, bench):
    """Each request of each rank has its line in the file of rank 0, on the clock of the run."""
    b = bench(folder, "export", sim)
    path, vllm = os.path.join(b.out, "requests.csv"), os.path.join(b.out, "vllm.json")
    b.run("--concurrency", "6", "--requests", "103", "--warmup", "5", "--export", "csv:" + path,
          "--export", "vllm-detailed:" + vllm)
    whole, ranks = b.results()
    with open(path, newline="", encoding="utf-8") as f:
        rows = list(csv.DictReader(f))
    own = collections.Counter(int(r["rank"]) for r in rows)
    assert [own[i] for i in range(RANKS)] == [
        r["runs"][0]["counts"]["attempted"] for r in ranks], own
    assert {r["sample"] for r in rows} == {f"q{i}" for i in range(8)}
    run = whole["runs"][0]
    latencies = [float(r["latency"]) for r in rows]
    assert abs(sum(latencies) / len(latencies) - run["metrics"]["latency"]["mean"]) < 1e-6
    assert abs(max(latencies) - run["metrics"]["latency"]["max"]) < 1e-6
    for r in rows:
        assert 0 <= float(r["intended_s"]) <= float(r["sent_s"]) < float(r["end_s"]), r
        assert float(r["end_s"]) <= run["duration_s"] + 0.2, r
    with open(vllm, encoding="utf-8") as f:
        d = json.load(f)
    assert d["completed"] == 103 and len(d["latencies"]) == 103 and d["max_concurrency"] == 6
    assert sorted(os.listdir(b.out))[0] != ".assay", os.listdir(b.out)


def until(folder, sim, bench):
    """All ranks end when the samples of all say enough; what is known is told."""
    b = bench(folder, "until", sim)
    b.run("--concurrency", "8", "--duration", "60s", "--until", "latency.p50:30%",
          "--targets", "{latency.p50: '< 1000s'}")
    whole, ranks = b.results()
    run = whole["runs"][0]
    assert run["duration_s"] < 50 and run["until"]["ended_the_run"], run["until"]
    assert run["until"]["reached"] == (run["until"]["known_to"] <= 0.3), run["until"]
    assert not run.get("interrupted") and not any("until" in r["runs"][0] for r in ranks[1:])
    same_as_ranks(run, [r["runs"][0] for r in ranks])
