"""Answers that are alike: the same program, whatever its names, comments and spaces are.

Two answers of three lines are alike because there is little else to write; so is whatever follows
the chapter, or the public solutions. The list says where to look. It proves nothing.
"""

from __future__ import annotations

import ast
import csv
import io
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from course_pkg.classroom.assignment import Assignment
from course_pkg.classroom.repair import plan
from course_pkg.classroom.submission import Handed

LEAST = 40  # nodes of a syntax tree: a shorter answer says nothing


class _Renamed(ast.NodeTransformer):
    """Give each name a number, in the order in which the names come; leave docstrings out."""

    def __init__(self) -> None:
        self.numbers: dict[str, str] = {}

    def _number(self, name: str) -> str:
        return self.numbers.setdefault(name, f"n{len(self.numbers)}")

    def visit_Name(self, node: ast.Name) -> ast.AST:
        return ast.Name(self._number(node.id), node.ctx)

    def visit_arg(self, node: ast.arg) -> ast.AST:
        return ast.arg(self._number(node.arg), None)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        node.name, node.returns = self._number(node.name), None
        first = node.body[0]
        if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
            node.body = node.body[1:] or [ast.Pass()]
        return self.generic_visit(node)


class Alike(NamedTuple):
    """Students whose answers to an exercise are the same program."""

    exercise: int
    students: tuple[str, ...]
    nodes: int
    as_published: bool  # the same as the course's own solution


def normal_form(source: str) -> tuple[str, int]:
    r"""Return a program without its names and comments, and its size; ("", 0) if it is none.

    Examples
    --------
    >>> first, _ = normal_form("def f(x):\n    y = x + 1  # more\n    return y")
    >>> second, _ = normal_form("def f(a):\n    b = a+1\n    return b")
    >>> first == second
    True
    """
    try:
        tree = ast.parse(source)
        nodes = sum(1 for _ in ast.walk(tree))
        return ast.dump(_Renamed().visit(tree)), nodes
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return "", 0


def alike(assignment: Assignment, works: Mapping[str, Sequence[Handed]]) -> list[Alike]:
    """Return which students gave the same program as an answer.

    Parameters
    ----------
    assignment : Assignment
        The exercises.
    works : mapping of str to sequence of Handed
        The cells of each student.

    Returns
    -------
    list of Alike
        By exercise; only answers of some length, given by two students or more.
    """
    published = {c.exercise: normal_form(c.source) for c in assignment.cells if c.kind == "answer"}
    groups: dict[tuple[int, str, int], list[str]] = {}
    for student, handed in sorted(works.items()):
        answers: dict[int, list[str]] = {}
        for step in plan(assignment, handed).steps:
            if step.kind == "written":
                answers.setdefault(step.exercise, []).append(step.source)
        for exercise, parts in answers.items():
            form, nodes = normal_form("\n".join(parts))
            if nodes >= LEAST:
                groups.setdefault((exercise, form, nodes), []).append(student)
    return [
        Alike(exercise, tuple(students), nodes, published.get(exercise, ("", 0))[0] == form)
        for (exercise, form, nodes), students in sorted(groups.items())
        if len(students) > 1
    ]


def table(found: Sequence[Alike]) -> str:
    """Return the list as CSV.

    Examples
    --------
    >>> print(table([Alike(3, ("anna", "ben"), 80, False)]), end="")
    exercise,students,nodes,as published
    3,anna; ben,80,no
    """
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(["exercise", "students", "nodes", "as published"])
    for each in found:
        names = "; ".join(each.students)
        rows.writerow([each.exercise, names, each.nodes, "yes" if each.as_published else "no"])
    return text.getvalue()
