"""From options to `Settings`, for the command line and for Python alike; everything is checked."""

import math
import os
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from gapprof.errors import WrongUse
from gapprof.files import is_file
from gapprof.records.environment import is_url
from gapprof.records.settings import ASKING_WORKER, Settings
from gapprof.text.suggestion import did_you_mean

BACKENDS = ("wasm", "webgpu", "webgl")
_WHERE = ("main", "worker", ASKING_WORKER)
_PAGES = ("quiet", "busy")
_FOLDERS_PAGE = "index.html"
_PAGE_HINT = "Give quiet, busy, the path of an HTML file or its folder, or an http(s) URL."
_TAB_HINT = "Give the path of an HTML file or its folder, or an http(s) URL."
_RUNG_WORDS = ("auto", "main", "all", "ends")
_MOST_THREADS = 1024
_OF_WASM = (
    "verify",
    "twins",
    "transplant",
    "instrument",
    "qoe",
    "scaling",
    "observed_ms",
)
"""What looks into the processor's side."""
_OF_WEBGPU = ("memory", "cold")
"""What is told of WebGPU as well."""


def settings_from(options: Mapping[str, object]) -> Settings:
    """Settings by field name, defaults for the rest; raises WrongUse for what makes no sense."""
    for name in options:
        if name not in Settings.__struct_fields__:
            known = list(Settings.__struct_fields__)
            raise WrongUse(f"there is no option called {name!r}", hint=did_you_mean(name, known))
    plain = {
        name: os.fspath(value) if isinstance(value, os.PathLike) else value for name, value in options.items()
    }
    try:
        wanted = msgspec.convert(plain, Settings, strict=True)
    except msgspec.ValidationError as error:
        raise WrongUse(f"an option has the wrong type: {error}", hint="See help(gapprof.explain).") from error
    _check(wanted)
    return msgspec.structs.replace(wanted, rungs=_rungs(wanted.rungs, wanted.backend.split(",")))


def refuse_no_model(settings: Settings, given: Collection[str]) -> None:
    """Without a model there has to be a page that runs one by itself. Raises WrongUse.

    `given`: options by the names of `Settings` that somebody set.
    """
    if settings.page in _PAGES:
        raise WrongUse(
            "there is neither a MODEL nor a page that runs one",
            hint="Give the path of an ONNX file or zoo:NAME, or --page the address of a page that runs a "
            "model by itself.",
        )
    if settings.backend != "wasm":
        raise WrongUse(
            f"what a page runs by itself is looked at on wasm, and --backend is {settings.backend}",
            hint="Give MODEL as well, or leave --backend out.",
        )
    for name, option in (("shapes", "--shape"), ("inputs", "--inputs"), ("where", "--where")):
        if name in given:
            raise WrongUse(
                f"{option} goes with a MODEL; without one the page itself says what it runs, and where",
                hint="Give MODEL as well, or leave the option out.",
            )


def _check(settings: Settings) -> None:
    for backend in settings.backend.split(","):
        if backend not in BACKENDS:
            raise WrongUse(
                f"the backend {backend!r} is not in this version",
                hint=f"Backends: {', '.join(BACKENDS)}; several in order of preference: webgpu,wasm.",
            )
    if settings.backend != "wasm":
        _check_gpu(settings)
    if settings.native_python is not None:
        _check_native_python(settings)
    if settings.where not in _WHERE:
        raise WrongUse(f"--where is {settings.where!r}", hint=f"It is one of {', '.join(_WHERE)}.")
    if settings.threads is not None and not 1 <= settings.threads <= _MOST_THREADS:
        raise WrongUse(f"--threads is {settings.threads}", hint=f"It is auto, or 1 to {_MOST_THREADS}.")
    if not (math.isfinite(settings.budget_s) and settings.budget_s > 0):
        raise WrongUse(f"--budget is {settings.budget_s}", hint="It is a number of seconds above 0.")
    if not 0 < settings.precision_percent <= 100:
        raise WrongUse(
            f"--precision is {settings.precision_percent}", hint="It is in percent: above 0, at most 100."
        )
    if settings.observed_ms is not None and not (
        math.isfinite(settings.observed_ms) and settings.observed_ms > 0
    ):
        raise WrongUse(f"--observed-ms is {settings.observed_ms}", hint="It is in milliseconds: above 0.")
    if settings.seed < 0:
        raise WrongUse(f"--seed is {settings.seed}", hint="It is a whole number, 0 or above.")
    for name, shape in settings.shapes.items():
        if not shape or any(extent < 1 for extent in shape):
            raise WrongUse(
                f"--shape {name}: {shape} is no shape",
                hint="Every extent is at least 1: --shape NAME=1,3,224,224.",
            )
    _check_paths(settings)


