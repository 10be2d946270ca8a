"""What the file of `--inputs` holds: one input of the model or many of them, and perhaps what is right."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gapprof.errors import WrongUse
from gapprof.subject.declared import Declared
from gapprof.subject.npz import Arrays
from gapprof.subject.visible import shown

LABELS = "labels"
"""An array of this name is no input, unless the model has one that is called so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """Inputs in the file's order, at least one, and a class for each where the file has labels."""

    inputs: tuple[Arrays, ...]
    labels: tuple[int, ...] = ()


def parted(arrays: Arrays, declared: Mapping[str, Declared], *, source: str, hint: str) -> Given:
    """One input where arrays have as many axes as the model's; N of them where each has one more, in front.

    Raises WrongUse for arrays that do not all hold the same number, and for labels that are not one whole
    number for each. Names and shapes behind that axis are left to whoever knows the model's.
    """
    own = {name: array for name, array in arrays.items() if name != LABELS or LABELS in declared}
    more = {name for name, array in own.items() if _has_one_more(array, declared.get(name))}
    labels = arrays.get(LABELS) if LABELS not in declared else None
    if not more:
        return Given(inputs=(own,), labels=_labels(labels, 1, source, hint))
    single = sorted(name for name in own if name in declared and name not in more)
    if single:
        many, one = shown(min(more)), shown(single[0])
        raise WrongUse(
            f"{source} holds many of {many!r}, along one more axis, and one of {one!r}",
            hint=f"Give every input that axis, or none. {hint}",
        )
    counts = {name: own[name].shape[0] for name in sorted(more)}
    if len(set(counts.values())) > 1 or 0 in counts.values():
        told = ", ".join(f"{count} of {shown(name)!r}" for name, count in counts.items())
        raise WrongUse(f"{source} holds {told}", hint=f"It needs as many of each, at least one. {hint}")
    count = next(iter(counts.values()))
    inputs = tuple(
        {name: array[number] if name in more else array for name, array in own.items()}
        for number in range(count)
    )
    return Given(inputs=inputs, labels=_labels(labels, count, source, hint))


def _has_one_more(array: NDArray[Any], declared: Declared | None) -> bool:
    return declared is not None and array.ndim == len(declared.dims) + 1


def _labels(labels: NDArray[Any] | None, count: int, source: str, hint: str) -> tuple[int, ...]:
    if labels is None:
        return ()
    if labels.dtype.kind not in "iu" or labels.shape not in ((count,), () if count == 1 else (count,)):
        raise WrongUse(
            f"{source}: {LABELS!r} is {labels.dtype} of shape {list(labels.shape)}, for {count} "
            f"input{'s' if count != 1 else ''}",
            hint=f"Labels are whole numbers, one class for each input. {hint}",
        )
    return tuple(int(label) for label in np.atleast_1d(labels))
