# libraries.py - each Python worker with stand-ins for PyTorch and the model libraries, which have
# the real ones' names and parameters: what is called, on which device, and what comes back.
# SPDX-License-Identifier: Apache-2.0
import json
import os
import struct
import tempfile

from harness import Worker, close_plan, here, ok

stubs = [] if "REAL_TORCH" in os.environ else [os.path.join(here, "stubs", "torch")]
path = os.pathsep.join([os.path.join(here, "stubs", "libraries")] + stubs)
EVERY = "cpu,npu:0,npu:1,cuda:0,cuda:1"
DEVICES = ["cpu"] if "REAL_TORCH" in os.environ else ["cpu", "npu:1", "cuda:1"]
temp = tempfile.TemporaryDirectory()


def folder_with(name, text="{}", config=True):
    folder = os.path.join(temp.name, name)
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "config.json" if config else text), "w") as f:
        f.write(text if config else "")
    return folder


def start(file, device, model="m", *more, **env):
    return Worker(file, args=["--model", model, "--device", device, *more], path=path,
                  STUB_DEVICES=env.pop("there", EVERY), **env)


def fails(name, words, file, device, model="m", *more, **env):
    code, _, err = start(file, device, model, *more, **env).end()
    ok(code == 1 and words in err, "%s: %s" % (file, name), (code, err))


def ready(w):
    try:
        header, _ = w.frame()
    except EOFError:
        header = {"type": "it ended: " + w.end()[2]}
    return header


def transcribe(w, ident, language=None):
    w.send({"type": "begin", "id": ident, "format": "s16le", "language": language})
    w.send({"type": "audio", "id": ident}, b"\1\2" * 16000)
    w.send({"type": "end", "id": ident})
    return w.until_end()


def speak(w, ident, text, **more):
    w.send(dict(more, type="speak", id=ident, text=text))
    frames = w.until_end()
    return frames, b"".join(p for h, p in frames if h["type"] == "audio")


def chat(w, ident, content, before=(), payload=b"", **more):
    messages = list(before) + [{"role": "user", "content": content}]
    w.send(dict(more, type="chat", id=ident, messages=messages), payload)
    frames = w.until_end()
    return "".join(h.get("text", "") for h, _ in frames if h["type"] == "token"), frames[-1][0]


PICTURE = {"type": "image", "offset": 0, "width": 4, "height": 2}
SOUND = {"type": "audio", "offset": 0, "samples": 1600, "sample_rate": 16000}
WHAT = {"type": "text", "text": "what?"}

# Whisper
for device in DEVICES:
    w = start("whisper_worker.py", device)
    ok(ready(w)["type"] == "ready", "whisper on %s" % device)
    frames = transcribe(w, 1, "en")
    dtype = "float32" if device == "cpu" else "float16"
    ok(frames[-1][0].get("text", "").replace("torch.", "") ==
       "16000 samples on %s as %s in en" % (device, dtype) and
       frames[0][0]["end"] == 1.0, "its pipeline works there", frames)
    frames = transcribe(w, 2, "xx")
    ok(frames[-1][0].get("code") == "no_language" and frames[-1][0]["client"],
       "a language that it does not know is the client's fault", frames)
    w.end()
w = start("whisper_worker.py", "cpu", STUB_TRANSFORMERS="4.46.2")
ok(ready(w)["type"] == "ready" and transcribe(w, 1)[-1][0]["type"] == "done",
   "also with an older transformers, which calls it torch_dtype")
w.end()

# Paraformer, SenseVoice, Fun-ASR-Nano
for device in DEVICES:
    w = start("funasr_worker.py", device, "paraformer", "--vad", "fsmn-vad", "--punctuation", "ct")
    ok(ready(w)["type"] == "ready", "funasr on %s" % device)
    frames = transcribe(w, 1)
    ok(frames[-1][0].get("text") == "16000 samples, language=auto use_itn=True" and
       frames[0][0] == {"type": "segment", "id": 1, "start": 0, "end": 1.5, "text": "a"},
       "marks are taken out, milliseconds are seconds", frames)
    code, out, err = w.end()
    ok("models: paraformer, fsmn-vad, ct" in out, "with the other models", (out, err))
