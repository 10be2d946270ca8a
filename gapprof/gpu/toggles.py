"""Dawn's safety switches in both places' words, and the proof by behaviour that they were switched."""

from collections.abc import Iterable, Mapping

from gapprof.records.gpu import ToggleProof, Toggles
from gapprof.records.gpu_wire import GpuToggled

DEFAULT = Toggles(disabled=("timestamp_quantization",))
"""As browsers have it, but for the clock: Dawn rounds timestamps to 65.536 us, a browser by other rules."""
SAFETY: Mapping[str, str] = {
    "validation": "skip_validation",
    "bounds": "disable_robustness",
    "zero-init": "disable_workgroup_init",
}
"""What a switch takes away → Dawn's name of it. Validation and bounds keep memory safe: only ever for models
that are trusted, in a profile that is thrown away."""
UNSAFE = Toggles(enabled=tuple(SAFETY.values()), disabled=DEFAULT.disabled)
_QUANTA_NS = (65536, 100_000)
_FEW = 3


def without(*names: str) -> Toggles:
    """The default with some of `SAFETY` taken away. KeyError for another name."""
    return Toggles(enabled=tuple(SAFETY[name] for name in names), disabled=DEFAULT.disabled)


def browser_args(toggles: Toggles) -> tuple[str, ...]:
    """For a command line."""
    return tuple(f"--{word}" for word in dawn_options(toggles))


def dawn_options(toggles: Toggles) -> tuple[str, ...]:
    """For Dawn's `create`."""
    words = {"enable-dawn-features": toggles.enabled, "disable-dawn-features": toggles.disabled}
    return tuple(f"{word}={','.join(names)}" for word, names in words.items() if names)


def proofs(toggles: Toggles, seen: GpuToggled) -> tuple[ToggleProof, ...]:
    """What each switch was to do, and whether what was seen agrees."""
    return (
        _validation("skip_validation" in toggles.enabled, seen),
        _bounds("disable_robustness" in toggles.enabled, seen),
        _zero_init("disable_workgroup_init" in toggles.enabled, seen),
        _clock("timestamp_quantization" in toggles.disabled, seen),
    )


def idle(found: Iterable[ToggleProof]) -> str | None:
    """The first of `SAFETY` that is not as it was wanted, in a sentence; None: all may be."""
    for proof in found:
        if proof.works is False and proof.toggle in SAFETY.values():
            asked = "was asked for" if proof.wanted else "was not asked for"
            return f"Dawn's {proof.toggle} {asked}, and yet {proof.seen}: what it costs cannot be told here"
    return None


def _validation(off: bool, seen: GpuToggled) -> ToggleProof:
    met = bool(seen.over_the_limit)
    text = "was refused" if met else "was let through"
    return ToggleProof(
        toggle="skip_validation",
        wanted=off,
        works=met is not off,
        seen=f"a dispatch of too many workgroups {text}",
    )


def _bounds(off: bool, seen: GpuToggled) -> ToggleProof:
    outside = seen.read_outside == seen.planted_outside
    text = "what stands there" if outside else "something else"
    return ToggleProof(
        toggle="disable_robustness",
        wanted=off,
        works=outside is off,
        seen=f"a shader that read behind its buffer's end got {text}",
    )


def _zero_init(off: bool, seen: GpuToggled) -> ToggleProof:
    """Clean memory tells nothing where it need not be cleaned: nobody may have left anything there."""
    found = seen.leftovers > 0
    return ToggleProof(
        toggle="disable_workgroup_init",
        wanted=off,
        works=found is off if found or not off else None,
        seen=f"{seen.leftovers} of {seen.workgroups} workgroups found what another had left in their memory",
    )


def _clock(off: bool, seen: GpuToggled) -> ToggleProof:
    """Steps of the GPU's clock; that few are multiples of a quantum may be chance.

    A browser that was not asked has rules of its own: fine steps are then no fault of the switch.
    """
    steps = {stamp for stamp in seen.timestamps_ns if stamp}
    coarse = next((q for q in _QUANTA_NS if steps and all(stamp % q == 0 for stamp in steps)), None)
    known = len(seen.timestamps_ns) > _FEW and bool(steps)
    text = f"in steps of {coarse} ns" if coarse else "in no steps that were seen"
    return ToggleProof(
        toggle="timestamp_quantization",
        wanted=off,
        works=((coarse is None) is off) if known and (off or coarse) else None,
        seen=f"the GPU's clock goes {text}" if known else "the GPU has no clock that was seen to go",
    )
