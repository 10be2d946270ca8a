"""What native onnxruntime answered about a model: a value, or its refusal as one sentence."""

from typing import Any

from msgspec.structs import replace

from gapprof.errors import ModelUnusable
from gapprof.records.subject import NativeRefusal
from gapprof.subject.child import Answered, Died, Overdue
from gapprof.text.refusals import readable


def answer_of(outcome: Answered | Died | Overdue, *, doing: str, hint: str) -> dict[str, Any] | NativeRefusal:
    """What the child answered, or why it did not: onnxruntime refused, or crashed over, the model.

    Raises ModelUnusable when time ran out: a page, slower still, would only be waited for in vain.
    """
    match outcome:
        case Overdue(deadline_s=deadline_s):
            raise ModelUnusable(
                f"native onnxruntime did not {doing} within {deadline_s:.0f} s and was stopped",
                hint="Try a smaller model, or smaller free dimensions with --shape.",
            )
        case Died(how=how, death=death):
            return NativeRefusal(
                message=f"native onnxruntime crashed when asked to {doing} ({how})",
                hint="Check the file with onnx.checker, or export the model again.",
                death=replace(death, last_words=readable(death.last_words)),
            )
        case Answered(value={"error": str(error)}):
            message = f"native onnxruntime cannot {doing}: {readable(error)}"
            return NativeRefusal(message=message, hint=hint)
        case Answered(value=value):
            return value
