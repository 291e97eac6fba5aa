#!/usr/bin/env python3
# vits_worker.py - VITS and MMS through transformers, for assay serve tts.
# SPDX-License-Identifier: Apache-2.0
import assay_worker as w


class Model:
    def __init__(self, args):
        self.torch, self.place = w.torch_device(args.device)
        transformers = w.need("transformers")
        self.device = args.device
        self.tokenizer = transformers.AutoTokenizer.from_pretrained(args.model)
        # The flow overflows in 16 bit: VITS stays in 32.
        self.model = transformers.VitsModel.from_pretrained(args.model).to(self.place).eval()
        w.check_on(args.device, self.model.parameters())
        count = max(1, self.model.config.num_speakers)
        self.ready = {"speakers": [str(i) for i in range(count)],
                      "sample_rate": self.model.config.sampling_rate}

    def speak(self, text, speaker, language, speed):
        inputs = self.tokenizer(text, return_tensors="pt").to(self.place)
        if inputs["input_ids"].shape[-1] == 0:
            raise w.ClientError("the model cannot read these letters", "unsupported_text")
        options = {"speaker_id": int(speaker)} if self.model.config.num_speakers > 1 else {}
        self.model.speaking_rate = speed
        with self.torch.no_grad():
            wave = self.model(**inputs, **options).waveform
        yield self.model.config.sampling_rate, w.to_s16(wave)


if __name__ == "__main__":
    w.main("vits", "tts", Model)
