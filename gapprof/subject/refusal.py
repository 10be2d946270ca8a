"""What native onnxruntime said when it refused a model, as one sentence that names the node."""

import re
from typing import Any

from gapprof.errors import ModelUnusable
from gapprof.subject.child import Answered, Died, Overdue
from gapprof.subject.tensors import shortened
from gapprof.subject.visible import shown

_FRAME = re.compile(r"^\[ONNXRuntimeError\] : \d+ : \w+ : |Load model from .*? failed:", re.DOTALL)
_SOURCE_PLACE = re.compile(r"/onnxruntime_src/\S+:\d+ |\b\w+\.(?:cc|h):\d+ \S+ ")
_SIGNATURE = re.compile(r"^(?:[\w:]+ )?onnxruntime::[\w:]+\(.*?\) (?=[A-Z])", re.DOTALL)
"""The C++ function that refused; its arguments' types hold brackets, so a capital begins the sentence."""
_IN_GRAPH = re.compile(r'In Node, \("(?P<name>.*?)", (?P<op>[^,]*), .*? , Error (?P<said>.*)', re.DOTALL)
_IN_TYPES = re.compile(r"Node \((?P<name>.*?)\) Op \((?P<op>[^)]*)\) (?P<said>.*)", re.DOTALL)
_IN_RUN = re.compile(
    r"while running (?P<op>\S+) node\. Name:'(?P<name>.*?)' Status Message: (?P<said>.*)", re.DOTALL
)
_LONGEST = 500


def answer_of(outcome: Answered | Died | Overdue, *, doing: str, hint: str) -> dict[str, Any]:
    """What the child answered; raises ModelUnusable in one sentence for everything else."""
    match outcome:
        case Overdue(deadline_s=deadline_s):
            raise ModelUnusable(
                f"native onnxruntime did not {doing} within {deadline_s:.0f} s and was stopped",
                hint="Try a smaller model, or smaller free dimensions with --shape.",
            )
        case Died(returncode=returncode):
            how = f"signal {-returncode}" if returncode < 0 else f"exit code {returncode}"
            raise ModelUnusable(
                f"native onnxruntime crashed when asked to {doing} ({how})",
                hint="Check the file with onnx.checker, or export the model again.",
            )
        case Answered(value={"error": str(error)}):
            raise ModelUnusable(f"native onnxruntime cannot {doing}: {readable(error)}", hint=hint)
        case Answered(value=value):
            return value


def readable(message: str) -> str:
    """One line without frames and source places: `node 'a' (Conv): what is wrong`, where a node is named."""
    text = _SIGNATURE.sub("", _SOURCE_PLACE.sub("", _FRAME.sub("", message)))
    for pattern in (_IN_GRAPH, _IN_TYPES, _IN_RUN):
        if found := pattern.search(text):
            said = found["said"]
            text = f"node {shortened(found['name'])} ({found['op']}): {said}"
            break
    text = shown(" ".join(text.split()))
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 100]} … {text[-95:]}"