w = start("funasr_worker.py", "cpu", "nano")
ready(w)
ok(transcribe(w, 1)[-1][0].get("text") == "16000 samples, itn=True" and
   transcribe(w, 2, "zh")[-1][0].get("text") == "16000 samples, itn=True language=中文",
   "Fun-ASR-Nano is asked in words")
w.end()

# CosyVoice
first = folder_with("first", "cosyvoice.yaml", False)
second = folder_with("second", "cosyvoice2.yaml", False)
third = folder_with("third", "cosyvoice3.yaml", False)
prompt = ["--prompt-wav", "p.wav", "--prompt-text", "hi"]
if stubs:
    for device in DEVICES:
        w = start("cosyvoice_worker.py", device, first)
        header = ready(w)
        ok(header.get("speakers") == ["anna", "bert"] and header["sample_rate"] == 22050,
           "CosyVoice on %s" % device, header)
        frames, sound = speak(w, 1, "hello", speed=2.0)
        ok(struct.unpack("<h", sound[:2])[0] == 8191 and frames[-1][0]["samples"] == 220,
           "speech comes in pieces", frames)
        _, out, _ = w.end()
        ok("CosyVoice first fp16=%s on %s" % (device != "cpu", device) in out, "where it should",
           out)
    for folder, text in ((second, "hi"), (third, "You are a helpful assistant.<|endofprompt|>hi")):
        w = start("cosyvoice_worker.py", "cuda:0", folder, *prompt)
        ok(ready(w).get("speakers") == ["prompt"], "a voice to imitate")
        speak(w, 1, "hello")
        _, out, _ = w.end()
        ok("said: %s" % (("hello", text, "p.wav"),) in out, "with its words and file", out)
    w = start("cosyvoice_worker.py", "cuda:0", second, *prompt, STUB_OLD="1")
    ready(w)
    speak(w, 1, "hello")
    ok("samples of p.wav at 16000" in w.end()[1], "or its samples, in an older CosyVoice")
    fails("no speakers", "give --prompt-wav", "cosyvoice_worker.py", "cpu", second)
    fails("a prompt without words", "--prompt-text", "cosyvoice_worker.py", "cpu", second,
          *prompt[:2])
    fails("too old", "no class CosyVoice3", "cosyvoice_worker.py", "cpu", third, *prompt,
          STUB_OLD="1")
    fails("no CosyVoice", "holds none of cosyvoice.yaml", "cosyvoice_worker.py", "cpu", temp.name)

# ChatTTS
for device in DEVICES:
    w = start("chattts_worker.py", device)
    ok(ready(w).get("sample_rate") == 24000, "ChatTTS on %s" % device)
    frames, sound = speak(w, 1, "One. " * 40 + "Two!", speed=1.6)
    ok(len(sound) % 960 == 0 and len(sound) >= 1920, "speech comes", frames)
    w.send({"type": "speak", "id": 2, "text": "endless"})
    w.frame()
    w.send({"type": "cancel", "id": 2})
    ok(w.until_end()[-1][0].get("code") == "cancelled", "a cancel ends it")
    _, out, _ = w.end()
    ok(out.count("infer: [speed_8] ") == 2 and "interrupted" in out,
       "long text goes in sentences; what is cancelled is interrupted", out)
fails("a folder that is none", "cannot load 'broken'", "chattts_worker.py", "cpu", "broken")

# VITS
for device in DEVICES:
    w = start("vits_worker.py", device)
    ok(ready(w).get("speakers") == ["0", "1", "2"], "VITS on %s" % device)
    frames, sound = speak(w, 1, "hello", speaker="2", speed=2.0)
    ok(len(sound) == 800 and struct.unpack("<h", sound[:2])[0] == 16383, "speaker and speed", frames)
    ok(speak(w, 2, "你好")[0][-1][0].get("code") == "unsupported_text",
       "letters that it cannot read are the client's fault")
    w.end()

