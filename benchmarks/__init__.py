"""Side-by-side timings of the recurrent layers (``recurrent``, ``floor``) and of ``seq2seq``."""
