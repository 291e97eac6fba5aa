#!/usr/bin/env python3
# chattts_worker.py - ChatTTS, for assay serve tts. Its speakers are seeds.
# SPDX-License-Identifier: Apache-2.0
import assay_worker as w

RATE = 24000
SEEDS = ["2", "5", "42", "111", "333"]


class Model:
    ready = {"speakers": SEEDS, "languages": ["zh", "en"], "sample_rate": RATE}

    def __init__(self, args):
        self.torch, device = w.torch_device(args.device)
        self.library = w.need("ChatTTS", "ChatTTS")
        self.chat = self.library.Chat()
        if not self.chat.load(source="custom", custom_path=args.model, device=device,
                              compile=False):
            raise w.Fail("ChatTTS cannot load '%s' (its own words are above)" % args.model)
        w.check_on(args.device, self.chat.gpt.parameters())
        self.device = args.device
        self.voices = {}
        for seed in SEEDS:
            self.torch.manual_seed(int(seed))
            self.voices[seed] = self.chat.sample_random_speaker()

    def speak(self, text, speaker, language, speed):
        level = max(0, min(9, round(5 * speed)))
        params = self.library.Chat.InferCodeParams(spk_emb=self.voices[speaker],
                                                   prompt="[speed_%d]" % level)
        # One sentence after the other: it ends each call after 2048 codes (43 s), and streams
        # several at once side by side.
        for sentence in w.sentences(text, 150):
            ended = False
            try:
                for pieces in self.chat.infer([sentence], stream=True, params_infer_code=params,
                                              skip_refine_text=True):
                    for piece in pieces:
                        if piece is not None and len(piece):
                            yield RATE, w.to_s16(piece)
                ended = True
            finally:
                if not ended:
                    self.chat.interrupt()


if __name__ == "__main__":
    w.main("chattts", "tts", Model)
