#!/usr/bin/env python3
# funasr_worker.py - Paraformer, SenseVoice, Fun-ASR-Nano through FunASR, for assay serve asr.
# SPDX-License-Identifier: Apache-2.0
import assay_worker as w

# Fun-ASR-Nano is asked in words; the others take codes.
NAMES = {"zh": "中文", "en": "英文", "yue": "粤语", "ja": "日文", "ko": "韩文", "vi": "越南语",
         "id": "印尼语", "th": "泰语", "ms": "马来语"}


def options(parser):
    parser.add_argument("--vad", help="model that cuts long recordings (fsmn-vad, or its folder)")
    parser.add_argument("--punctuation", help="model that adds it (ct-punc, or its folder); "
                                              "Paraformer has none")


class Model:
    ready = {"sample_rate": 16000}

    def __init__(self, args):
        self.torch, _ = w.torch_device(args.device)
        funasr = w.need("funasr")
        self.device = args.device
        more = {"vad_model": args.vad, "punc_model": args.punctuation}
        self.model = funasr.AutoModel(model=args.model, device=args.device, disable_update=True,
                                      disable_pbar=True, **{k: v for k, v in more.items() if v})
        # Without torch_npu, FunASR takes the CPU and says nothing.
        w.check_on(args.device, self.model.model.parameters())
        self.nano = type(self.model.model).__name__ == "FunASRNano"
        self.clean = w.need("funasr.utils.postprocess_utils").rich_transcription_postprocess

    def transcribe(self, pcm, language):
        options = {"use_itn": True, "language": language or "auto"}
        if self.nano:
            options = {"itn": True}
            if language:
                options["language"] = NAMES.get(language, language)
        # A tensor: the one form that all of its models take.
        out = self.model.generate(input=[self.torch.from_numpy(w.to_float(pcm))], fs=16000,
                                  **options)
        text = self.clean("".join(o.get("text", "") for o in out))
        segments = []
        for o in out:
            for s in o.get("sentence_info", ()):
                segments.append({"start": s["start"] / 1000, "end": s["end"] / 1000,
                                 "text": s.get("text", s.get("sentence", ""))})
        return {"text": text, "language": language, "segments": segments}


if __name__ == "__main__":
    w.main("funasr", "asr", Model, options)