# Vision and language
for device in DEVICES:
    w = start("vision_language_worker.py", device)
    ok(ready(w)["type"] == "ready", "vision-language on %s" % device)
    text, done = chat(w, 1, [WHAT, PICTURE], payload=b"x" * 24, max_tokens=3, temperature=0.5)
    ok(text == "one two three " and done["finish_reason"] == "length" and
       done["completion_tokens"] == 3 and done["prompt_tokens"] == 5, "tokens come", (text, done))
    text, done = chat(w, 2, [WHAT], stop=["two"])
    ok(text == "one " and done["finish_reason"] == "stop", "a stop word ends it", (text, done))
    _, out, _ = w.end()
    rows = [json.loads(r[10:]) for r in out.splitlines() if r.startswith("generate:")]
    ok([r["on"] for r in rows] == [device] * 2 and rows[0]["with"] == ["pixel_values"] and
       rows[0]["sample"] and rows[0]["temperature"] == 0.5 and not rows[1]["sample"],
       "with the picture, as asked", out)
w = start("vision_language_worker.py", "cpu", STUB_BREAKS="1")
ready(w)
text, done = chat(w, 1, [WHAT])
ok(done["type"] == "error" and "secret" not in done["message"], "a model that fails", done)
w.end()
fails("no template", "no processor with a chat template", "vision_language_worker.py", "cpu", "plain")

# Models that bring their own code
for name, key, words in (
        ("QWenLMHeadModel", "visual", "chat: 1 files, history [('before?', 'yes')], system Be kind."),
        ("InternVLChatModel", "vision_config", "chat: pixels (3, 3, 448, 448) %s, "
         "'<image>\\nwhat?', history [('before?', 'yes')], tiles [3]"),
        ("CogVLMForCausalLM", "vision_config", '"with": ["attention_mask", "images", '
         '"token_type_ids"]'),
        ("ChatGLMModel", "vision_config", "template: pictures [(4, 2)] ['Be kind.', 'before?', "
         "'yes', 'what?']")):
    folder = folder_with(name, json.dumps({"architectures": [name], key: {}}))
    fails("its code is not run unasked", "--trust-remote-code", "vision_language_worker.py", "cpu",
          folder)
    for device in DEVICES:
        w = start("vision_language_worker.py", device, folder, "--trust-remote-code")
        ok(ready(w)["type"] == "ready", "%s on %s" % (name, device))
        text, done = chat(w, 1, [WHAT, PICTURE], [
            {"role": "system", "content": "Be kind."}, {"role": "user", "content": "before?"},
            {"role": "assistant", "content": "yes"}], b"x" * 24, max_tokens=2)
        ok(text == "one two " and done.get("completion_tokens") == 2, "tokens come", (text, done))
        _, out, err = w.end()
        ok((words % device if "%s" in words else words) in out, "asked as its code wants it",
           (out, err))
w = start("vision_language_worker.py", "cpu",
          folder_with("text-only", json.dumps({"architectures": ["ChatGLMModel"]})))
ok(ready(w)["type"] == "ready", "a text-only sister is not taken for one")
w.end()

# Audio and language
omni = folder_with("omni", json.dumps({"architectures": ["Qwen2_5OmniModel"]}))
for model in ("m", "audios", omni):
    w = start("audio_language_worker.py", DEVICES[-1], model)
    ok(ready(w)["type"] == "ready", "audio-language: %s" % os.path.basename(model))
    text, done = chat(w, 1, [SOUND, WHAT], payload=b"x" * 3200, max_tokens=1)
    ok(text == "one ", "tokens come", (text, done))
    _, out, _ = w.end()
    ok('"with": ["input_features"]' in out, "it hears", out)

# No other device than the one that was asked for
if stubs:
    for file in ("whisper", "funasr", "chattts", "vits", "vision_language", "audio_language"):
        file += "_worker.py"
        if file != "chattts_worker.py":
            fails("a model that stays on the CPU", "loaded on cpu, not on npu:1", file, "npu:1",
                  STUB_STAYS="1")
        fails("no NPU", "torch_npu finds no NPU", file, "npu:0", there="cpu")
        fails("no GPU", "torch finds no GPU", file, "cuda:0", there="cpu")
    fails("an NPU, but none that it may use", "torch_npu finds no NPU", "cosyvoice_worker.py",
          "npu:0", first, there="cpu,cuda:0")
code, out, err = Worker("vits_worker.py", args=["--model", "m", "--device", "cpu"],
                        path=os.path.join(here, "stubs", "torch")).end()
ok(code == 1 and "'transformers' is missing (pip install transformers)" in err,
   "the library that is missing is named", err)
close_plan()
