"""JSON Schema of the report, shipped beside this file. `python -m gapprof.records.schema` renews it."""

import json
from pathlib import Path

from gapprof.records.codec import report_schema
from gapprof.records.report import SCHEMA, SCHEMA_VERSION

PATH = Path(__file__).with_name("report.schema.json")


def schema_text() -> str:
    """The file's content; a report of this version is valid against it, newer minors may add keys."""
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"{SCHEMA} {SCHEMA_VERSION}",
        **report_schema(),
    }
    return json.dumps(schema, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    PATH.write_text(schema_text(), encoding="utf-8")
