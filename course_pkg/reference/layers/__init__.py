"""What stands around a recurrent cell.

In the order of the course: ``linear``, ``embedding``, ``activations``, ``softmax``,
``attention``, ``attentional_state``, ``low_rank``, ``layer_norm``, ``rms_norm``, ``batch_norm``;
and what many of them share, ``row_sums``.
"""
