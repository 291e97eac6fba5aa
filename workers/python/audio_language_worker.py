#!/usr/bin/env python3
# audio_language_worker.py - Qwen2-Audio, Qwen-Omni through transformers, for assay serve chat.
# SPDX-License-Identifier: Apache-2.0
import json
import os

import assay_worker as w
import transformers_chat

# Architecture in config.json: the class that answers in text (Omni's talker stays away).
CLASSES = {
    "Qwen2_5OmniModel": "Qwen2_5OmniThinkerForConditionalGeneration",
    "Qwen2_5OmniForConditionalGeneration": "Qwen2_5OmniThinkerForConditionalGeneration",
    "Qwen3OmniMoeForConditionalGeneration": "Qwen3OmniMoeThinkerForConditionalGeneration",
}


def class_of(folder):
    try:
        with open(os.path.join(folder, "config.json"), encoding="utf-8") as f:
            names = json.load(f).get("architectures") or []
    except (OSError, ValueError):
        names = []  # transformers will say what is wrong
    found = [CLASSES[n] for n in names if n in CLASSES]
    return found[0] if found else "Qwen2AudioForConditionalGeneration"


class Model(transformers_chat.ChatModel):
    def __init__(self, args):
        super().__init__(args, [class_of(args.model)])


if __name__ == "__main__":
    w.main("audio-language", "chat", Model, transformers_chat.options)
