"""A child that does what it is told, good or bad."""

import os
import signal
import time
from pathlib import Path
from typing import Any

from gapprof.subject import child


def _do(request: dict[str, Any]) -> dict[str, Any]:
    Path(request["pid_file"]).write_text(str(os.getpid()))
    match request["what"]:
        case "answer":
            return {"heard": request["word"], "folder": str(Path.cwd())}
        case "crash":
            os.kill(os.getpid(), signal.SIGSEGV)
        case "raise":
            raise RuntimeError("as told")
        case "memory":
            try:
                return {"bytes": len(bytearray(1 << 50))}
            except MemoryError:
                return {"bytes": None}
    time.sleep(600)
    return {}


if __name__ == "__main__":
    child.serve(_do)
