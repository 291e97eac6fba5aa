# assay_worker.py - the worker protocol (docs/worker-protocol.md) for workers in Python.
# SPDX-License-Identifier: Apache-2.0
"""A worker's file gives a name, a task and a class Model to main(). Nothing heavy is imported before
Model(args) is made; a missing package ends the worker with its name. Model has, by task:

asr:  transcribe(pcm, language) -> {"text", "language", "segments": [{"start", "end", "text"}]}
      pcm: mono s16le at self.ready["sample_rate"]
tts:  speak(text, speaker, language, speed): yields (sample rate, mono s16le bytes) as it is made
chat: chat(messages, max_tokens, stop, temperature, seed): yields text; then self.usage holds
      {"finish_reason", "prompt_tokens", "completion_tokens"}. Parts of messages are {"type": "text",
      "text"}, {"type": "image", "width", "height", "rgb"}, {"type": "audio", "sample_rate", "pcm"}

and self.ready: what the ready frame says beyond name, task and device. --backend FILE uses the class
Model of another Python file instead.
"""
import argparse
import array
import contextlib
import importlib
import importlib.util
import json
import os
import queue
import re
import struct
import sys
import threading

FD = 3
HEADER_MAX = 65536
PAYLOAD_MAX = 256 << 20
PIECE_BYTES = 1 << 20


class Fail(Exception):
    """The worker cannot work: it ends, and this is its last line."""


class ClientError(Exception):
    """The request was at fault. The text must not hold bytes of the request."""

    def __init__(self, message, code=None):
        super().__init__(message)
        self.code = code


class Cancelled(Exception):
    pass


def need(module, package=None, why=""):
    """Import a module, or end with the name of the package that is missing."""
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as e:
        missing = e.name or module
        raise Fail("the Python package '%s' is missing (pip install %s)%s" % (
            missing, package or missing.split(".")[0], "; " + why if why else "")) from e
    except ImportError as e:
        raise Fail("the Python module '%s' cannot be loaded: %s" % (module, e)) from e


def torch_device(word):
    """torch and the device that was asked for, proven to be there: never another one."""
    torch = need("torch")
    kind = word.split(":")[0]
    if kind == "npu":
        need("torch_npu", "torch-npu", "torch cannot use an NPU without it")
        if not torch.npu.is_available():
            raise Fail("torch_npu finds no NPU (npu-smi info; ASCEND_RT_VISIBLE_DEVICES)")
        torch.npu.set_device(word)
    elif kind == "cuda":
        if not torch.cuda.is_available():
            raise Fail("torch finds no GPU (nvidia-smi; CUDA_VISIBLE_DEVICES; a CUDA build?)")
        torch.cuda.set_device(word)
    return torch, torch.device(word)


def check_on(device, parameters):
    """Libraries fall back to the CPU without a word: look where the weights are."""
    kind, _, number = device.partition(":")
    for p in parameters:
        index = getattr(p.device, "index", None)
        if p.device.type != kind or (number and index is not None and index != int(number)):
            raise Fail("the model was loaded on %s, not on %s" % (p.device, device))
        return


def dtype_option(transformers, torch, dtype):
    """The option of from_pretrained() and pipeline(): renamed in transformers 4.56."""
    version = [int(n) for n in re.findall(r"\d+", transformers.__version__)[:2]]
    return {"dtype" if version >= [4, 56] else "torch_dtype": getattr(torch, dtype)}


def picture(part):
    """An image part of a message as a PIL picture."""
    pil = need("PIL.Image", "pillow")
    return pil.frombytes("RGB", (part["width"], part["height"]), part["rgb"])


def to_s16(samples):
    """Float samples (a tensor, an array, or a list) as s16le."""
    if hasattr(samples, "detach"):
        samples = samples.detach().float().cpu().numpy()
    if hasattr(samples, "reshape"):
        numpy = need("numpy")
        flat = numpy.clip(samples.reshape(-1), -1, 1)
        return (flat * 32767).astype("<i2").tobytes()
    out = array.array("h", (int(max(-1, min(1, s)) * 32767) for s in samples))
    if sys.byteorder == "big":
        out.byteswap()
    return out.tobytes()


def sentences(text, limit):
    """The text in sentences, joined while they stay within limit letters."""
    out = [""]
    for part in re.findall(r"[^.!?;。！？；\n]+[.!?;。！？；\n]*", text):
        if out[-1] and len(out[-1]) + len(part) > limit:
            out.append("")
        out[-1] += part
    return [s for s in out if any(c.isalnum() for c in s)]


def to_float(pcm):
    numpy = need("numpy")
    return numpy.frombuffer(pcm, "<i2").astype("float32") / 32768


