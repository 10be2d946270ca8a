"""The model of a page, and what it was fed with, as files: what a ladder about it is made of."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from gapprof.errors import ModelUnusable
from gapprof.facts.session_options import to_feed
from gapprof.records.observed import PageObserved
from gapprof.records.settings import Settings
from gapprof.subject import npz
from gapprof.subject.wire import ORT_FORMAT
from gapprof.text.names import file_stem
from gapprof.watch.heard import DTYPES, HeardSession, InputLine
from gapprof.watch.listening import Listener

_MOST_NAME_BYTES = 255
_WHOLE = "Give MODEL as well, with all its files."


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """Files of the chosen session."""

    model: Path
    sha256: str
    arrays: Mapping[str, NDArray[Any]]
    """Inputs of its first run whose values could be read."""
    inputs: Path | None
    """All of them; None where one is missing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """What a page does, and what a ladder about it is made of."""

    seen: PageObserved
    kept: Kept

    def settings(self, asked: Settings) -> Settings:
        """The user's, as the page has them: the ladder is about its model, on a quiet page of ours."""
        session = self.seen.session
        shapes = {one.name: one.dims for one in session.inputs if one.dims}
        return msgspec.structs.replace(
            asked,
            page="quiet",
            isolation=self.seen.isolated,
            where=session.where,
            threads=asked.threads if asked.threads is not None else self.seen.asked_threads,
            shapes=shapes if self.kept.inputs is None else {},
            session_options={**to_feed(session.options), **asked.session_options},
        )


async def kept(listener: Listener, session: str, one: HeardSession, url: str, folder: Path) -> Kept:
    """Those of the chosen session. Raises ModelUnusable, VisitError."""
    name = file_stem(url.partition("?")[0].rpartition("/")[2].removesuffix(".onnx"))
    model = folder / f"{name}.onnx"
    data = await listener.blob(session, one.created.blob)
    if data[4:8] == ORT_FORMAT:
        raise ModelUnusable(
            "the page's model is in onnxruntime's own format (.ort), which says nothing of its nodes",
            hint="Give MODEL, the ONNX file that it was made from, as well.",
        )
    model.write_bytes(data)
    for line in one.external:
        target = folder / _plain(line.path)
        if target == model:
            raise ModelUnusable("the page's model names itself as its external data", hint=_WHOLE)
        target.write_bytes(await listener.blob(session, line.blob))
    values = {line.name: await _array(listener, session, line) for line in one.inputs}
    arrays = {name: array for name, array in values.items() if array is not None}
    inputs = None
    if one.inputs and len(arrays) == len(one.inputs):
        inputs = folder / "inputs.npz"
        npz.save(inputs, arrays)
    return Kept(model=model, sha256=hashlib.sha256(data).hexdigest(), arrays=arrays, inputs=inputs)


def _plain(path: str) -> str:
    """The name of a file of external data; `./` in front of it means nothing. Raises ModelUnusable."""
    name = path.removeprefix("./")
    odd = {"/", "\\", "\0"} & set(name) or name in ("", ".", "..") or len(name.encode()) > _MOST_NAME_BYTES
    if odd:
        raise ModelUnusable(
            f"the page's model has external data in {path[:80]!r}, which is no file beside it", hint=_WHOLE
        )
    return name


async def _array(listener: Listener, session: str, line: InputLine) -> NDArray[Any] | None:
    """None for elements without a numpy type, for what was not in memory, and for sizes that do not fit."""
    dtype = DTYPES.get(line.type)
    if dtype is None or line.blob is None:
        return None
    data = await listener.blob(session, line.blob)
    if len(data) != np.prod(line.dims, dtype=np.int64) * np.dtype(dtype).itemsize:
        return None
    return np.frombuffer(data, dtype).reshape(line.dims)
