# funasr - AutoModel, which falls back to the CPU without a word, as the real one does.
# SPDX-License-Identifier: Apache-2.0
import os

import numpy
import torch


class Paraformer:
    def __init__(self, place):
        self.place = torch.device(place)

    def parameters(self):
        yield torch.from_numpy(numpy.zeros(4, "float32")).to(self.place)


class FunASRNano(Paraformer):
    pass


class AutoModel:
    def __init__(self, *, model, device, disable_update, disable_pbar, vad_model=None,
                 punc_model=None):
        place = "cpu" if "STUB_STAYS" in os.environ else device
        self.model = (FunASRNano if "nano" in model else Paraformer)(place)
        print("models: %s, %s, %s" % (model, vad_model, punc_model), flush=True)

    def generate(self, input, input_len=None, progress_callback=None, **cfg):
        (samples,) = input
        assert str(samples.dtype).endswith("float32") and cfg.pop("fs") == 16000
        words = " ".join("%s=%s" % pair for pair in sorted(cfg.items()))
        return [{"key": "rand_key", "text": "<|zh|><|NEUTRAL|>%d samples, %s" % (
            samples.numel(), words), "sentence_info": [{"start": 0, "end": 1500, "text": "a"}]}]
