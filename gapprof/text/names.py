"""Names that strangers chose (models, nodes, files, pages) made harmless before anything shows them."""

import re
import unicodedata

_LINE = 400
_SENTENCE = 800
_WORD = 72
_MARKS_IN_A_ROW = 2
_HARMFUL = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
"""Control, format (bidi overrides, zero width), surrogate, private, unassigned, line separators."""
_COMMAND = re.compile(
    r"(?<!\S):(?=:)"
    r"|:(?=:(?:add-|debug|echo|endgroup|error|group|notice|remove-|save-|set-|stop-|warning)[\w-]*[ :])"
    r"|#(?=#\w*\[)",
    re.IGNORECASE,
)
"""An order to whoever reads a build's log: `::error::` at the beginning of a line, where folding may bring
any word, and `##[error]` and `##vso[task]` anywhere; `torch::nn::Linear` is none. Sources: `ActionCommand.cs`
of actions/runner, `Command.cs` of Microsoft's azure-pipelines-agent."""
_MARKDOWN = {sign: "\\" + sign for sign in "\\`*_[]#|~$@"} | {"<": "&lt;", ">": "&gt;", "&": "&amp;"}
_ASCII = {
    "–": "-",
    "—": "-",
    "−": "-",
    "‑": "-",
    "→": "->",
    "←": "<-",
    "…": "...",
    "×": "x",
    "·": "-",
    "•": "*",
    "±": "+/-",
    "≥": ">=",
    "≤": "<=",
    "≠": "!=",
    "≈": "~",
    "‘": "'",
    "’": "'",
    "“": '"',
    "”": '"',
    "µ": "u",
    "Σ": "sum",
    "√": "sqrt",
}


def harmless(text: str, limit: int = _LINE) -> str:
    """One line that can deceive neither terminal nor reader, nor order about who reads a build's log.

    Shortened in the middle to `limit` signs.
    """
    kept: list[str] = []
    marks = 0
    # A name of 10,000 characters is cut before it is looked at, so that no length costs time.
    for sign in _COMMAND.sub(_first_escaped, middle(text, 4 * limit)):
        category = unicodedata.category(sign)
        marks = marks + 1 if category in {"Mn", "Me"} else 0
        if category in _HARMFUL or marks > _MARKS_IN_A_ROW:
            kept.append(_escaped(sign))
        else:
            kept.append(" " if category == "Zs" else sign)
    return middle("".join(kept), limit)


def sentence(text: str, limit: int = _SENTENCE) -> str:
    """Prose that may quote a stranger's names: harmless, and no single word longer than `_WORD` signs."""
    return " ".join(middle(word, _WORD) for word in harmless(text, limit).split(" "))


def middle(text: str, limit: int) -> str:
    """At most `limit` characters: both ends of a name tell more than its beginning alone."""
    if len(text) <= limit:
        return text
    if limit < 3:
        return text[:limit]
    tail = (limit - 1) // 2
    return f"{text[: limit - 1 - tail]}…{text[len(text) - tail :]}"


def ascii_only(text: str) -> str:
    """For a stream that knows nothing else: our own signs spelled out, everything foreign escaped."""
    spelled = "".join(_ASCII.get(sign, sign) for sign in text)
    return spelled.encode("ascii", "backslashreplace").decode("ascii")


def markdown(text: str, limit: int = _SENTENCE) -> str:
    """One line of Markdown, also inside a table's cell, that nothing in it can format, link or leave."""
    quoted = "".join(_MARKDOWN.get(sign, sign) for sign in sentence(text, limit))
    return quoted.replace("://", "\\://").replace("www.", "www\\.")


def file_stem(name: str, limit: int = 40) -> str:
    """A name that is safe as part of a file name on every system."""
    kept = "".join(sign if sign.isascii() and (sign.isalnum() or sign in "-_") else "-" for sign in name)
    return middle(kept.strip("-"), limit).replace("…", "-") or "model"


def _first_escaped(found: re.Match[str]) -> str:
    return _escaped(found[0])


def _escaped(sign: str) -> str:
    code = ord(sign)
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
