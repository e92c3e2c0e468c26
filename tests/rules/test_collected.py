"""Rule: no folder of tests is passed over because of its name."""

from fnmatch import fnmatch

from notebook_files import ROOT


def test_every_folder_of_tests_is_collected(pytestconfig):
    passed_over = pytestconfig.getini("norecursedirs")
    folders = {path.parent for path in (ROOT / "tests").rglob("test_*.py")}
    assert len(folders) > 10
    for folder in folders:
        for part in folder.relative_to(ROOT).parts:
            assert not any(fnmatch(part, pattern) for pattern in passed_over), folder
