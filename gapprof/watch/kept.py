"""The model of a page, and what it was fed with, as files: what a ladder about it is made of."""

from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from gapprof.errors import ModelUnusable
from gapprof.records.observed import PageObserved
from gapprof.records.settings import Settings
from gapprof.subject import npz
from gapprof.text.names import file_stem
from gapprof.watch.heard import DTYPES, HeardSession, InputLine
from gapprof.watch.listening import Listener


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """What a page does, and what a ladder about it is made of."""

    seen: PageObserved
    model: Path
    inputs: Path | None
    """None where the library was not fed from memory that could be read."""

    def settings(self, asked: Settings) -> Settings:
        """The user's, as the page has them: the ladder is about its model, on a quiet page of ours."""
        return msgspec.structs.replace(
            asked,
            page="quiet",
            isolation=self.seen.isolated,
            where=self.seen.session.where,
            threads=asked.threads if asked.threads is not None else self.seen.asked_threads,
            inputs=str(self.inputs) if self.inputs is not None else None,
        )


async def kept(
    listener: Listener, chosen: tuple[str, HeardSession], seen: PageObserved, folder: Path
) -> Watched:
    """Those of the chosen session. Raises ModelUnusable, VisitError."""
    session, one = chosen
    name = file_stem(PurePosixPath(seen.session.url.split("?")[0]).name.removesuffix(".onnx")) or "model"
    model = folder / f"{name}.onnx"
    model.write_bytes(await listener.blob(session, one.created.blob))
    for line in one.external:
        target = folder / line.path
        if PurePosixPath(line.path).name != line.path or target == model:
            raise ModelUnusable(
                f"the page's model has external data in {line.path!r}, outside of its own folder",
                hint="Give MODEL as well, with all its files.",
            )
        target.write_bytes(await listener.blob(session, line.blob))
    values = {
        line.name: await _array(listener, session, line) for line in one.inputs if line.blob is not None
    }
    arrays = {name: array for name, array in values.items() if array is not None}
    inputs = None
    if one.inputs and len(arrays) == len(one.inputs):
        inputs = folder / "inputs.npz"
        npz.save(inputs, arrays)
    return Watched(seen=seen, model=model, inputs=inputs)


async def _array(listener: Listener, session: str, line: InputLine) -> NDArray[Any] | None:
    """None for elements without a numpy type, and for sizes that do not fit."""
    dtype = DTYPES.get(line.type)
    if dtype is None or line.blob is None:
        return None
    data = np.frombuffer(await listener.blob(session, line.blob), dtype)
    return data.reshape(line.dims) if data.size == np.prod(line.dims, dtype=np.int64) else None
