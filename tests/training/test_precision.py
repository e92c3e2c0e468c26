"""bfloat16 trains where oneDNN has an LSTM for it and where it has none."""

import pytest
import torch
from torch import nn

from course_pkg.training import precision

CPU = torch.device("cpu")


@pytest.mark.parametrize("usable", [True, False])
def test_products_are_rounded_and_everything_is_put_back(monkeypatch, usable):
    monkeypatch.setattr(precision, "_onednn_has_bfloat16", lambda: usable)
    a = torch.full((1, 1), 1 + 2**-12)
    before = torch.backends.mkldnn.is_available(), torch._C._get_mkldnn_enabled()
    with precision.autocast(CPU, "bfloat16"):
        assert (a @ a).item() == 1.0
        assert torch._C._get_mkldnn_enabled() == (usable and before[1])
    with pytest.raises(KeyError), precision.autocast(CPU, "bfloat16"):
        raise KeyError
    assert (torch.backends.mkldnn.is_available(), torch._C._get_mkldnn_enabled()) == before
    with precision.autocast(CPU, "full"):
        assert (a @ a).item() > 1.0


@pytest.mark.filterwarnings("error")
def test_an_lstm_of_torch_runs_forward_and_backward():
    net = nn.LSTM(3, 4)
    with precision.autocast(CPU, "bfloat16"):
        y, _ = net(torch.ones(5, 2, 3))
    y.float().sum().backward()
    assert all(p.grad is not None and p.grad.isfinite().all() for p in net.parameters())


def test_the_trial_draws_nothing():
    precision._onednn_has_bfloat16.cache_clear()
    before = torch.get_rng_state()
    precision._onednn_has_bfloat16()
    assert torch.equal(torch.get_rng_state(), before)


def test_another_precision_is_refused():
    with (
        pytest.raises(ValueError, match="precision: expected one of 'full', 'bfloat16'"),
        precision.autocast(CPU, "float16"),
    ):
        pass
