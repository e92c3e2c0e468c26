"""Arguments of the networks: what is refused by name, and what is taken."""

import pytest
import torch
from torch import nn

from course_pkg.models.gru import GRU, GRULayer
from course_pkg.models.lstm import LSTM, LSTMLayer
from course_pkg.models.rnn import RNN, RNNLayer
from tests.models.cases import Case, assert_equal, kinds

GRU_, LSTM_ = GRU(2, 4), LSTM(2, 4, 2, bidirectional=True)
X = torch.zeros(5, 3, 2)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: GRU(0, 4), ValueError, "input_size: .* got 0"),
        (lambda: LSTM(2, -1), ValueError, "hidden_size: .* got -1"),
        (lambda: LSTM(2, 4, 0), ValueError, "num_layers: .* got 0"),
        (lambda: GRU(2, 4.0), TypeError, "hidden_size: .* got float"),
        (lambda: GRU(2, 4, gradient="magic"), ValueError, "gradient: .* got 'magic'"),
        (lambda: LSTM(2, 4, gradient=None), ValueError, "gradient: .* got None"),
        (lambda: RNN(2, 4, nonlinearity="sine"), ValueError, "nonlinearity: .* got 'sine'"),
        (lambda: RNN.from_torch(nn.GRU(2, 4)), TypeError, "other: .* torch.nn.RNN, got GRU"),
        (lambda: RNNLayer(2, 0), ValueError, "H: .* got 0"),
        (lambda: GRULayer(0, 4), ValueError, "I: .* got 0"),
        (lambda: LSTMLayer(2, 0), ValueError, "H: .* got 0"),
        (lambda: GRU_(X[0]), ValueError, r"x: expected shape \(T, B, I\) with I = 2, got \(3, 2\)"),
        (lambda: GRU_(X[..., :1]), ValueError, "x: .* with I = 2"),
        (lambda: LSTM_(X[:0]), ValueError, "x: .* got"),
        (lambda: LSTM_(X[:, :0]), ValueError, "x: .* got"),
        (lambda: GRU_(X, torch.zeros(1, 1, 4)), ValueError, r"h0: .* = \(1, 3, 4\), got"),
        (lambda: GRU_(X, torch.zeros(3, 4)), ValueError, r"h0: .* got \(3, 4\)"),
        (
            lambda: LSTM_(X, (torch.zeros(4, 3, 4), torch.zeros(4, 1, 4))),
            ValueError,
            r"c0: .* = \(4, 3, 4\), got \(4, 1, 4\)",
        ),
        (lambda: GRU_(X, lengths=[1, 2]), ValueError, r"lengths: expected shape \(B,\)"),
        (lambda: GRU_(X, lengths=[1, 2, 6]), ValueError, r"lengths: .* 1\.\.5, got 6"),
        (lambda: GRU_(X, lengths=[0, 2, 5]), ValueError, r"lengths: .* 1\.\.5, got 0"),
        (lambda: GRU_(X, lengths=torch.tensor([-1, 2, 5])), ValueError, "lengths: .* got -1"),
        (lambda: GRU_(X, lengths=torch.tensor([1.0, 2, 5])), TypeError, "lengths: .* integers"),
        (lambda: GRU.from_torch(nn.LSTM(2, 4)), TypeError, "other: .* torch.nn.GRU, got LSTM"),
        (lambda: LSTM.from_torch(LSTM_), TypeError, "other: .* torch.nn.LSTM, got LSTM"),
        (lambda: GRU.from_torch(nn.GRU(2, 4, bias=False)), ValueError, "other: .*bias=True"),
        (lambda: GRU.from_torch(nn.GRU(2, 4, batch_first=True)), ValueError, "batch_first=False"),
        (lambda: LSTM(2, 4, 2, dropout=1.0), ValueError, r"dropout: .* \[0, 1\), got 1.0"),
        (lambda: GRU(2, 4, 2, dropout=-0.1), ValueError, r"dropout: .* \[0, 1\), got -0.1"),
        (lambda: RNN(2, 4, 2, dropout="much"), TypeError, "dropout: expected a number, got str"),
        (lambda: LSTM.from_torch(nn.LSTM(2, 4, proj_size=3)), ValueError, "proj_size=0"),
        (lambda: GRU_(X.numpy()), TypeError, "x: expected a Tensor, got ndarray"),
        (lambda: GRU_(X.double()), TypeError, "x: .*float32 as in the parameters, got .*float64"),
        (lambda: GRU_(X.long()), TypeError, "x: .*float32 as in the parameters, got torch.int64"),
        (lambda: GRU_(X, torch.zeros(1, 3, 4).double()), TypeError, "h0: .* got torch.float64"),
        (lambda: GRU_(X, (torch.zeros(1, 3, 4),)), TypeError, "h0: expected a Tensor, got tuple"),
        (
            lambda: LSTM_(X, torch.zeros(2, 1, 3, 4)),
            TypeError,
            r"state: expected a tuple \(h0, c0\), got Tensor",
        ),
        (
            lambda: LSTM_(X, (torch.zeros(4, 3, 4),)),
            TypeError,
            r"state: expected a tuple \(h0, c0\), got tuple of 1",
        ),
        (lambda: LSTM(2, 4, bidirectional="no"), TypeError, "bidirectional: .* got 'no'"),
        (lambda: GRU(2, 4, batch_first=True), TypeError, "GRU: no argument 'batch_first'; .*trans"),
        (lambda: RNN(2, 4, bias=False), TypeError, "RNN: no argument 'bias'; .* zeros"),
        (lambda: LSTM(2, 4, proj_size=2), TypeError, "LSTM: no argument 'proj_size'; put .*Linear"),
        (lambda: LSTM(2, 4, peephole=True), TypeError, "LSTM: no argument 'peephole'; see"),
        (lambda: GRU(2, 4, dtype=torch.int64), TypeError, "dtype: .*floating type.*torch.int64"),
        (lambda: LSTMLayer(2, 4, dtype="float32"), TypeError, "dtype: .*floating type"),
    ],
)
def test_bad_input(call, error, message):
    with pytest.raises(error, match=message):
        call()


@kinds
@pytest.mark.parametrize(
    "dtype", [torch.uint8, torch.int32, torch.uint16, torch.uint32, torch.uint64]
)
def test_lengths_of_any_integer_type(kind, dtype):
    case = Case(kind, "autograd", D=2)
    wanted = case.run(case.ours, lengths=case.lengths)
    assert_equal(case.run(case.ours, lengths=case.lengths.to(dtype)), wanted)
