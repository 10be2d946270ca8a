"""Reports as files: what `explain --json` wrote, or a recording, analysed on the way in."""

from pathlib import Path

from gapprof.errors import WrongUse
from gapprof.records.codec import decode_report, is_recording
from gapprof.records.report import Report

_HINT = "Give the file that `gapprof explain` wrote with --json FILE or --recording FILE."


def read_report(path: Path) -> Report:
    """Raises WrongUse for a file that is missing or neither."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise WrongUse(f"{path} cannot be read: {error.strerror}", hint=_HINT) from error
    if is_recording(data.partition(b"\n")[0]):
        from gapprof.pipeline import report_of
        from gapprof.recordings import read_run

        return report_of(read_run(path))
    return decode_report(data, source=str(path))