class Channel:
    """Frames on fd 3. A thread reads, so that a cancel is seen while a request is worked on."""

    def __init__(self, stream):
        self.stream = stream
        self.lock = threading.Lock()
        self.frames = queue.Queue(64)
        self.cancelled = set()

    def exactly(self, n):
        data = bytearray()
        while len(data) < n:
            piece = self.stream.recv(min(n - len(data), 1 << 20))
            if not piece:
                os._exit(0)  # the host is gone: so are we, whatever a library's threads do
            data += piece
        return bytes(data)

    def read(self):
        (size,) = struct.unpack(">I", self.exactly(4))
        if not 0 < size <= HEADER_MAX:
            raise ValueError("a header of %d bytes" % size)
        header = json.loads(self.exactly(size))
        payload = header.get("payload", 0)
        if not isinstance(payload, int) or not 0 <= payload <= PAYLOAD_MAX:
            raise ValueError("a payload of a wrong size")
        return header, self.exactly(payload)

    def listen(self):
        try:
            while True:
                header, payload = self.read()
                if header.get("type") == "cancel":
                    self.cancelled.add(header.get("id"))
                else:
                    self.frames.put((header, payload))
        except Exception as e:
            print("broken frame from the host: %s" % e, file=sys.stderr, flush=True)
            os._exit(1)

    def send(self, header, payload=b""):
        if payload:
            header["payload"] = len(payload)
        text = json.dumps(header).encode()
        if len(text) > HEADER_MAX:
            raise ValueError("a header of %d bytes" % len(text))
        with self.lock:
            self.stream.sendall(struct.pack(">I", len(text)) + text + payload)


