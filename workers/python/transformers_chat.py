# transformers_chat.py - chat with pictures and sound through transformers; for two workers.
# SPDX-License-Identifier: Apache-2.0
import threading

import assay_worker as w


class ChatModel:
    """Models whose processor has a chat template (LLaVA, Qwen2-VL and later, InternVL in its -hf
    form, Qwen2-Audio)."""
    ready = {"languages": ["en", "zh"]}
    usage = {}

    def __init__(self, args, classes):
        self.torch, self.place = w.torch_device(args.device)
        self.transformers = w.need("transformers")
        self.device = args.device
        self.processor = self.transformers.AutoProcessor.from_pretrained(
            args.model, trust_remote_code=args.trust_remote_code)
        if not getattr(self.processor, "apply_chat_template", None) or not (
                getattr(self.processor, "chat_template", None)):
            raise w.Fail("'%s' has no processor with a chat template: serve it with vLLM, or with "
                         "a worker of its own (--backend)" % args.model)
        found = [getattr(self.transformers, c) for c in classes if hasattr(self.transformers, c)]
        if not found:
            raise w.Fail("this transformers (%s) has none of %s: take a newer one" % (
                self.transformers.__version__, ", ".join(classes)))
        self.model = found[0].from_pretrained(
            args.model, torch_dtype=getattr(self.torch, args.dtype), low_cpu_mem_usage=True,
            trust_remote_code=args.trust_remote_code).to(self.place).eval()
        w.check_on(args.device, self.model.parameters())

    def inputs(self, messages):
        images, sounds, plain = [], [], []
        for m in messages:
            parts = []
            for p in m["content"]:
                if p["type"] == "image":
                    pil = w.need("PIL.Image", "pillow")
                    images.append(pil.frombytes("RGB", (p["width"], p["height"]), p["rgb"]))
                    parts.append({"type": "image"})
                elif p["type"] == "audio":
                    sounds.append(w.to_float(p["pcm"]))
                    parts.append({"type": "audio", "audio_url": "-"})
                elif p["type"] == "text":
                    parts.append({"type": "text", "text": p["text"]})
            plain.append({"role": m["role"], "content": parts})
        text = self.processor.apply_chat_template(plain, add_generation_prompt=True,
                                                  tokenize=False)
        media = {}
        if images:
            media["images"] = images
        if sounds:
            media.update(audio=sounds, sampling_rate=16000)
        made = self.processor(text=[text], return_tensors="pt", padding=True, **media)
        return {k: v.to(self.place, self.model.dtype if v.is_floating_point() else None)
                if hasattr(v, "to") else v for k, v in made.items()}

    def chat(self, messages, max_tokens, stop, temperature, seed):
        inputs = self.inputs(messages)
        limit = max_tokens or 512
        if seed is not None:
            self.torch.manual_seed(seed)
        streamer = self.transformers.TextIteratorStreamer(
            self.processor.tokenizer, skip_prompt=True, skip_special_tokens=True, timeout=600)
        options = dict(inputs, streamer=streamer, max_new_tokens=limit,
                       do_sample=bool(temperature))
        if temperature:
            options["temperature"] = temperature
        ended = threading.Event()
        stopping = [lambda ids, scores, **_: ended.is_set()]
        options["stopping_criteria"] = self.transformers.StoppingCriteriaList(stopping)
        result = {}

        def generate():
            try:
                with self.torch.no_grad():
                    result["ids"] = self.model.generate(**options)
            except Exception as e:
                result["error"] = e
                streamer.end()

        thread = threading.Thread(target=generate, daemon=True)
        thread.start()
        said, sent, hit = "", 0, False
        try:
            for text in streamer:
                said += text
                at = min((said.find(s) for s in stop if s in said), default=-1)
                hit = at >= 0
                # Hold back what may be the beginning of a stop word.
                end = at if hit else len(said) - max((len(s) - 1 for s in stop), default=0)
                if end > sent:
                    yield said[sent:end]
                    sent = end
                if hit:
                    break
            if not hit and len(said) > sent:
                yield said[sent:]
        finally:
            ended.set()
            thread.join()
        if "error" in result:
            raise result["error"]
        prompt = int(inputs["input_ids"].shape[-1])
        made = int(result["ids"].shape[-1]) - prompt
        self.usage = {"finish_reason": "length" if made >= limit and not hit else "stop",
                      "prompt_tokens": prompt, "completion_tokens": made}


def options(parser):
    parser.add_argument("--trust-remote-code", action="store_true",
                        help="let the model's folder bring its own Python code")
