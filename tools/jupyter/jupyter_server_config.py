"""What the server of `make lab` does: a check is folded again whenever its notebook is saved.

A click on the bar of a folded check opens it, and JupyterLab would save it open. The check gives
the answer away, so the file keeps it folded; on the screen it stays as the learner has it.
"""

import contextlib


def fold_checks(model, **_):
    """Fold the checks of a notebook that is about to be saved; nothing else in it is touched."""
    if model.get("type") != "notebook":
        return
    with contextlib.suppress(KeyError, TypeError, AttributeError):  # saved as it is
        for cell in model["content"]["cells"]:
            marks = cell["metadata"].get("nbgrader", {})
            if cell["cell_type"] == "code" and marks.get("grade") and not marks.get("solution"):
                cell["metadata"].setdefault("jupyter", {})["source_hidden"] = True


c = get_config()  # noqa: F821 (the server brings it along)
c.FileContentsManager.pre_save_hook = fold_checks
