"""A data folder of each test's own, and a server: no test touches the network."""

from __future__ import annotations

import pytest

from tests.data.serving import Server


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """Keep downloads in a new folder, and go to this machine without a proxy."""
    monkeypatch.setenv("COURSE_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    return tmp_path / "data"


@pytest.fixture
def server():
    """Serve files on this machine."""
    running = Server()
    yield running
    running.close()
