"""What Hugging Face's libraries hold for recurrent models: the list behind a page of the book.

The libraries are no part of this course's environment. In one of your own::

    pip install transformers peft
    python -m experiments.hugging_face

No network is needed, and no weights are loaded. A model of a published size is built on torch's
meta device, where a tensor has a shape and no memory, and reads 8 tokens, then 64. What it keeps
for the next token is measured: a recurrent network keeps as much after 64 tokens as after 8, a
network with attention keeps more. It takes two to five minutes.
"""

from __future__ import annotations

import argparse
import datetime
import importlib
import importlib.util
import re
import sys
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

NEEDED = ("transformers", "peft")
LAYERS = re.compile(r"\bnn\.((?:LSTM|GRU|RNN)(?:Cell)?)\(")
SHORT, LONG = 8, 64  # tokens to read
NOT_KEPT = ("logits", "loss", "hidden_states", "router_logits")  # of what a model returns
BESIDE = ("gpt2",)  # a Transformer, to compare with


def layers_used(folder: Path) -> dict[str, list[str]]:
    """Return which of torch's recurrent layers the files of the models build, by model."""
    found: dict[str, set[str]] = {}
    for file in sorted(folder.glob("*/modeling_*.py")):
        names = set(LAYERS.findall(file.read_text(encoding="utf-8")))
        if names:
            found.setdefault(file.parent.name, set()).update(names)
    return {name: sorted(layers) for name, layers in found.items()}


def numbers_in(value: Any, seen: set[int]) -> int:
    """Count the numbers in all tensors that hang on an object."""
    if id(value) in seen:
        return 0
    seen.add(id(value))
    if isinstance(value, Tensor):
        return value.numel()
    if isinstance(value, dict):
        inner = list(value.values())
    elif isinstance(value, list | tuple):
        inner = list(value)
    else:
        inner = list(vars(value).values()) if hasattr(value, "__dict__") else []
    return sum(numbers_in(one, seen) for one in inner)


def kept(model: nn.Module, tokens: int) -> int:
    """Return how many numbers a model keeps after so many tokens, for the next one."""
    ids = torch.zeros(1, tokens, dtype=torch.long, device="meta")
    with torch.no_grad():
        outputs = model(input_ids=ids, use_cache=True)
    rest = {name: value for name, value in outputs.items() if name not in NOT_KEPT}
    return numbers_in(rest, set())


def language_models() -> tuple[list[str], Iterator[tuple[str, str]]]:
    """Return all kinds of language models, and of those with a state what they keep."""
    transformers = importlib.import_module("transformers")
    transformers.logging.set_verbosity_error()
    auto = importlib.import_module("transformers.models.auto.modeling_auto")
    configs = importlib.import_module("transformers.models.auto.configuration_auto").CONFIG_MAPPING
    names = dict(auto.MODEL_FOR_CAUSAL_LM_MAPPING_NAMES)

    def measured() -> Iterator[tuple[str, str]]:
        torch.set_default_dtype(torch.bfloat16)  # some products are written for no other
        for name, kind in names.items():
            model_class = getattr(transformers, kind if isinstance(kind, str) else kind[0])
            # What the library says of models whose state cannot be taken back.
            if not getattr(model_class, "_is_stateful", False) and name not in BESIDE:
                continue
            try:
                with torch.device("meta"):
                    model = model_class._from_config(configs[name]()).eval()
                short, long = kept(model, SHORT), kept(model, LONG)
            except Exception as error:  # as many reasons as models
                yield name, f"not measured: {type(error).__name__}"
                continue
            if not short:
                yield name, "not measured: it returns no state"
            else:
                grows = "the same" if long == short else f"{long / short:.2f} times as many"
                yield name, f"{short:,} numbers after {SHORT} tokens, {grows} after {LONG}"
        torch.set_default_dtype(torch.float32)

    return list(names), measured()


class Small(nn.Module):
    """A language model with torch's LSTM."""

    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Embedding(9, 4)
        self.recurrent = nn.LSTM(4, 5)
        self.readout = nn.Linear(5, 9)

    def forward(self, ids: Tensor) -> Tensor:
        """Return logits (T, B, 9) for ids (T, B)."""
        hidden: Tensor = self.recurrent(self.embedding(ids))[0]
        return self.readout(hidden)


def lora_on_an_lstm() -> Iterator[str]:
    """Try LoRA of ``peft`` on an LSTM, by module and by weight, and soft prompts."""
    peft = importlib.import_module("peft")
    ids = torch.arange(6)[:, None] % 9  # (T, B)
    for what, options in {
        'target_modules=["recurrent"]': {"target_modules": ["recurrent"]},
        'target_modules="all-linear"': {"target_modules": "all-linear"},
        'target_parameters=["recurrent.weight_hh_l0"]': {
            "target_modules": [],
            "target_parameters": ["recurrent.weight_hh_l0"],
        },
    }.items():
        torch.manual_seed(0)
        model = Small().double()
        plain = model(ids).detach()
        W = model.recurrent.weight_hh_l0.detach().clone()
        config = peft.LoraConfig(r=2, lora_alpha=6, init_lora_weights=False, **options)
        try:
            adapted = peft.get_peft_model(model, config).double()
        except ValueError as error:
            yield f"{what}: refused: {str(error).split('.')[0]}."
            continue
        trained = {name: p for name, p in adapted.named_parameters() if p.requires_grad}
        places = sorted({name.split(".lora_")[0].split(".")[-1] for name in trained})
        output = adapted(ids)
        moved = float((output - plain).abs().max())
        line = f"{what}: adapts {', '.join(places)}, the output moves by {moved:.2f}"
        if places == ["recurrent"]:  # it should be the LSTM with W + (alpha / r) B A
            A, B = (next(p for name, p in trained.items() if f"lora_{x}" in name) for x in "AB")
            torch.manual_seed(0)
            merged = Small().double()
            with torch.no_grad():
                merged.recurrent.weight_hh_l0.copy_(W + 3 * B @ A)
            error = float((merged(ids) - output).abs().max())
            line += f", and differs from the merged LSTM's by {error:.0e}"
        yield line
    try:
        config = peft.PromptTuningConfig(task_type="CAUSAL_LM", num_virtual_tokens=2)
        peft.get_peft_model(Small(), config)
        yield "soft prompt: accepted"
    except (AttributeError, ValueError) as error:
        yield f"soft prompt: refused: {error}"


def main(arguments: list[str] | None = None) -> int:
    """Print the list; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m experiments.hugging_face", description=__doc__)
    parser.parse_args(arguments)
    missing = [name for name in NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        print(
            f"error: expected {' and '.join(NEEDED)} in an environment of your own, "
            f"found no {missing[0]}; pip install {' '.join(NEEDED)}",
            file=sys.stderr,
        )
        return 1
    versions = ", ".join(f"{name} {version(name)}" for name in (*NEEDED, "torch"))
    print(f"{datetime.date.today()}: {versions}")
    transformers = importlib.import_module("transformers")
    names, models = language_models()
    layers = layers_used(Path(transformers.__file__).parent / "models")
    print("\nModels that build one of torch's recurrent layers:")
    for name, some in layers.items():
        print(f"  {name}: {', '.join(some)}")
    print(f"Language models among them: {', '.join(layers.keys() & set(names)) or 'none'}")
    print(
        f"\nOf {len(names)} kinds of language models these keep a state (and {', '.join(BESIDE)}):"
    )
    for name, line in models:
        print(f"  {name}: {line}", flush=True)
    print("\nLoRA of peft on a model with nn.LSTM:")
    for line in lora_on_an_lstm():
        print(f"  {line}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
