# remote_chat.py - chat models whose folder brings its own Python code, by their architecture.
# SPDX-License-Identifier: Apache-2.0
"""Each class loads a model and has prepare(messages), which gives a function that generates when
it is called with generate()'s options (streamer, max_new_tokens, stopping_criteria, …)."""
import json
import os
import tempfile

import assay_worker as w


def find(folder):
    """The class for a model folder; None: transformers knows the model itself."""
    try:
        with open(os.path.join(folder, "config.json"), encoding="utf-8") as f:
            config = json.load(f)
    except (OSError, ValueError):
        return None  # transformers will say what is wrong
    for name in config.get("architectures") or ():
        if name in FAMILIES:
            family, key = FAMILIES[name]
            return family if key in config else None
    return None


def split(messages):
    """The last question, its pictures, the (question, answer) pairs before it, the system text."""
    system, pairs, question, images = None, [], "", []
    for m in messages:
        text = "".join(p["text"] for p in m["content"] if p["type"] == "text")
        if any(p["type"] == "audio" for p in m["content"]):
            raise w.ClientError("this model hears nothing", "unsupported_audio")
        images += [w.picture(p) for p in m["content"] if p["type"] == "image"]
        if m["role"] == "system":
            system = text
        elif m["role"] == "assistant":
            pairs.append((question, text))
            question = ""
        else:
            question = question + "\n" + text if question else text
    return question, images, pairs, system


class Remote:
    auto = "AutoModelForCausalLM"

    def __init__(self, args, torch, place, transformers):
        self.torch, self.place = torch, place
        self.dtype = getattr(torch, args.dtype)
        self.tokenizer = transformers.AutoTokenizer.from_pretrained(args.model,
                                                                    trust_remote_code=True)
        self.model = getattr(transformers, self.auto).from_pretrained(
            args.model, low_cpu_mem_usage=True, trust_remote_code=True,
            **w.dtype_option(transformers, torch, args.dtype)).to(place).eval()

    def placed(self, tensor):
        return tensor.to(self.place, self.dtype if tensor.is_floating_point() else None)


class QwenVL(Remote):
    """Qwen-VL-Chat: pictures go by the name of a file."""

    def prepare(self, messages):
        question, images, pairs, system = split(messages)

        def run(options):
            with tempfile.TemporaryDirectory() as folder:
                parts = []
                for i, image in enumerate(images):
                    parts.append({"image": os.path.join(folder, "%d.png" % i)})
                    image.save(parts[-1]["image"])
                query = self.tokenizer.from_list_format(parts + [{"text": question}])
                self.model.chat(self.tokenizer, query=query, history=pairs,
                                system=system or "You are a helpful assistant.", **options)

        return run


class InternVL(Remote):
    """InternVL 1.5 to 3.5 in OpenGVLab's own form: tiles of 448 points, and the whole once more."""
    auto = "AutoModel"
    side, most = 448, 12
    mean, spread = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)

    def grid(self, width, height):
        """Columns and rows, at most 12 tiles: nearest in shape; of two alike, the finer one when
        the picture has the points for it."""
        best, least = (1, 1), None
        for n in range(1, self.most + 1):
            for columns in range(1, n + 1):
                if n % columns:
                    continue
                rows = n // columns
                off = abs(width / height - columns / rows)
                fine = width * height > 0.5 * self.side ** 2 * n
                if least is None or off < least or (off == least and fine):
                    best, least = (columns, rows), off
        return best

    def tiles(self, image):
        columns, rows = self.grid(*image.size)
        whole = image.resize((columns * self.side, rows * self.side))
        cut = [whole.crop((c * self.side, r * self.side, (c + 1) * self.side, (r + 1) * self.side))
               for r in range(rows) for c in range(columns)]
        if len(cut) > 1:
            cut.append(image.resize((self.side, self.side)))
        numpy = w.need("numpy")
        points = numpy.stack([numpy.asarray(t, dtype="float32") for t in cut]) / 255
        points = (points - numpy.array(self.mean, "float32")) / numpy.array(self.spread, "float32")
        return self.placed(self.torch.from_numpy(points.transpose(0, 3, 1, 2).copy()))

    def prepare(self, messages):
        question, images, pairs, system = split(messages)
        tiles = [self.tiles(i) for i in images]
        question = "<image>\n" * len(tiles) + question
        if system:
            self.model.system_message = system

        def run(options):
            self.model.chat(self.tokenizer, self.torch.cat(tiles) if tiles else None, question,
                            generation_config=dict(options), history=pairs or None,
                            num_patches_list=[t.shape[0] for t in tiles] if tiles else None)

        return run


class CogVLM2(Remote):
    """One picture, that of the conversation."""

    def prepare(self, messages):
        question, images, pairs, _ = split(messages)
        if len(images) > 1:
            raise w.ClientError("this model takes one picture", "too_many_images")
        made = self.model.build_conversation_input_ids(
            self.tokenizer, query=question, history=pairs, images=images,
            template_version="chat")
        inputs = {k: made[k].unsqueeze(0).to(self.place)
                  for k in ("input_ids", "token_type_ids", "attention_mask")}
        inputs["images"] = [[self.placed(i) for i in made["images"]]] if images else None
        return lambda options: self.model.generate(**inputs, pad_token_id=128002, **options)


class GLM4V(Remote):
    """GLM-4V-9B: the picture belongs to a message."""

    def prepare(self, messages):
        plain = []
        for m in messages:
            question, images, _, system = split([dict(m, role="user")])
            if len(images) > 1:
                raise w.ClientError("this model takes one picture", "too_many_images")
            plain.append({"role": m["role"], "content": question})
            if images:
                plain[-1]["image"] = images[0]
        made = self.tokenizer.apply_chat_template(plain, add_generation_prompt=True, tokenize=True,
                                                  return_tensors="pt", return_dict=True)
        inputs = {k: self.placed(v) for k, v in made.items()}
        return lambda options: self.model.generate(**inputs, **options)


# Architecture: its class, and a key of config.json that the text-only sisters lack.
FAMILIES = {
    "QWenLMHeadModel": (QwenVL, "visual"),
    "InternVLChatModel": (InternVL, "vision_config"),
    "CogVLMForCausalLM": (CogVLM2, "vision_config"),
    "ChatGLMModel": (GLM4V, "vision_config"),
    "ChatGLMForConditionalGeneration": (GLM4V, "vision_config"),
}
