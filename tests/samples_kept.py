"""How is a sample read no more than once by a process of tests, or by a kernel of notebooks?"""

import copy
import functools


def read_samples_once() -> None:
    """Let each call of ``load_sample`` give a copy of its own of what was read once."""
    from walkstats.reading import samples

    kept = functools.cache(samples.read_trial)
    samples.read_trial = lambda folder: copy.deepcopy(kept(folder))
