# transformers_chat.py - chat with pictures and sound through transformers; for two workers.
# SPDX-License-Identifier: Apache-2.0
import inspect
import threading

import assay_worker as w
import remote_chat


def counting_streamer(transformers, tokenizer):
    """A TextIteratorStreamer that counts tokens: the first put() is the prompt."""

    class Counting(transformers.TextIteratorStreamer):
        prompt = made = None

        def put(self, value):
            if self.prompt is None:
                self.prompt, self.made = int(value.numel()), 0
            else:
                self.made += int(value.numel())
            super().put(value)

    return Counting(tokenizer, skip_prompt=True, skip_special_tokens=True, timeout=600)


class Template:
    """Models whose processor has a chat template (LLaVA, Qwen2-VL and later, InternVL in its -hf
    form, Qwen2-Audio, the thinkers of Qwen-Omni)."""

    def __init__(self, args, torch, place, transformers, classes):
        self.place = place
        self.processor = transformers.AutoProcessor.from_pretrained(
            args.model, trust_remote_code=args.trust_remote_code)
        if not getattr(self.processor, "apply_chat_template", None) or not (
                getattr(self.processor, "chat_template", None)):
            raise w.Fail("'%s' has no processor with a chat template: serve it with vLLM, or with "
                         "a worker of its own (--backend)" % args.model)
        found = [getattr(transformers, c) for c in classes if hasattr(transformers, c)]
        if not found:
            raise w.Fail("this transformers (%s) has none of %s: take a newer one" % (
                transformers.__version__, ", ".join(classes)))
        self.model = found[0].from_pretrained(
            args.model, low_cpu_mem_usage=True, trust_remote_code=args.trust_remote_code,
            **w.dtype_option(transformers, torch, args.dtype)).to(place).eval()
        self.tokenizer = self.processor.tokenizer

    def media(self, images, sounds):
        media = {}
        if images:
            media["images"] = images
        if sounds:
            # Called "audios" until transformers 4.53.
            names = inspect.signature(self.processor.__call__).parameters
            media["audios" if "audios" in names and "audio" not in names else "audio"] = sounds
            media["sampling_rate"] = 16000
        return media

    def prepare(self, messages):
        """A function that generates, given generate()'s options."""
        images, sounds, plain = [], [], []
        for m in messages:
            parts = []
            for p in m["content"]:
                if p["type"] == "image":
                    images.append(w.picture(p))
                    parts.append({"type": "image"})
                elif p["type"] == "audio":
                    sounds.append(w.to_float(p["pcm"]))
                    parts.append({"type": "audio", "audio_url": "-"})
                elif p["type"] == "text":
                    parts.append({"type": "text", "text": p["text"]})
            plain.append({"role": m["role"], "content": parts})
        text = self.processor.apply_chat_template(plain, add_generation_prompt=True,
                                                  tokenize=False)
        made = self.processor(text=[text], return_tensors="pt", padding=True,
                              **self.media(images, sounds))
        inputs = {k: v.to(self.place, self.model.dtype if v.is_floating_point() else None)
                  if hasattr(v, "to") else v for k, v in made.items()}
        return lambda options: self.model.generate(**inputs, **options)


class ChatModel:
    ready = {"languages": ["en", "zh"]}
    usage = {}

    def __init__(self, args, classes):
        self.torch, place = w.torch_device(args.device)
        self.transformers = w.need("transformers")
        self.device = args.device
        family = remote_chat.find(args.model)
        if family and not args.trust_remote_code:
            raise w.Fail("'%s' works with Python code of its own folder only: read it, then give "
                         "--trust-remote-code" % args.model)
        self.family = (family(args, self.torch, place, self.transformers) if family else
                       Template(args, self.torch, place, self.transformers, classes))
        w.check_on(args.device, self.family.model.parameters())

    def chat(self, messages, max_tokens, stop, temperature, seed):
        limit = max_tokens or 512
        if seed is not None:
            self.torch.manual_seed(seed)
        run = self.family.prepare(messages)
        streamer = counting_streamer(self.transformers, self.family.tokenizer)
        ended = threading.Event()
        options = {"streamer": streamer, "max_new_tokens": limit, "do_sample": bool(temperature),
                   "stopping_criteria": self.transformers.StoppingCriteriaList(
                       [lambda ids, scores, **_: ended.is_set()])}
        if temperature:
            options["temperature"] = temperature
        errors = []

        def generate():
            try:
                with self.torch.no_grad():
                    run(options)
            except Exception as e:
                errors.append(e)
                streamer.end()

        thread = threading.Thread(target=generate, daemon=True)
        thread.start()
        hit = False
        try:
            for text, hit in until_stop(streamer, stop):
                if text:
                    yield text
        finally:
            ended.set()
            thread.join()
        if errors:
            raise errors[0]
        made = streamer.made or 0
        self.usage = {"finish_reason": "length" if made >= limit and not hit else "stop",
                      "completion_tokens": made}
        if streamer.prompt:  # 0: the model was given embeddings, of which it says no number
            self.usage["prompt_tokens"] = streamer.prompt


def until_stop(pieces, stop):
    """(text, was a stop word hit). What may be the beginning of a stop word is held back."""
    said, sent = "", 0
    hold = max((len(s) - 1 for s in stop), default=0)
    for text in pieces:
        said += text
        at = min((said.find(s) for s in stop if s in said), default=-1)
        end = at if at >= 0 else len(said) - hold
        if end > sent:
            yield said[sent:end], at >= 0
            sent = end
        if at >= 0:
            yield "", True
            return
    yield said[sent:], False


def options(parser):
    parser.add_argument("--trust-remote-code", action="store_true",
                        help="let the model's folder bring its own Python code")
