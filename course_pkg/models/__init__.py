"""The same ideas in PyTorch, written from scratch: no ``torch.nn.RNN``, ``LSTM`` or ``GRU``."""
