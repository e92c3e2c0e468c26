"""The same ideas in PyTorch, written from scratch, and task models built from them.

In the order of the course: ``rnn``, ``lstm`` and ``gru`` hold a layer each, once as a loop for
autograd and once with its gradient by hand, and a stack of such layers. ``stack`` is what the
three share; ``by_hand`` runs the gradients by hand, and ``weights`` draws weights and moves them
to ``torch.nn`` and back. ``recurrent`` makes a network of any cell, and ``attention`` looks back
at all its states. ``dropped`` runs a network with dropout on what flows through it and on its
recurrent weights. The task models are ``classifier``, ``language_model`` and ``seq2seq``: there an
encoder reads, and a ``decoder`` writes with attention; ``pointer`` can also copy from its source.
``adapters`` changes a trained model by LoRA, and ``prompts`` learns what a frozen language model
starts from; ``shared`` lets several models have one body. For the decoders of the package
``scorer`` reads with a language model token by token, and ``translator`` with a model of sequence
to sequence. ``checks`` looks at the input of all of them.

What holds everywhere: input is time-major, ``(T, B, ...)``. An argument of a wrong type, dtype,
rank, size or range is a ``TypeError`` or ``ValueError`` that names the argument, what was expected
and what was given; a section "Raises" says only what goes beyond this. Where values cannot be seen,
their range is not checked: under ``torch.compile``, ``torch.export`` and ``torch.vmap``, and on
the meta device. Numbers that are not finite are no error: they show in the output.
"""
