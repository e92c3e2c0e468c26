"""The model card of a run: what was trained, on what, how well it does, what it is not for."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import nn

from course_pkg.data.sets.card import DataCard


def model_card(
    *,
    title: str,
    model: nn.Module,
    data: DataCard,
    sizes: Mapping[str, str],
    metrics: Mapping[str, Mapping[str, float]],
    how_measured: str,
    chosen_by: str,
    command: str,
    config: str,
    started: str = "",
) -> str:
    r"""Write a model card as Markdown.

    Parameters
    ----------
    title : str
    model : Module
        For the number of parameters, and its ``settings``.
    data : DataCard
    sizes : mapping of str to str
        For each part of the data, how much it holds, in words.
    metrics : mapping of str to mapping of str to float
        For each part that was measured, its metrics.
    how_measured : str
        A sentence on what the metrics are means of.
    chosen_by : str
        What the weights were chosen by.
    command, config : str
        How to train it again.
    started : str
        Lines on the run that it started from, and on what was trained; empty where there is none.

    Returns
    -------
    str

    Examples
    --------
    >>> data = DataCard("Counts", "made up", "3 values", "public domain", "none", "any decision")
    >>> card = model_card(
    ...     title="Counting", model=nn.Linear(1, 1), data=data, sizes={"train": "3 values"},
    ...     metrics={"test": {"loss": 0.5}}, how_measured="Every value counts once.",
    ...     chosen_by="valid loss", command="...", config="",
    ... )
    >>> print("\n".join(card.splitlines()[:4]))
    # Counting
    <BLANKLINE>
    Model: Linear, 2 parameters. Weights chosen by valid loss.
    <BLANKLINE>
    """
    count = sum(parameter.numel() for parameter in model.parameters())
    settings: Mapping[str, Any] = getattr(model, "settings", {})
    lines = [
        f"# {title}",
        "",
        f"Model: {type(model).__name__}, {count:,} parameters. Weights chosen by {chosen_by}.",
        "",
        *(f"- {key}: {value}" for key, value in settings.items() if value is not None),
        "",
        *(
            ["## Where it started", "", *(f"- {line}" for line in started.splitlines()), ""]
            if started
            else []
        ),
        "## Results",
        "",
        "| part | metric | value |",
        "|---|---|---|",
        *(
            f"| {part} | {name} | {value:.4f} |"
            for part, found in metrics.items()
            for name, value in found.items()
        ),
        "",
        how_measured,
        "",
        "One run with one seed. How much the result varies with the seed, this does not say.",
        "",
        "## Data",
        "",
        f"- name: {data.name}",
        f"- origin: {data.origin}",
        f"- size: {data.size}",
        *(f"- {part} part: {size}" for part, size in sizes.items()),
        f"- licence: {data.licence}",
        f"- citation: {data.citation}",
        "",
        "## Limits",
        "",
        f"The data are not fit for: {data.not_fit_for}.",
        "",
        "Nor is the model. It was trained as an exercise, and tested on data of the same source",
        "only.",
        "",
        "## How it was made",
        "",
        f"`{command}`",
        "",
        "Paths are as seen from the folder where it was run. `--out FOLDER` writes to another",
        "folder.",
        "",
        f"python {platform.python_version()}, numpy {np.__version__}, torch {torch.__version__}",
        "",
        "```toml",
        config.rstrip(),
        "```",
    ]
    return "\n".join(lines) + "\n"
