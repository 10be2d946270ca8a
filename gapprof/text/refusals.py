"""What onnxruntime says of a model that it refuses, natively or in a page, as one sentence with the node."""

import re
from collections.abc import Iterable

from gapprof.subject.visible import shortened, shown

_FRAME = re.compile(
    r"^.*?ERROR_CODE: \d+, ERROR_MESSAGE: |\[ONNXRuntimeError\] : \d+ : \w+ : |Load model from .*? failed:",
    re.DOTALL,
)
_SOURCE_PLACE = re.compile(r"/\S+\.(?:cc|h):\d+ |\b\w+\.(?:cc|h):\d+ \S+ ")
_SIGNATURE = re.compile(
    r"^(?:[\w:<>*& ]+ \*?)?onnxruntime::[\w:~<>]+\((?:[^()]*\)(?: const)? |.*?\) (?=[A-Z]))", re.DOTALL
)
"""The C++ function that refused. Where its arguments' types hold brackets, a capital begins the sentence."""
_IN_GRAPH = re.compile(r'In Node, \("(?P<name>.*?)", (?P<op>[^,]*), .*? , Error (?P<said>.*)', re.DOTALL)
_IN_TYPES = re.compile(r"Node \((?P<name>.*?)\) Op \((?P<op>[^)]*)\) (?P<said>.*)", re.DOTALL)
_IN_RUN = re.compile(
    r"while running (?P<op>\S+) node\. Name:'(?P<name>.*?)' Status Message: (?P<said>.*)", re.DOTALL
)
_OPERATOR = re.compile(
    r"No Op registered for (?P<op>\w+)|(?P<called>\w+)\(-?\d+\) is not a registered|"
    r"onnxruntime-web (?:1\.18 )?has no (?P<lacking>\w+) in "
)
"""How a page's build, which leaves the names of nodes out, says which operator it lacks; and how
`gapprof.text.lacking` does."""
_LAST_WORDS = re.compile(r"Assertion .{1,200}? failed|what\(\):\s+\S.{0,200}")
_LAST_RAISED = re.compile(r"^[\w.]*(?:Error|Exception): \S.{0,200}", re.MULTILINE)
_LONGEST = 500
_LONGEST_OPERATOR = 100


def readable(message: str) -> str:
    """One line without frames and source places: `node 'a' (Conv): what is wrong`, where a node is named."""
    text = _plain(message)
    for pattern in (_IN_GRAPH, _IN_TYPES, _IN_RUN):
        if found := pattern.search(text):
            text = of_node(found["name"], found["op"], _plain(found["said"]))
            break
    text = shown(" ".join(text.split()))
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 100]} … {text[-95:]}"


def with_node(message: str, nodes: Iterable[tuple[str, str]]) -> str:
    """Name the first of these nodes, (name, operator) each, whose operator a message says is lacking.

    A message that names a node, or no operator, stays as it is.
    """
    found = _OPERATOR.search(message)
    if found is None or message.startswith("node "):
        return message
    operator = found["op"] or found["called"] or found["lacking"]
    name = next((name for name, op_type in nodes if op_type == operator), None)
    return message if name is None else of_node(name, operator, message)


def of_node(name: str, op_type: str, said: str) -> str:
    """What was said of that node, with its name in front."""
    return f"node {shortened(name)} ({shown(op_type)[:_LONGEST_OPERATOR]}): {said}"


def last_words(stderr: str) -> str:
    """What C++ code printed as it gave up, such as a failed assertion, or else what Python raised in the end;
    empty where they said nothing."""
    found = _LAST_WORDS.search(stderr)
    said = [found[0]] if found else _LAST_RAISED.findall(stderr)
    return shown(" ".join(said[-1].split())) if said else ""


def _plain(text: str) -> str:
    return _SIGNATURE.sub("", _SOURCE_PLACE.sub("", _FRAME.sub("", text)))
