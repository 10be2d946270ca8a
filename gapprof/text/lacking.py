"""What a build of onnxruntime-web lacks for a model: one sentence made of what it threw."""

import re

from gapprof.subject.visible import shortened

_KNOWN = (
    (
        re.compile(
            r"(?:Fatal error: )?(?:(?P<domain>[\w.]*):)?(?P<op>\w+)\(-?\d+\) is not a registered function/op"
        ),
        "{library} has no {op} in {domain}",
    ),
    (
        re.compile(r"No Op registered for (?P<op>\w+) with domain_version of (?P<opset>\d+)"),
        "{library} has no {op} in operator set {opset}",
    ),
    (
        re.compile(
            r"Could not find an implementation for (?P<op>\w+)\((?P<opset>\d+)\) "
            r"node with name '(?P<node>.*?)'"
        ),
        "{library} has no {op} in version {opset} for these types",
    ),
    (
        re.compile(
            r"Unsupported model IR version: (?P<version>\d+), max supported IR version: (?P<most>\d+)"
        ),
        "{library} reads models of IR version {most} at most, and this one has {version}",
    ),
    (
        re.compile(
            r"ONNX Runtime only \*guarantees\* support .*?Opset (?P<opset>\d+) is under development.*"
            r"for domain (?P<domain>[\w.]+) is till opset (?P<most>\d+)"
        ),
        "{library} knows operator sets of {domain} up to {most}, and this model has {opset}",
    ),
    (
        re.compile(
            r"(?:Deserialize tensor .*? failed\.)?Failed to load external data file \"(?P<file>.*?)\", "
            r"error: Module\.MountedFiles is not available"
        ),
        "{library} mounts no external data, and the model has weights in {file}",
    ),
)
"""What is thrown, and what it means, with the library's name and the pattern's groups."""
_NUMBER = re.compile(r"Error: \d{4,}")
"""Where a C++ exception lies that nobody caught."""
_UNLISTED = re.compile(r"TypeError: [\w$]+\[[\w$]+\] is not a function")
"""A script of onnxruntime-web looks up what its wasm calls by an address that only another wasm has."""


def lacking(message: str, *, library: str) -> str:
    """Empty for whatever else was thrown. `library`: onnxruntime-web's name, with its version where known.

    A node that the message names is named in front.
    """
    for pattern, said in _KNOWN:
        found = pattern.search(message)
        if found is not None:
            groups = {name: value or "" for name, value in found.groupdict().items()}
            sentence = said.format_map(
                {**groups, "library": library, "domain": groups.get("domain") or "ai.onnx"}
            )
            if groups.get("node"):
                return f"node {shortened(groups['node'])} ({groups['op']}): {sentence}"
            return f"{message[: found.start()]}{sentence}" if message.startswith("node ") else sentence
    return ""


def lacking_in_118(message: str, *, library: str) -> str:
    """The same of what a plain build of onnxruntime-web 1.18 threw while it made a session.

    Of what it does not know it throws a mere number (seen of an operator of ai.onnx, of operator set 24 and
    of IR version 12).
    """
    if _NUMBER.fullmatch(message):
        return (
            f"{library} refuses the model without words, as it does where an operator, an operator set or "
            "the file's version is unknown to it, or where memory ends"
        )
    return lacking(message, library=library)


def hint_of(message: str) -> str:
    """What may be behind an exception that tells nothing, of a model with external data; empty for others.

    The plain builds of 1.18 share one script, made with the one without SIMD, and all that their wasm calls
    by an address is the reading of such data: with SIMD the script has nothing there.
    """
    if _UNLISTED.fullmatch(message):
        return (
            "Plain builds of onnxruntime-web up to 1.18 end so on a model with weights outside its file: put "
            "them inside, or serve a newer one."
        )
    return ""
