"""Which models a study is of, those first whose runs take least: one that is stopped then has most of them.

Beside the nine classes of Wang et al. (2025) stand today's transformers, and the networks of Kanev (2023).
"""

from gapprof.facts.paper import CLASSES

CIFAR = ("resnet20", "resnet32", "resnet44")
TODAY = ("decoder-small", "decoder-q4", "t5-encoder")
_LAST = ("vgg16", "super-resolution")
"""One takes half a gigabyte, the other seconds a run."""
ALL = tuple(
    f"zoo:{name}" for name in (*CIFAR, *(name for name in CLASSES if name not in _LAST), *TODAY, *_LAST)
)
