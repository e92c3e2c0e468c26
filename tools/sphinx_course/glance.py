"""A function at a glance: its lines without the docstring and the checks of its arguments.

Comments and shapes stay. On the API pages each function of the reference can be unfolded so.

A check is a call to ``check_...`` or ``Shapes().array``, or a block that ends in ``raise``. It
returns the argument that it was given: where its value is used, the argument stands in its place.
What is then assigned and never read goes as well.
"""

from __future__ import annotations

import ast
import inspect
import re
import textwrap
from collections.abc import Iterator, Sequence
from typing import Any

from sphinx.application import Sphinx

PACKAGE = "course_pkg.reference."
SHORTEST = 3  # lines of a body: fewer are not worth unfolding
FIELD = re.compile(r":[\w ]+:( |$)|\.\. rubric::")  # what napoleon makes of a headline
CHECK = re.compile(r"check_\w+\(|(Shapes\(\)|shapes)\.array\(")


def at_a_glance(source: str) -> str:
    """Return a function's source without its docstring and the checks of its arguments.

    >>> print(at_a_glance('''
    ... def scale(x, factor=2):
    ...     "Return x times a factor."
    ...     check_array("x", x)
    ...     factor = check_number("factor", factor, "(0, inf)")
    ...     return factor * x  # (T, B, I)
    ... '''))
    def scale(x, factor=2):
        return factor * x  # (T, B, I)
    """
    head, body = head_and_body(source)
    return "\n".join([*head, *body])


def head_and_body(source: str) -> tuple[list[str], list[str]]:
    """Return the lines of a function's signature, and those of its body that are left."""
    source = re.sub(r" *# type: ignore\S*", "", textwrap.dedent(source).strip())
    source = without_used_checks(source)
    function = ast.parse(source).body[0]
    assert isinstance(function, ast.FunctionDef)
    cut: set[int] = set()
    while more := set(lines_to_cut(function.body, names_read(function, cut))) - cut:
        cut |= more  # what only these lines read goes in the next round
    lines = source.splitlines()
    for number in sorted(cut):
        while lines[number - 2].lstrip().startswith("#"):  # a comment on the check below it
            number -= 1
            cut.add(number)
    start = function.body[0].lineno
    kept = [line for number, line in enumerate(lines, 1) if number >= start and number not in cut]
    body = re.sub(r"\n\n+", "\n\n", "\n".join(kept)).strip("\n")
    return lines[: start - 1], body.splitlines()


def without_used_checks(source: str) -> str:
    """Put the argument in the place of its check where the check's value is used."""
    tree = ast.parse(source)
    unused = {node.value for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    short = source
    for call in ast.walk(tree):  # from the outside to the inside
        if isinstance(call, ast.Call) and call not in unused and CHECK.match(ast.unparse(call)):
            first = call.args[0]  # the name for the message, or already the argument
            named = isinstance(first, (ast.Constant, ast.JoinedStr)) or ast.unparse(first) == "name"
            checked = call.args[1] if named else first
            texts = (ast.get_source_segment(source, node) or "" for node in (call, checked))
            short = short.replace(*texts)
    return short


def names_read(function: ast.FunctionDef, cut: set[int]) -> set[str]:
    """Return the names that the lines which are left read; ``x += 1`` reads x."""
    left = [node for node in ast.walk(function) if getattr(node, "lineno", 0) not in cut]
    changed = [node.target for node in left if isinstance(node, ast.AugAssign)]
    return {
        node.id
        for node in left
        if isinstance(node, ast.Name) and (isinstance(node.ctx, ast.Load) or node in changed)
    }


def is_idle(statement: ast.stmt, read: set[str]) -> bool:
    """Whether a statement is text or a check, or assigns what is there already or never read."""
    match statement:
        case ast.Expr(value=value):
            is_text = isinstance(value, ast.Constant)
            return is_text or CHECK.match(ast.unparse(value).lstrip("_")) is not None
        case ast.Assign(targets=[target], value=value):
            parts = list(ast.walk(target))
            names = {node.id for node in parts if isinstance(node, ast.Name)}
            into = any(isinstance(node, (ast.Subscript, ast.Attribute)) for node in parts)
            idle = ast.unparse(value) in ("Shapes()", ast.unparse(target))
            return idle or not (into or names & read)
        case ast.If(body=body, orelse=other) | ast.For(body=body, orelse=other):
            return only_checks(body, read) and (not other or only_checks(other, read))
    return False


def only_checks(block: Sequence[ast.stmt], read: set[str]) -> bool:
    """Whether a block of statements raises, or does nothing besides checks."""
    return bool(block) and (
        isinstance(block[-1], ast.Raise) or all(is_idle(statement, read) for statement in block)
    )


def lines_to_cut(block: Sequence[ast.stmt], read: set[str]) -> Iterator[int]:
    """Yield the numbers of the lines that a block can do without."""
    for statement in block:
        if is_idle(statement, read):
            yield from range(statement.lineno, (statement.end_lineno or 0) + 1)
            continue
        body, other = getattr(statement, "body", []), getattr(statement, "orelse", [])
        if not only_checks(body, read):  # a block cannot be empty
            yield from lines_to_cut(body, read)
        if only_checks(other, read):  # with the line `else:` or `elif ...:`
            yield from range(body[-1].end_lineno + 1, other[-1].end_lineno + 1)
        else:
            yield from lines_to_cut(other, read)


def unfold(app: Sphinx, what: str, name: str, obj: Any, options: Any, lines: list[str]) -> None:
    """Put the glance of a function between its description and its parameters."""
    if what != "function" or not name.startswith(PACKAGE):
        return
    if obj.__name__.startswith("check_"):
        return  # here the checks are the point
    source = inspect.getsource(obj)
    head, body = head_and_body(source)
    if len(body) < SHORTEST:
        return
    sizes = f"{len(head + body)} of {len(source.splitlines())} lines"
    end = next((i for i, line in enumerate(lines) if FIELD.match(line)), len(lines))
    lines[end:end] = [
        "",
        ".. raw:: html",
        "",
        f'   <details class="glance"><summary>At a glance: {sizes}</summary>',
        "",
        ".. code-block:: python",
        "",
        *(f"   {line}" for line in head + body),
        "",
        ".. raw:: html",
        "",
        "   </details>",
        "",
    ]


def setup(app: Sphinx) -> None:
    """Run after napoleon has read the docstring."""
    app.connect("autodoc-process-docstring", unfold, priority=900)
