#!/usr/bin/env python3
# audio_language_worker.py - Qwen2-Audio through transformers, for assay serve chat.
# SPDX-License-Identifier: Apache-2.0
import assay_worker as w
import transformers_chat


class Model(transformers_chat.ChatModel):
    def __init__(self, args):
        super().__init__(args, ["Qwen2AudioForConditionalGeneration"])


if __name__ == "__main__":
    w.main("audio-language", "chat", Model, transformers_chat.options)
