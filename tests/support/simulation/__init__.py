"""The whole runtime in one thread, its interleavings and faults chosen by a seed: see `simulation.Simulation`."""
