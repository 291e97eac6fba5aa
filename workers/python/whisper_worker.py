#!/usr/bin/env python3
# whisper_worker.py - Whisper through transformers, for assay serve asr.
# SPDX-License-Identifier: Apache-2.0
import assay_worker as w


class Model:
    ready = {"sample_rate": 16000}

    def __init__(self, args):
        torch, device = w.torch_device(args.device)
        transformers = w.need("transformers")
        self.device = args.device
        dtype = w.dtype_option(transformers, torch, args.dtype)
        model = transformers.AutoModelForSpeechSeq2Seq.from_pretrained(
            args.model, low_cpu_mem_usage=True, **dtype).to(device).eval()
        w.check_on(args.device, model.parameters())
        processor = transformers.AutoProcessor.from_pretrained(args.model)
        self.multilingual = getattr(model.generation_config, "is_multilingual", False)
        self.pipe = transformers.pipeline(
            "automatic-speech-recognition", model=model, tokenizer=processor.tokenizer,
            feature_extractor=processor.feature_extractor, device=device, chunk_length_s=30,
            **dtype)

    def transcribe(self, pcm, language):
        seconds = len(pcm) / 32000
        options = {"task": "transcribe"} if self.multilingual else {}
        if language and self.multilingual:
            options["language"] = language
        try:
            out = self.pipe({"raw": w.to_float(pcm), "sampling_rate": 16000},
                            return_timestamps=True, generate_kwargs=options)
        except ValueError as e:
            if "language" in str(e).lower():
                raise w.ClientError("the model does not know this language", "no_language") from e
            raise
        segments = []
        for chunk in out.get("chunks", ()):
            start, end = chunk["timestamp"]
            segments.append({"start": start or 0.0, "end": seconds if end is None else end,
                             "text": chunk["text"].strip()})
        return {"text": out["text"].strip(), "language": language, "segments": segments}


if __name__ == "__main__":
    w.main("whisper", "asr", Model)
