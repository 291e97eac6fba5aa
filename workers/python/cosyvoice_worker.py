#!/usr/bin/env python3
# cosyvoice_worker.py - CosyVoice and CosyVoice2, for assay serve tts.
# SPDX-License-Identifier: Apache-2.0
import os

import assay_worker as w


def options(parser):
    parser.add_argument("--prompt-wav", help="a voice to imitate (for models without speakers)")
    parser.add_argument("--prompt-text", help="what is said in it")


class Model:
    def __init__(self, args):
        torch, _ = w.torch_device(args.device)
        if args.device.startswith("npu"):
            # CosyVoice names cuda in its code and takes no device: this maps it to the NPU.
            w.need("torch_npu.contrib.transfer_to_npu", "torch-npu")
        cli = w.need("cosyvoice.cli.cosyvoice", "cosyvoice",
                     "CosyVoice is not on PyPI: clone it and set PYTHONPATH to it and to its "
                     "third_party/Matcha-TTS")
        second = os.path.exists(os.path.join(args.model, "cosyvoice2.yaml"))
        half = args.dtype == "float16"
        self.voice = (cli.CosyVoice2 if second else cli.CosyVoice)(
            args.model, load_jit=False, load_trt=False, fp16=half)
        w.check_on(args.device, self.voice.model.llm.parameters())
        self.device = args.device
        speakers = list(self.voice.list_available_spks())
        self.prompt = None
        if args.prompt_wav:
            load = w.need("cosyvoice.utils.file_utils").load_wav
            self.prompt = (args.prompt_text or "", load(args.prompt_wav, 16000))
            speakers.insert(0, "prompt")
        if not speakers:
            raise w.Fail("this model has no speakers: give --prompt-wav and --prompt-text")
        self.ready = {"speakers": speakers, "sample_rate": self.voice.sample_rate,
                      "languages": ["zh", "en", "ja", "yue", "ko"]}

    def speak(self, text, speaker, language, speed):
        if speaker == "prompt":
            made = self.voice.inference_zero_shot(text, *self.prompt, stream=True, speed=speed)
        else:
            made = self.voice.inference_sft(text, speaker, stream=True, speed=speed)
        for piece in made:
            yield self.voice.sample_rate, w.to_s16(piece["tts_speech"])


if __name__ == "__main__":
    w.main("cosyvoice", "tts", Model, options)
