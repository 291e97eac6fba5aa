# cosyvoice - the three classes; they take no device. $STUB_OLD: as before 2025-12.
# SPDX-License-Identifier: Apache-2.0
import os

import numpy
import torch


class CosyVoice:
    sample_rate = 22050
    speakers = ["anna", "bert"]

    def __init__(self, model_dir, load_jit=False, load_trt=False, fp16=False, trt_concurrent=1):
        place = torch.best()
        print("%s %s fp16=%s on %s" % (type(self).__name__, os.path.basename(model_dir), fp16,
                                       place), flush=True)
        weights = torch.from_numpy(numpy.zeros(4, "float32")).to(place)
        llm = type("LLM", (), {"parameters": lambda self: iter([weights])})()
        self.model = type("Networks", (), {"llm": llm})()

    def list_available_spks(self):
        return self.speakers

    def say(self, words, speed):
        for _ in range(2):
            yield {"tts_speech": torch.from_numpy(numpy.full((1, int(220 / speed)), 0.25))}
        print("said:", words, flush=True)

    def inference_sft(self, tts_text, spk_id, stream=False, speed=1.0, text_frontend=True):
        assert stream and spk_id in self.speakers
        return self.say((tts_text, spk_id), speed)

    def inference_zero_shot(self, tts_text, prompt_text, prompt_wav, zero_shot_spk_id="",
                            stream=False, speed=1.0, text_frontend=True):
        assert stream and isinstance(prompt_wav, str)
        return self.say((tts_text, prompt_text, prompt_wav), speed)


class CosyVoice2(CosyVoice):
    sample_rate = 24000
    speakers = []


class CosyVoice3(CosyVoice2):
    def __init__(self, model_dir, load_trt=False, load_vllm=False, fp16=False, trt_concurrent=1):
        super().__init__(model_dir, fp16=fp16)


if "STUB_OLD" in os.environ:
    del CosyVoice3

    def old(self, tts_text, prompt_text, prompt_speech_16k, stream=False, speed=1.0):
        return self.say((tts_text, prompt_text, prompt_speech_16k), speed)

    CosyVoice.inference_zero_shot = old