def _check_gpu(settings: Settings) -> None:
    """What looks into the processor's side has nothing to look at where models run on a GPU."""
    option, backends = _given(settings, _OF_WASM), "wasm"
    if option is None and "webgl" in settings.backend.split(","):
        option, backends = _given(settings, _OF_WEBGPU), "wasm or webgpu"
    if option is not None:
        raise WrongUse(
            f"{option} is for --backend {backends}, and the backend is {settings.backend}",
            hint="Leave one of the two out.",
        )


def _check_native_python(settings: Settings) -> None:
    option = _given(settings, (*_OF_WASM, "memory"))
    if option is not None:
        raise WrongUse(
            f"{option} looks at the onnxruntime beside gapprof, and --native-python names another one",
            hint="Leave one of the two out.",
        )
    if not is_file(settings.native_python or ""):
        raise WrongUse(
            f"--native-python {settings.native_python} is no file",
            hint="Give an interpreter, such as env/bin/python, with a build of onnxruntime beside it.",
        )


def _given(settings: Settings, names: Sequence[str]) -> str | None:
    """The first of these options that somebody gave."""
    usual = Settings()
    given = (name for name in names if getattr(settings, name) != getattr(usual, name))
    return next((f"--{name.removesuffix('_ms').replace('_', '-')}" for name in given), None)


def _check_paths(settings: Settings) -> None:
    if settings.page not in _PAGES:
        _check_page("--page", settings.page, _PAGE_HINT)
    for tab in settings.tabs:
        _check_page("--tab", tab, _TAB_HINT)
    if not settings.isolation and is_url(settings.page):
        raise WrongUse(
            "--no-isolation is for pages that gapprof serves; whether this one is isolated, its server says",
            hint="Leave the option out, or give --page the path of a page.",
        )
    if settings.inputs is not None and not is_file(settings.inputs):
        raise WrongUse(
            f"--inputs {settings.inputs} is no file", hint="Give an .npz with one array per input."
        )
    if settings.web_dist is not None and not _is_folder(settings.web_dist):
        raise WrongUse(
            f"--web-dist {settings.web_dist} is not a folder",
            hint="Give the `dist` folder of an onnxruntime-web build.",
        )


def _check_page(option: str, page: str, hint: str) -> None:
    if is_url(page):
        if not _host(page):
            raise WrongUse(f"{option} {page} names no host", hint=hint)
    elif page and _is_folder(page):
        if not is_file(str(Path(page) / _FOLDERS_PAGE)):
            raise WrongUse(f"{option} {page} is a folder without an {_FOLDERS_PAGE}", hint=hint)
    elif is_file(page) and Path(page).name.startswith("."):
        raise WrongUse(f"{option} {page} is a hidden file, which gapprof serves to no browser", hint=hint)
    elif not is_file(page):
        neither = "neither quiet nor busy, " if option == "--page" else ""
        raise WrongUse(f"{option} {page} is {neither}no URL, and no file here", hint=hint)


def _host(url: str) -> str:
    """Empty where the address has none, or is none."""
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def _is_folder(path: str) -> bool:
    try:
        return Path(path).is_dir()
    except OSError:
        return False


def _rungs(asked: str, backends: Sequence[str]) -> str:
    """One of the words, or ids that exist on the ladder to one of the backends, without spaces."""
    if asked in _RUNG_WORDS:
        return asked
    from gapprof.rungs import ladder

    known = list(dict.fromkeys(rung for backend in backends for rung in ladder(backend)))
    ids = [name.strip() for name in asked.split(",") if name.strip()]
    if not ids:
        raise WrongUse(
            "--rungs names no rung", hint=f"It is {', '.join(_RUNG_WORDS)}, or ids: {', '.join(known)}."
        )
    for name in ids:
        if name in _RUNG_WORDS:
            raise WrongUse(
                f"--rungs {asked} mixes {name} with other names",
                hint=f"Either one of {', '.join(_RUNG_WORDS)}, or ids; the main rungs are always visited.",
            )
        if name not in known:
            raise WrongUse(
                f"there is no rung called {name!r}", hint=did_you_mean(name, [*_RUNG_WORDS, *known])
            )
    return ",".join(dict.fromkeys(ids))
