"""Compiled twins of kernels, and nothing else; ``numerics.engine`` says when they run."""
