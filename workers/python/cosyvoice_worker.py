#!/usr/bin/env python3
# cosyvoice_worker.py - CosyVoice, CosyVoice2 and Fun-CosyVoice3, for assay serve tts.
# SPDX-License-Identifier: Apache-2.0
import inspect
import os

import assay_worker as w

# What CosyVoice3 wants before the words of a prompt (example.py of its repository).
PREFIX = "You are a helpful assistant.<|endofprompt|>"


def options(parser):
    parser.add_argument("--prompt-wav", help="a voice to imitate (for models without speakers)")
    parser.add_argument("--prompt-text", help="what is said in it")


def generation(folder):
    for n, name in ((1, "cosyvoice.yaml"), (2, "cosyvoice2.yaml"), (3, "cosyvoice3.yaml")):
        if os.path.exists(os.path.join(folder, name)):
            return n
    raise w.Fail("'%s' holds none of cosyvoice.yaml, cosyvoice2.yaml, cosyvoice3.yaml" % folder)


class Model:
    def __init__(self, args):
        w.torch_device(args.device)
        if args.device.startswith("npu"):
            # CosyVoice names cuda in its code and takes no device: this maps it to the NPU.
            w.need("torch_npu.contrib.transfer_to_npu", "torch-npu")
        cli = w.need("cosyvoice.cli.cosyvoice", "cosyvoice",
                     "CosyVoice is not on PyPI: clone it and set PYTHONPATH to it and to its "
                     "third_party/Matcha-TTS")
        number = generation(args.model)
        name = "CosyVoice" + ("" if number == 1 else str(number))
        if not hasattr(cli, name):
            raise w.Fail("this CosyVoice has no class %s: take a newer one" % name)
        self.voice = getattr(cli, name)(args.model, fp16=args.dtype == "float16")
        w.check_on(args.device, self.voice.model.llm.parameters())
        self.device = args.device
        speakers = list(self.voice.list_available_spks())
        self.prompt = self.read_prompt(args, number) if args.prompt_wav else None
        if self.prompt:
            speakers.insert(0, "prompt")
        if not speakers:
            raise w.Fail("this model has no speakers: give --prompt-wav and --prompt-text")
        self.ready = {"speakers": speakers, "sample_rate": self.voice.sample_rate,
                      "languages": ["zh", "en", "ja", "yue", "ko"]}

    def read_prompt(self, args, number):
        if not args.prompt_text:
            raise w.Fail("--prompt-wav needs --prompt-text: what is said in it")
        text = args.prompt_text
        if number == 3 and "<|endofprompt|>" not in text:
            text = PREFIX + text
        # Since 2025-12 it reads the file itself; before, it took samples at 16 kHz.
        if "prompt_wav" in inspect.signature(self.voice.inference_zero_shot).parameters:
            return text, args.prompt_wav
        return text, w.need("cosyvoice.utils.file_utils").load_wav(args.prompt_wav, 16000)

    def speak(self, text, speaker, language, speed):
        if speaker == "prompt":
            made = self.voice.inference_zero_shot(text, *self.prompt, stream=True, speed=speed)
        else:
            made = self.voice.inference_sft(text, speaker, stream=True, speed=speed)
        for piece in made:
            yield self.voice.sample_rate, w.to_s16(piece["tts_speech"])


if __name__ == "__main__":
    w.main("cosyvoice", "tts", Model, options)
