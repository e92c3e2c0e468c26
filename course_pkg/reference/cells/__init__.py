"""The recurrent cells: one step and one sequence, forward and by hand backward.

In the order of the course: ``rnn``, ``lstm``, ``gru``; the LSTM's relatives ``lstm_1997``,
``lstm_peephole``, ``lstm_coupled``, ``lstm_layer_norm``; the GRU's, ``gru_reset_before``, ``mgu``;
``jordan``, ``leaky``; and what they share or exchange: ``gate_orders``, ``gru_conventions``,
``time_blocks``.
"""
