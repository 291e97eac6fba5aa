# transformers - the classes that the workers use, with the real ones' parameters, without models.
# SPDX-License-Identifier: Apache-2.0
import json
import os
import queue

import numpy
import torch

__version__ = os.environ.get("STUB_TRANSFORMERS", "4.57.1")
WORDS = ["one ", "two ", "three ", "four "]


class Config:
    num_speakers, sampling_rate = 3, 16000


class Streamer:
    """TextIteratorStreamer: put() takes token numbers, iterating gives text."""

    def __init__(self, tokenizer, skip_prompt=False, timeout=None, **decode_kwargs):
        assert skip_prompt and decode_kwargs == {"skip_special_tokens": True}, decode_kwargs
        self.queue, self.timeout, self.is_prompt = queue.Queue(), timeout, True

    def put(self, value):
        if not self.is_prompt:
            self.queue.put(WORDS[int(value.numpy().reshape(-1)[0]) % len(WORDS)])
        self.is_prompt = False

    def end(self):
        self.queue.put(None)

    def __iter__(self):
        return self

    def __next__(self):
        text = self.queue.get(timeout=self.timeout)
        if text is None:
            raise StopIteration
        return text


TextIteratorStreamer = Streamer
StoppingCriteriaList = list
seen = []  # of generate() and chat()


class Model:
    config = Config()
    generation_config = type("GenerationConfig", (), {"is_multilingual": True})()
    architectures = ()

    def __init__(self, path, dtype, trust):
        self.path, self.dtype, self.trust = path, dtype, trust
        self.place = torch.device("cpu")

    @classmethod
    def from_pretrained(cls, path, *, torch_dtype=None, dtype=None, low_cpu_mem_usage=None,
                        trust_remote_code=None):
        new = [int(n) for n in __version__.split(".")[:2]] >= [4, 56]
        assert (torch_dtype if new else dtype) is None, "the other name of dtype"
        return cls(path, dtype or torch_dtype or torch.float32, trust_remote_code)

    def to(self, place):
        if "STUB_STAYS" not in os.environ:
            self.place = place
        return self

    def eval(self):
        return self

    def parameters(self):
        yield torch.from_numpy(numpy.zeros(4, "float32")).to(self.place, self.dtype)

    def generate(self, input_ids=None, inputs_embeds=None, streamer=None, max_new_tokens=None,
                 do_sample=None, temperature=None, stopping_criteria=(), pad_token_id=None, **rest):
        for v in [input_ids, *rest.values()]:
            if hasattr(v, "device"):
                assert str(v.device) == str(self.place), "an input on %s" % v.device
        prompt = input_ids if input_ids is not None else torch.from_numpy(
            numpy.zeros((1, 0), "int64"))
        print("generate:", json.dumps({
            "on": str(self.place), "dtype": str(self.dtype), "sample": do_sample,
            "temperature": temperature, "with": sorted(k for k, v in rest.items() if v is not None),
        }), flush=True)
        streamer.put(prompt.cpu())
        if "STUB_BREAKS" in os.environ:
            raise RuntimeError("secret words of the request")
        for i in range(max_new_tokens):
            streamer.put(torch.from_numpy(numpy.array([i])))
            if any(c(None, None) for c in stopping_criteria):
                break
            if i == 5:
                break
        streamer.end()
        return prompt

    # Qwen-VL-Chat and InternVL have a chat() of their own, with different parameters.
    def chat(self, tokenizer, *args, **options):
        if "query" in options:
            files = [p for p in options.pop("query") if "image" in p]
            assert all(os.path.exists(f["image"]) for f in files)
            print("chat: %d files, history %s, system %s" % (
                len(files), options.pop("history"), options.pop("system")), flush=True)
            return self.generate(torch.from_numpy(numpy.zeros((1, 9), "int64")).to(self.place),
                                 **options)
        pixels, question = args
        config = options.pop("generation_config")
        assert isinstance(config, dict)
        print("chat: pixels %s %s, %r, history %s, tiles %s" % (
            None if pixels is None else pixels.shape, None if pixels is None else pixels.device,
            question, options.pop("history"), options.pop("num_patches_list")), flush=True)
        assert not options, options
        return self.generate(inputs_embeds=True, **config)

    def build_conversation_input_ids(self, tokenizer, *, query, history=None, images=None,
                                     template_version=None):
        assert template_version == "chat"
        ids = torch.from_numpy(numpy.zeros(11, "int64"))
        return {"input_ids": ids, "token_type_ids": ids, "attention_mask": ids,
                "images": [torch.from_numpy(numpy.zeros((3, 4, 4), "float32")) for _ in images]}

    # VitsModel
    speaking_rate = 1.0

    def __call__(self, input_ids=None, attention_mask=None, speaker_id=None):
        n = int(160 * input_ids.numel() / self.speaking_rate)
        wave = numpy.full((1, n), 0.5 if speaker_id is None else speaker_id / 4, "float32")
        return type("Output", (), {"waveform": torch.from_numpy(wave).to(self.place)})()


