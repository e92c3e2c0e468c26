"""The same ideas in PyTorch, written from scratch, and task models built from them."""
