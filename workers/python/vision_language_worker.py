#!/usr/bin/env python3
# vision_language_worker.py - vision-language models through transformers, for assay serve chat.
# SPDX-License-Identifier: Apache-2.0
import assay_worker as w
import transformers_chat


class Model(transformers_chat.ChatModel):
    def __init__(self, args):
        super().__init__(args, ["AutoModelForImageTextToText", "AutoModelForVision2Seq"])


if __name__ == "__main__":
    w.main("vision-language", "chat", Model, transformers_chat.options)
