#!/usr/bin/env python3
# service.py - a service that behaves as it is told, for the tests of assay up.
# SPDX-License-Identifier: Apache-2.0
#
# service.py --port N [--mode MODE] [--npu FILE [MIB BUSY]]
# Modes: good; never (503 for ever); cold (the first request takes 0.6 s); dies (before it listens);
# deaf (ignores SIGTERM, and has a child in a session of its own); chatty (floods its log);
# crash (ends by itself 0.5 s after the first request); once (fails its first start).
# --npu: writes "used busy pid" into FILE, which the fake npu-smi shows.
import json
import os
import signal
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

args = sys.argv[1:]


def option(name, default, count=1):
    if name not in args:
        return default
    at = args.index(name)
    return args[at + 1] if count == 1 else args[at + 1:at + 1 + count]


port = int(option("--port", "0"))
mode = option("--mode", "good")
npu = option("--npu", None, 3)
first = [True]
lock = threading.Lock()

if mode == "dies":
    print("cannot find the package 'torch_npu'", flush=True)
    sys.exit(7)
if mode == "once" and not os.path.exists("started-once"):
    open("started-once", "w").close()
    sys.exit(9)
if mode == "deaf":
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    subprocess.Popen(["sleep", "1000"], start_new_session=True)


def show_npu(busy):
    if npu:
        with open(npu[0] + ".new", "w") as f:
            f.write("%s %s %d\n" % (npu[1], busy, os.getpid()))
        os.rename(npu[0] + ".new", npu[0])


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def answer(self, status, body):
        body = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        self.answer(503 if mode == "never" else 200, {"status": mode})

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        with lock:
            was_first, first[0] = first[0], False
        if mode == "cold" and was_first:
            time.sleep(0.6)
        if mode == "crash" and was_first:
            threading.Timer(0.5, lambda: os._exit(3)).start()
        show_npu(npu[2] if npu else 0)
        self.answer(200, {"text": "one two three", "language": "en", "segments": []})


def flood():
    line = b"x" * 99 + b"\n"
    while True:
        os.write(1, line * 100)
        time.sleep(0.005)


show_npu(0)
server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
if mode == "chatty":
    threading.Thread(target=flood, daemon=True).start()
print("listening", flush=True)
server.serve_forever()
