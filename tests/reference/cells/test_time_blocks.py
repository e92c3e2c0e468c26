"""Blocks of time steps: all steps, each once, the last first; and no result depends on them."""

import numpy as np
import pytest

from course_pkg.reference.cells import gru, lstm, rnn, time_blocks


@pytest.mark.parametrize("T", [1, 2, 5, 7])
@pytest.mark.parametrize("bytes_per_step", [1, 2**18, 2**19, 2**30])
def test_every_step_comes_once_and_the_last_first(T, bytes_per_step):
    blocks = list(time_blocks.time_blocks(T, bytes_per_step))
    steps = [t for block in blocks for t in reversed(range(block.start, block.stop))]
    assert steps == list(reversed(range(T)))
    most = max(1, time_blocks.BLOCK_BYTES // bytes_per_step)
    assert all(block.stop - block.start <= most for block in blocks)


@pytest.mark.parametrize("cell", [rnn, gru, lstm], ids=lambda cell: cell.__name__)
@pytest.mark.parametrize("lengths", [None, [7, 3]], ids=["whole", "ragged"])
def test_the_gradients_do_not_depend_on_the_blocks(cell, lengths, monkeypatch):
    rng = np.random.default_rng(0)
    rows = 4 * cell.GATES
    params = cell.Params(*(rng.normal(size=s) for s in [(rows, 3), (rows, 4), (rows,), (rows,)]))
    (y, *_), cache = cell.forward(rng.normal(size=(7, 2, 3)), params, lengths=lengths)
    dy = rng.normal(size=y.shape)
    in_one_block = cell.backward(dy, cache)
    monkeypatch.setattr(time_blocks, "BLOCK_BYTES", 3 * dy[0].nbytes * cell.GATES)  # three steps
    for a, b in zip(in_one_block, cell.backward(dy, cache), strict=True):
        np.testing.assert_allclose(a, b, rtol=0, atol=1e-12)
