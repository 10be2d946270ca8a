"""From what a page wrote back to the one kind of answer that was asked for."""

from typing import Any, TypeVar

import msgspec

from gapprof.browser.trouble import VisitError, trouble_of
from gapprof.records.wire.trouble import Broke, Refused

A = TypeVar("A", bound=msgspec.Struct)


def answer_of(text: str | bytes, kind: type[A]) -> A:
    """The answer; raises VisitError where the page refused, where something broke, or for anything else.

    Nothing here knows the kinds there are: a probe's task and answer are declared by whoever asks.
    """
    wanted: Any = kind | Broke | Refused
    try:
        answer = msgspec.json.decode(text, type=wanted)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise VisitError(
            f"the page's answer cannot be read: {error}", kind="page", detail=str(text)[:2000]
        ) from error
    match answer:
        case Broke():
            raise trouble_of(answer)
        case Refused():
            raise VisitError(answer.reason, kind="environment", phase="start")
        case kind():
            return answer
        case _:
            raise VisitError(f"the page answered with {type(answer).__name__}", kind="page")
