"""Side-by-side timings. ``python -m benchmarks.recurrent`` runs those of the recurrent layers."""
