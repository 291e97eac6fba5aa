#!/usr/bin/env python3
# funasr_worker.py - Paraformer and SenseVoice through FunASR, for assay serve asr.
# SPDX-License-Identifier: Apache-2.0
import assay_worker as w


class Model:
    ready = {"sample_rate": 16000}

    def __init__(self, args):
        w.torch_device(args.device)
        funasr = w.need("funasr")
        self.device = args.device
        self.model = funasr.AutoModel(model=args.model, device=args.device, disable_update=True,
                                      disable_pbar=True)
        # Without torch_npu, FunASR takes the CPU and says nothing.
        w.check_on(args.device, self.model.model.parameters())
        self.clean = w.need("funasr.utils.postprocess_utils").rich_transcription_postprocess

    def transcribe(self, pcm, language):
        out = self.model.generate(input=w.to_float(pcm), fs=16000, use_itn=True,
                                  language=language or "auto")
        text = self.clean("".join(o.get("text", "") for o in out))
        segments = []
        for o in out:
            for s in o.get("sentence_info", ()):
                segments.append({"start": s["start"] / 1000, "end": s["end"] / 1000,
                                 "text": s.get("text", s.get("sentence", ""))})
        return {"text": text, "language": language, "segments": segments}


if __name__ == "__main__":
    w.main("funasr", "asr", Model)
