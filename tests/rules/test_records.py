"""Rule: the first lines of each recorded run say all that experiments/record.py writes of it."""

import re
import shlex

from notebook_files import ROOT, shown

from tests.rules.published import each, report

RECORDS = sorted((ROOT / "book" / "results").glob("*.csv"))
WANTED = {
    "command": re.compile(r"python -m experiments\.\w+ .+"),
    "versions": re.compile(r"python 3\.\S+, numpy \d\S+, torch \d\S+(, .+)?"),
    "machine": re.compile(r".+"),
    "options": re.compile(r".*seeds( \d+)+.*"),
    "commit": re.compile(r"[0-9a-f]{12}(, and changes since)?"),
    "blas": re.compile(r"\S+ \S+, kernel (?!unknown)\S.*, numpy simd .+, torch .+"),
    "threads": re.compile(r"torch \d+, OMP_NUM_THREADS \d+"),
    "date": re.compile(r"\d{4}-\d\d-\d\d"),
}


def complaints_about(text, place):
    """Return a sentence for each line that is missing or does not say what it should."""
    head = dict(re.findall(r"^# (\w+): (.*)$", text, re.MULTILINE))
    complaints = [
        f"{place}: the line '# {key}:' is missing or incomplete: {head.get(key)!r}."
        for key, form in WANTED.items()
        if not form.fullmatch(head.get(key, ""))
    ]
    words = shlex.split(head.get("command", ""))
    if place not in words:
        complaints.append(f"{place}: its command writes another file.")
    if len(words) > 2 and not (ROOT / f"{words[2].replace('.', '/')}.py").exists():
        complaints.append(f"{place}: {words[2]} does not exist.")
    return complaints


@each(RECORDS)
def test_a_record_says_how_it_was_made(path):
    report(complaints_about(path.read_text(encoding="utf-8"), shown(path)))


def test_the_rule_sees_a_line_that_is_missing_or_says_nothing():
    path = RECORDS[0]
    text = path.read_text(encoding="utf-8")
    assert complaints_about(text, shown(path)) == []
    for key in WANTED:
        without = re.sub(rf"^# {key}:.*\n", "", text, count=1, flags=re.MULTILINE)
        assert f"the line '# {key}:'" in complaints_about(without, shown(path))[0]
    for value in ("commit: unknown", "blas: b 1, kernel unknown, numpy simd x, torch y"):
        key = value.partition(":")[0]
        vague = re.sub(rf"^# {key}:.*$", f"# {value}", text, count=1, flags=re.MULTILINE)
        assert f"the line '# {key}:'" in complaints_about(vague, shown(path))[0]
    assert complaints_about(text, "book/results/b.csv") == [
        "book/results/b.csv: its command writes another file."
    ]
    gone = re.sub(r"experiments\.\w+", "experiments.gone", text, count=1)
    assert "experiments.gone does not exist" in complaints_about(gone, shown(path))[-1]
