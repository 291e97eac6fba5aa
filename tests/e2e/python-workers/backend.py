# backend.py - a class Model without a model, for the tests of assay_worker.py.
# SPDX-License-Identifier: Apache-2.0
import os
import time

import assay_worker

KIND = os.environ.get("STUB", "asr")


class Model:
    def __init__(self, args):
        self.ready = {"asr": {"sample_rate": 16000},
                      "tts": {"speakers": ["anna", "bert"], "sample_rate": 16000},
                      "chat": {"languages": ["en"]}}[KIND]
        if "STUB_DEVICE" in os.environ:
            self.device = os.environ["STUB_DEVICE"]
        if "STUB_NEEDS" in os.environ:
            assay_worker.need(os.environ["STUB_NEEDS"])
        print("libraries print", flush=True)

    def transcribe(self, pcm, language):
        if len(pcm) == 2:
            raise RuntimeError("secret words of the request")
        if len(pcm) == 4:
            os._exit(9)
        return {"text": "%d bytes" % len(pcm), "language": language,
                "segments": [{"start": 0.0, "end": 1.0, "text": "%d bytes" % len(pcm)}]}

    def speak(self, text, speaker, language, speed):
        for _ in range(1000 if text == "long" else 2):
            yield 16000, b"\x10\x20\x00\xe0" * int(400 / speed)
            time.sleep(0.01 if text == "long" else 0)

    def chat(self, messages, max_tokens, stop, temperature, seed):
        made = 0
        for part in messages[-1]["content"]:
            if made < (max_tokens or 10):
                made += 1
                yield part["type"] + str(len(part.get("rgb", part.get("pcm", b"")))) + " "
        self.usage = {"finish_reason": "stop", "prompt_tokens": 7, "completion_tokens": made}
