"""tests/e2e/many-hosts/ranks.py - a sim to load, ranks by mpirun, and their results compared.
SPDX-License-Identifier: Apache-2.0 """
import json
import os
import re
import shutil
import subprocess

ASSAY = os.environ["ASSAY"]
HIST_STEPS = 1024


def find_mpirun():
    """The mpirun of an MPI that this build has a carrier for: (command, name), or None."""
    build = os.path.dirname(os.path.realpath(ASSAY))
    for name, words in (("openmpi", ["mpirun.openmpi", "mpirun"]),
                        ("mpich", ["mpirun.mpich", "mpirun"])):
        if not os.path.exists(os.path.join(build, "workers", "mpi", "assay-mpi-" + name)):
            continue
        for word in words:
            path = shutil.which(word)
            if not path:
                continue
            said = subprocess.run([path, "--version"], stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT, text=True).stdout
            if re.search("Open MPI|OpenRTE" if name == "openmpi" else "HYDRA", said):
                more = ["--allow-run-as-root", "--oversubscribe", "--bind-to", "none"]
                return [path] + (more if name == "openmpi" else []), name
    return None


class Sim:
    """assay serve chat --worker sim, from its start to its end."""

    def __init__(self, before=(), more=()):
        command = [*before, ASSAY, "serve", "chat", "--worker", "sim", "--port", "0",
                   "--decoders", "1", "--max-queue", "1000", "--sim-ttft", "20ms",
                   "--sim-token-time", "2ms", *more]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE,
                                        stderr=subprocess.DEVNULL, text=True)
        line = self.process.stdout.readline()
        found = re.match(r"listening on (\S+)", line)
        if not found:
            self.stop()
            raise SystemExit(f"the sim did not start: {line!r}")
        self.url = found.group(1) + "/v1"

    def stop(self):
        self.process.terminate()
        self.process.wait(timeout=30)
        self.process.stdout.close()


def questions(path, n=8):
    """A corpus of text alone: pictures cost a small machine more than the load itself."""
    with open(path, "w", encoding="utf-8") as f:
        for i in range(n):
            f.write(json.dumps({"id": f"q{i}", "question": f"What comes after {i}?"}) + "\n")
    return path


def read(folder, rank=None):
    name = "result.json" if rank is None else f"result.rank-{rank}.json"
    with open(os.path.join(folder, name), encoding="utf-8") as f:
        return json.load(f)


def bucket_low(index):
    """hist_low() of src/stats/hist_layout.h."""
    if index < 2 * HIST_STEPS:
        return index
    return (index % HIST_STEPS + HIST_STEPS) << (index // HIST_STEPS - 1)


def parse_hist(text):
    """(count, min, max, sum, {bucket: count}) of the text form of a histogram."""
    words = text.split(" ")
    assert words[0] == "h1", text[:40]
    buckets, at = {}, -1
    for word in words[5:]:
        step, _, n = word.partition(":")
        at += int(step)
        buckets[at] = int(n or 1)
    assert sum(buckets.values()) == int(words[1])
    return int(words[1]), int(words[2]), int(words[3]), int(words[4], 16), buckets


def add_hists(texts):
    parts = [parse_hist(t) for t in texts]
    buckets = {}
    for part in parts:
        for k, n in part[4].items():
            buckets[k] = buckets.get(k, 0) + n
    return (sum(p[0] for p in parts), min(p[1] for p in parts), max(p[2] for p in parts),
            sum(p[3] for p in parts), buckets)


def quantile_bounds(hist, q):
    """The borders of the bucket in which the nearest rank lies, in seconds."""
    want, seen = -(-int(q * hist[0] * 1000) // 1000), 0
    for k in sorted(hist[4]):
        seen += hist[4][k]
        if seen >= max(want, 1):
            return bucket_low(k) / 1e9, bucket_low(k + 1) / 1e9
    raise AssertionError("no such rank")


def same_as_ranks(whole, ranks):
    """Every count, histogram and percentile of rank 0's run is that of all ranks' files."""
    runs = [r for r in ranks if r["counts"]["attempted"] > 0]
    for key in ("attempted", "ok", "unsent"):
        assert whole["counts"][key] == sum(r["counts"][key] for r in runs), (key, whole["counts"])
    reasons = {k for r in runs for k in r["counts"]["failed"]} | set(whole["counts"]["failed"])
    for reason in reasons:
        assert whole["counts"]["failed"].get(reason, 0) == sum(
            r["counts"]["failed"].get(reason, 0) for r in runs), reason
    assert set(whole["metrics"]) == {m for r in runs for m in r["metrics"]}
    for name, metric in whole["metrics"].items():
        own = [r["metrics"][name] for r in runs if name in r["metrics"]]
        total = add_hists([m["hist"] for m in own])
        assert parse_hist(metric["hist"]) == total, name
        assert metric["n"] == total[0]
        for q in (50, 90, 99):
            low, high = quantile_bounds(total, q / 100)
            assert low * 0.999 <= metric[f"p{q}"] <= high * 1.001, (name, q, metric, low, high)
    windows = whole["windows"]
    for key in ("started", "ok", "failed"):
        assert sum(windows[key]) == sum(sum(r["windows"][key]) for r in runs), key
    reads = [r["generator"]["reads"]["stamped"] for r in runs]
    assert whole["generator"]["reads"]["stamped"] == sum(reads)
    assert whole["generator"]["threads"] == sum(r["generator"]["threads"] for r in runs)


def assay_of_rank(launcher, rank):
    """The process that measures: the child of the assay that the launcher started."""
    def parent(pid):
        with open(f"/proc/{pid}/stat", encoding="utf-8") as f:
            return int(f.read().rsplit(")", 1)[1].split()[1])

    def below(pid):
        while pid > 1 and pid != launcher:
            pid = parent(pid)
        return pid == launcher

    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/comm", encoding="utf-8") as f:
                if f.read().strip() != "assay":
                    continue
            with open(f"/proc/{pid}/environ", encoding="utf-8", errors="replace") as f:
                env = dict(v.split("=", 1) for v in f.read().split("\0") if "=" in v)
            own = env.get("OMPI_COMM_WORLD_RANK", env.get("PMI_RANK"))
            with open(f"/proc/{parent(int(pid))}/comm", encoding="utf-8") as f:
                child = f.read().strip() == "assay"
            if own == str(rank) and child and below(int(pid)):
                return int(pid)
        except (FileNotFoundError, ProcessLookupError, PermissionError):
            continue
    return None
