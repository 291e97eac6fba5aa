# test.py - the Python workers' side of the worker protocol, frame by frame, with a stub model.
# SPDX-License-Identifier: Apache-2.0
import os
import struct

from harness import Worker, close_plan, folder, ok

# asr
w = Worker("whisper_worker.py")
ready, _ = w.frame()
ok(ready["type"] == "ready" and ready["protocol"] == 1 and ready["task"] == "asr" and
   ready["device"] == "cpu" and ready["sample_rate"] == 16000 and ready["parallel"] == 1,
   "the first frame is ready", ready)
w.send({"type": "begin", "id": 1, "format": "s16le", "language": "en"})
w.send({"type": "audio", "id": 1}, b"\1\2" * 16000)
w.send({"type": "audio", "id": 1}, b"\1\2" * 16000)
w.send({"type": "end", "id": 1})
frames = w.until_end()
ok([f[0]["type"] for f in frames] == ["segment", "done"] and
   frames[-1][0]["text"] == "64000 bytes" and frames[-1][0]["duration"] == 2.0 and
   all(f[0]["id"] == 1 for f in frames), "speech in pieces is one recording", frames)
w.send({"type": "begin", "id": 2, "format": "f32le"})
w.send({"type": "audio", "id": 2}, struct.pack("<4f", 0, 1, -1, 2))
w.send({"type": "end", "id": 2})
ok(w.until_end()[-1][0]["text"] == "8 bytes", "f32le becomes s16le")
w.send({"type": "dance", "id": 3})
frames = w.until_end()
ok(frames[0][0]["type"] == "error" and frames[0][0]["id"] == 3, "an unknown type is an error", frames)
w.send({"type": "begin", "id": 4})
w.send({"type": "audio", "id": 4}, b"ab")
w.send({"type": "end", "id": 4})
frames = w.until_end()
ok(frames[0][0]["type"] == "error" and not frames[0][0]["client"] and
   "secret" not in frames[0][0]["message"], "a model that fails: no word of the request", frames)
w.send({"type": "audio", "id": 4}, b"late")
w.send({"type": "begin", "id": 5})
w.send({"type": "end", "id": 5})
ok(w.until_end()[-1][0]["text"] == "0 bytes", "and it goes on; late frames are ignored")
code, out, err = w.end()
ok(code == 0 and out == "libraries print\n", "it ends when the host is gone", (code, out, err))
w = Worker("whisper_worker.py")
w.frame()
w.socket.sendall(struct.pack(">I", 1 << 30))
ok(w.process.wait(30) == 1, "a broken frame ends it with a message")
w.end()

# tts
w = Worker("vits_worker.py", "tts")
ok(w.frame()[0]["speakers"] == ["anna", "bert"], "ready names the speakers")
w.send({"type": "speak", "id": 1, "text": "hello", "speaker": "default", "speed": 2.0})
frames = w.until_end()
ok([f[0]["type"] for f in frames] == ["audio", "audio", "done"] and
   frames[-1][0] == {"type": "done", "id": 1, "sample_rate": 16000, "samples": 800,
                     "speaker": "anna"} and len(frames[0][1]) == 800, "speech comes in pieces", frames)
for n, (header, word) in enumerate([({"text": "..."}, "no_text"),
                                    ({"text": "a", "speaker": "eve"}, "no_speaker"),
                                    ({"text": "a", "speed": 99}, "bad_speed")]):
    w.send(dict(header, type="speak", id=10 + n))
    frames = w.until_end()
    ok(frames[0][0].get("code") == word and frames[0][0]["client"], "refused: " + word, frames)
w.send({"type": "speak", "id": 20, "text": "long"})
w.frame()
w.send({"type": "cancel", "id": 20})
frames = w.until_end()
ok(frames[-1][0].get("code") == "cancelled" and len(frames) < 900, "a cancel ends it early",
   frames[-1][0])
w.send({"type": "cancel", "id": 20})
w.send({"type": "speak", "id": 21, "text": "more"})
ok(w.until_end()[-1][0]["type"] == "done", "a late cancel is ignored, the next request works")
w.end()

# chat
w = Worker("vision_language_worker.py", "chat")
w.frame()
w.send({"type": "chat", "id": 1, "messages": [{"role": "user", "content": [
    {"type": "text", "text": "what?"}, {"type": "image", "offset": 0, "width": 2, "height": 3},
    {"type": "audio", "offset": 18, "samples": 5, "sample_rate": 16000}]}]}, b"x" * 28)
frames = w.until_end()
ok("".join(f[0]["text"] for f in frames[:-1]) == "text0 image18 audio10 " and
   frames[-1][0]["completion_tokens"] == 3, "pictures and sound are cut out of the payload", frames)
w.send({"type": "chat", "id": 2, "messages": [{"role": "user", "content": [
    {"type": "image", "offset": 4, "width": 2, "height": 3}]}]}, b"x" * 18)
frames = w.until_end()
ok(frames[0][0]["type"] == "error" and frames[0][0]["client"], "a part outside of it is refused")
w.end()

# what cannot work says why, at once
for file in sorted(f for f in os.listdir(folder) if f.endswith("_worker.py") and f[0] != "a" or
                   f == "audio_language_worker.py"):
    code, out, err = Worker(file, args=["--model", "m"]).end()
    ok(code == 2 and "--device" in err, file + ": no device, no default", err)
    code, out, err = Worker(file, args=["--model", "m", "--device", "npu:0"], channel=False).end()
    ok(code == 1 and "fd 3" in err, file + ": started by hand, before anything heavy", err)
    try:
        import torch  # noqa: F401
    except ImportError:
        code, out, err = Worker(file, args=["--model", "m", "--device", "npu:0"]).end()
        ok(code == 1 and "the Python package 'torch' is missing (pip install torch)" in err,
           file + ": names the missing package", err)
code, out, err = Worker("vits_worker.py", "tts", STUB_NEEDS="no_such_package").end()
ok(code == 1 and "'no_such_package' is missing" in err, "also one that the model needs", err)
code, out, err = Worker("whisper_worker.py", STUB_DEVICE="npu:0").end()
ok(code == 1 and "runs on npu:0, not on cpu" in err, "another device than asked for is refused", err)
code, out, err = Worker("whisper_worker.py", args=["--model", "m", "--device", "tpu:0"]).end()
ok(code == 1 and "npu:N, cuda:N or cpu" in err, "an unknown device is refused", err)
close_plan()
