"""How was the synthetic sample chosen? The tools that calibrate, select and check it."""
