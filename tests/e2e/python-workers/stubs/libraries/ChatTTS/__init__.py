# ChatTTS - Chat with load(), infer() and interrupt().
# SPDX-License-Identifier: Apache-2.0
import dataclasses
import time
import typing

import numpy
import torch


class Chat:
    @dataclasses.dataclass
    class InferCodeParams:
        prompt: str = "[speed_5]"
        spk_emb: typing.Optional[str] = None

    def load(self, source="local", force_redownload=False, compile=False, custom_path=None,
             device=None):
        if custom_path == "broken":
            return False
        assert source == "custom" and not compile
        weights = torch.from_numpy(numpy.zeros(4, "float32")).to(device)
        self.gpt = type("GPT", (), {"parameters": lambda self: iter([weights])})()
        return True

    def sample_random_speaker(self):
        return "voice"

    def infer(self, text, stream=False, lang=None, skip_refine_text=False,
              params_infer_code=None):
        assert stream and skip_refine_text and len(text) == 1 and len(text[0]) <= 150
        assert params_infer_code.spk_emb == "voice"
        print("infer: %s %s" % (params_infer_code.prompt, text[0]), flush=True)
        for _ in range(500 if "endless" in text[0] else 2):
            time.sleep(0.01 if "endless" in text[0] else 0)
            yield numpy.full((1, 240), 0.5, "float32")

    def interrupt(self):
        print("interrupted", flush=True)