class Server:
    def __init__(self, channel, task, model):
        self.channel, self.task, self.model = channel, task, model
        self.speech = {}  # id: (frame "begin", pieces)

    def reply(self, ident, kind, header=None, payload=b""):
        if ident in self.channel.cancelled:
            raise Cancelled
        self.channel.send(dict(header or {}, type=kind, id=ident), payload)

    def run(self):
        while True:
            header, payload = self.channel.frames.get()
            ident = header.get("id", -1)
            # Cancels of requests that had ended when they came.
            self.channel.cancelled = {i for i in self.channel.cancelled
                                      if isinstance(i, int) and i >= ident}
            try:
                self.take(header, ident, payload)
            except Cancelled:
                self.fail(ident, "cancelled", "cancelled", False)
            except ClientError as e:
                self.fail(ident, str(e), e.code, True)
            except MemoryError:
                raise
            except Exception as e:
                # The words of a library may hold what was asked: they go to the log only.
                import traceback
                traceback.print_exc()
                self.fail(ident, "the model failed (%s)" % type(e).__name__, None, False)

    def fail(self, ident, message, code, client):
        self.speech.pop(ident, None)
        self.channel.cancelled.discard(ident)
        header = {"type": "error", "id": ident, "message": message, "client": client}
        if code:
            header["code"] = code
        self.channel.send(header)

    def take(self, header, ident, payload):
        kind = header.get("type")
        if self.task == "asr" and kind == "begin":
            if header.get("format", "s16le") not in ("s16le", "f32le"):
                raise ClientError("the format is s16le or f32le")
            self.speech = {ident: (header, [])}
        elif self.task == "asr" and kind in ("audio", "end"):
            if ident not in self.speech:
                return  # of a request that has ended
            if kind == "audio":
                self.speech[ident][1].append(payload)
            else:
                self.transcribe(ident, *self.speech.pop(ident))
        elif self.task == "tts" and kind == "speak":
            self.speak(ident, header)
        elif self.task == "chat" and kind == "chat":
            self.chat(ident, header, payload)
        else:
            raise ClientError("this worker does not know such a frame", "unknown_type")

    def transcribe(self, ident, begin, pieces):
        pcm = b"".join(pieces)
        if begin.get("format") == "f32le":
            floats = array.array("f")
            floats.frombytes(pcm[:len(pcm) // 4 * 4])
            if sys.byteorder == "big":
                floats.byteswap()
            pcm = to_s16(list(floats))
        pcm = pcm[:len(pcm) // 2 * 2]
        rate = self.model.ready.get("sample_rate", 16000)
        result = self.model.transcribe(pcm, begin.get("language"))
        for s in result.get("segments", ()):
            self.reply(ident, "segment", {k: s[k] for k in ("start", "end", "text")})
        done = {"language": result.get("language") or begin.get("language") or "",
                "duration": len(pcm) / 2 / rate}
        if len(json.dumps(result["text"])) < HEADER_MAX - 1024:
            done["text"] = result["text"]
        self.reply(ident, "done", done)

    def speak(self, ident, header):
        text, speed = header.get("text"), header.get("speed", 1.0)
        if not isinstance(text, str) or not any(c.isalnum() for c in text):
            raise ClientError("there is nothing to speak", "no_text")
        if not isinstance(speed, (int, float)) or not 0.25 <= speed <= 4:
            raise ClientError("speed must be from 0.25 to 4", "bad_speed")
        speakers = self.model.ready.get("speakers", [])
        speaker = header.get("speaker") or "default"
        if speaker == "default":
            speaker = speakers[0] if speakers else ""
        elif speaker not in speakers:
            raise ClientError("there is no such speaker", "no_speaker")
        samples, rate = 0, 0
        made = self.model.speak(text, speaker, header.get("language"), float(speed))
        with contextlib.closing(made):
            for rate, pcm in made:
                for at in range(0, len(pcm), PIECE_BYTES):
                    self.reply(ident, "audio", {"sample_rate": rate}, pcm[at:at + PIECE_BYTES])
                samples += len(pcm) // 2
        if samples == 0:
            raise ClientError("no sound came of this text", "no_speech")
        self.reply(ident, "done", {"sample_rate": rate, "samples": samples, "speaker": speaker})

    def chat(self, ident, header, payload):
        messages = [dict(m, content=parts_of(m.get("content"), payload))
                    for m in header.get("messages", ())]
        pieces = self.model.chat(messages, header.get("max_tokens"), header.get("stop") or [],
                                 header.get("temperature"), header.get("seed"))
        with contextlib.closing(pieces):  # a cancel must end its thread, too
            for text in pieces:
                for at in range(0, len(text), 4096):
                    self.reply(ident, "token", {"text": text[at:at + 4096]})
        self.reply(ident, "done", dict(self.model.usage))


def parts_of(content, payload):
    if isinstance(content, str):
        return [{"type": "text", "text": content}]
    parts = []
    for part in content or ():
        at = part.get("offset", 0)
        if part.get("type") == "image":
            end = at + 3 * part["width"] * part["height"]
            key, value = "rgb", payload[at:end]
        elif part.get("type") == "audio":
            end = at + 2 * part["samples"]
            key, value = "pcm", payload[at:end]
        else:
            parts.append(part)
            continue
        if at < 0 or end > len(payload):
            raise ClientError("a part lies outside of the payload")
        parts.append(dict(part, **{key: value}))
    return parts


def load_backend(path):
    spec = importlib.util.spec_from_file_location("backend", path)
    if not spec or not os.path.exists(path):
        raise Fail("there is no backend '%s'" % path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.Model


def open_channel():
    import socket
    try:
        stream = socket.socket(fileno=FD)
    except OSError as e:
        raise Fail("this is a worker of assay serve: it talks on fd %d, which is no socket (use "
                   "assay serve --worker-command)" % FD) from e
    stream.set_inheritable(False)
    stream.setblocking(True)
    return stream


def main(name, task, model_class, add_options=None):
    parser = argparse.ArgumentParser(prog=name, description="A worker of assay serve.")
    parser.add_argument("--model", required=True, help="folder of the model")
    parser.add_argument("--device", required=True,
                        help="npu:N, cuda:N or cpu; there is no default, and no other is taken")
    parser.add_argument("--dtype", choices=["float16", "bfloat16", "float32"],
                        help="of the weights; else float16 on a device, float32 on the CPU")
    parser.add_argument("--backend", help="a Python file with a class Model to use instead")
    if add_options:
        add_options(parser)
    args = parser.parse_args()
    try:
        kind, _, number = args.device.partition(":")
        if kind not in ("npu", "cuda", "cpu") or (kind != "cpu" and not number.isdigit()):
            raise Fail("--device is npu:N, cuda:N or cpu, not '%s'" % args.device)
        if kind == "cpu":
            os.environ["CUDA_VISIBLE_DEVICES"] = ""  # libraries that take a GPU unasked find none
        args.dtype = args.dtype or ("float32" if kind == "cpu" else "float16")
        channel = Channel(open_channel())
        model = (load_backend(args.backend) if args.backend else model_class)(args)
        if getattr(model, "device", args.device) != args.device:
            raise Fail("the model runs on %s, not on %s" % (model.device, args.device))
    except Fail as e:
        print("%s: %s" % (name, e), file=sys.stderr, flush=True)
        sys.exit(1)
    ready = {"type": "ready", "protocol": 1, "name": name, "task": task, "device": args.device,
             "parallel": 1, "languages": [], "speakers": [],
             "model": os.path.basename(args.model.rstrip("/"))}
    channel.send(dict(ready, **model.ready))
    threading.Thread(target=channel.listen, daemon=True).start()
    Server(channel, task, model).run()