class Batch(dict):
    def to(self, place):
        return Batch({k: v.to(place) for k, v in self.items()})


class Tokenizer:
    @classmethod
    def from_pretrained(cls, path, trust_remote_code=False):
        return cls()

    def __call__(self, text, return_tensors=None):
        n = sum(c.isascii() and c.isalpha() for c in text)
        ids = torch.from_numpy(numpy.arange(n).reshape(1, n))
        return Batch(input_ids=ids, attention_mask=ids)

    def from_list_format(self, parts):
        return parts

    def apply_chat_template(self, messages, add_generation_prompt=False, tokenize=False,
                            return_tensors=None, return_dict=False):
        assert add_generation_prompt and tokenize and return_tensors == "pt" and return_dict
        pictures = [m["image"].size for m in messages if "image" in m]
        print("template: pictures", pictures, [m["content"] for m in messages], flush=True)
        made = {"input_ids": torch.from_numpy(numpy.zeros((1, 7), "int64"))}
        if pictures:
            made["images"] = torch.from_numpy(numpy.zeros((1, 3, 4, 4), "float32"))
        return made


class Processor:
    chat_template = "…"
    tokenizer, feature_extractor = Tokenizer(), object()

    @classmethod
    def from_pretrained(cls, path, trust_remote_code=False):
        if "audios" in path:
            return OldProcessor()
        self = cls()
        if "plain" in path:
            self.chat_template = None
        return self

    def apply_chat_template(self, messages, add_generation_prompt=False, tokenize=True):
        assert add_generation_prompt and not tokenize
        return json.dumps(messages)

    def __call__(self, images=None, text=None, audio=None, *, return_tensors, padding,
                 sampling_rate=None):
        assert return_tensors == "pt" and padding and len(text) == 1
        made = Batch(input_ids=torch.from_numpy(numpy.zeros((1, 5), "int64")))
        if images:
            made["pixel_values"] = torch.from_numpy(numpy.asarray(images[0], "float32"))
        if audio:
            assert sampling_rate == 16000 and audio[0].dtype == "float32"
            made["input_features"] = torch.from_numpy(audio[0])
        return made


class OldProcessor(Processor):
    def __call__(self, text=None, audios=None, *, return_tensors, padding, sampling_rate=None):
        return super().__call__(text=text, audio=audios, return_tensors=return_tensors,
                                padding=padding, sampling_rate=sampling_rate)


AutoProcessor, AutoTokenizer = Processor, Tokenizer
AutoModelForSpeechSeq2Seq = VitsModel = AutoModelForImageTextToText = Model
AutoModelForCausalLM = AutoModel = Model


class Qwen2AudioForConditionalGeneration(Model):
    pass


class Qwen2_5OmniThinkerForConditionalGeneration(Model):
    pass


def pipeline(task, model=None, tokenizer=None, feature_extractor=None, torch_dtype=None,
             dtype=None, device=None, chunk_length_s=None):
    assert task == "automatic-speech-recognition" and str(device) == str(model.place)

    def run(inputs, return_timestamps=None, generate_kwargs=None):
        assert inputs["sampling_rate"] == 16000 and inputs["raw"].dtype == "float32"
        if generate_kwargs.get("language") == "xx":
            raise ValueError("Unsupported language: xx")
        text = " %d samples on %s as %s in %s" % (len(inputs["raw"]), device, dtype or torch_dtype,
                                                 generate_kwargs.get("language"))
        return {"text": text, "chunks": [{"timestamp": (0.0, None), "text": text}]}

    return run
