"""What every report format owes: one file, a name, pure text, and nothing that a report can break."""

import json
from collections.abc import Mapping
from pathlib import Path

import jsonschema
import pytest

import gapprof.render
from gapprof.records import schema
from gapprof.records.codec import decode_report, encode_report
from gapprof.records.surface import Renderer, Surface
from gapprof.registry import load
from tests.unit.render import reports

RENDERERS: Mapping[str, Renderer] = load(gapprof.render, "RENDERER")
SURFACES = {
    "plain": Surface(),
    "detailed": Surface(width=80, detail=True),
    "coloured": Surface(width=120, colour=True),
    "ascii": Surface(width=80, unicode=False),
}


@pytest.mark.parametrize("renderer", RENDERERS.values(), ids=RENDERERS)
def test_a_format_has_a_name_for_the_command_line_and_a_suffix_that_fits(renderer: Renderer) -> None:
    assert renderer.id == renderer.id.lower()
    assert renderer.id.replace("-", "").isalnum()
    assert renderer.suffix == "" or renderer.suffix.startswith(".")


@pytest.mark.parametrize("surface", SURFACES.values(), ids=SURFACES)
@pytest.mark.parametrize("kind", reports.EVERY)
@pytest.mark.parametrize("renderer", RENDERERS.values(), ids=RENDERERS)
def test_every_report_becomes_text_that_ends_in_one_newline(
    renderer: Renderer, kind: str, surface: Surface
) -> None:
    text = renderer.render(reports.EVERY[kind](), surface)
    assert text.strip()
    assert text.endswith("\n")
    assert not text.endswith("\n\n")
    text.encode("utf-8")


@pytest.mark.parametrize("kind", reports.EVERY)
@pytest.mark.parametrize("renderer", RENDERERS.values(), ids=RENDERERS)
def test_the_same_report_gives_the_same_bytes_even_after_a_trip_through_json(
    renderer: Renderer, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    report = reports.EVERY[kind]()
    before = renderer.render(report, Surface(width=100))
    monkeypatch.setenv("COLUMNS", "37")
    monkeypatch.setenv("NO_COLOR", "1")
    again = decode_report(encode_report(report), source="memory")
    assert renderer.render(again, Surface(width=100)) == before


@pytest.fixture(scope="module")
def shipped() -> jsonschema.Draft202012Validator:
    """The schema that ships, itself valid."""
    document = json.loads(schema.PATH.read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(document)
    return jsonschema.Draft202012Validator(document)


@pytest.mark.parametrize("kind", reports.EVERY)
def test_a_report_is_valid_against_the_schema_that_ships(
    kind: str, shipped: jsonschema.Draft202012Validator
) -> None:
    shipped.validate(json.loads(encode_report(reports.EVERY[kind]())))


@pytest.mark.parametrize("path", schema.SHIPPED, ids=lambda path: path.name)
def test_the_schema_that_ships_is_that_of_the_code(path: Path) -> None:
    assert path.read_text(encoding="utf-8") == schema.schema_text(path), (
        "run `python -m gapprof.records.schema`"
    )


def test_a_report_that_lacks_a_key_is_not_valid(shipped: jsonschema.Draft202012Validator) -> None:
    document = json.loads(encode_report(reports.ok()))
    del document["causes"][0]["verdict"]
    with pytest.raises(jsonschema.ValidationError):
        shipped.validate(document)
