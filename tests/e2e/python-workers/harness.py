# harness.py - a worker at the other end of a socket pair, as assay serve has it.
# SPDX-License-Identifier: Apache-2.0
import json
import os
import socket
import struct
import subprocess
import sys

here = os.path.dirname(os.path.abspath(__file__))
folder = os.path.join(os.environ["SOURCE_ROOT"], "workers", "python")
count = bad = 0


def ok(fine, name, why=""):
    global count, bad
    count += 1
    bad += not fine
    print("%sok %d - %s" % ("" if fine else "not ", count, name), flush=True)
    if not fine:
        print("# %s" % (why,))


class Worker:
    def __init__(self, file, kind="asr", args=None, channel=True, path=folder, **env):
        ours, theirs = socket.socketpair()
        words = [sys.executable, os.path.join(folder, file)] + (
            ["--model", "m", "--device", "cpu", "--backend", os.path.join(here, "backend.py")]
            if args is None else args)
        fd = theirs.fileno() if channel else None
        self.process = subprocess.Popen(
            words, env=dict(os.environ, STUB=kind, PYTHONPATH=path, **env), text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, pass_fds=(fd, 3) if channel else (),
            preexec_fn=(lambda: os.dup2(fd, 3)) if channel else None)
        theirs.close()
        self.socket = ours
        ours.settimeout(60)

    def send(self, header, payload=b""):
        if payload:
            header["payload"] = len(payload)
        text = json.dumps(header).encode()
        self.socket.sendall(struct.pack(">I", len(text)) + text + payload)

    def exactly(self, n):
        data = b""
        while len(data) < n:
            piece = self.socket.recv(n - len(data))
            if not piece:
                raise EOFError
            data += piece
        return data

    def frame(self):
        header = json.loads(self.exactly(struct.unpack(">I", self.exactly(4))[0]))
        return header, self.exactly(header.get("payload", 0))

    def until_end(self):
        frames = []
        while not frames or frames[-1][0]["type"] not in ("done", "error"):
            frames.append(self.frame())
        return frames

    def end(self):
        self.socket.close()
        out, err = self.process.communicate(timeout=60)
        return self.process.returncode, out, err


def close_plan():
    print("1..%d" % count)
    sys.exit(bad != 0)
