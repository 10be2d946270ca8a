"""Choices that were found are known again: on the same adapter, in the same browser, while they are tried."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from gapprof.errors import WrongUse
from gapprof.gpu_kernels import database as databases
from gapprof.gpu_kernels.family import Choice, Limits, tried
from gapprof.gpu_kernels.shapes import family_of, key_of
from gapprof.kernels.families.gemm import Gemm
from gapprof.own_kernels.database import write

SHAPE = Gemm(rows=64, depth=64, columns=64, packed=False)
KEY = key_of(SHAPE)
HERE = {"adapter": "nvidia ampere", "browser": "Chrome/156.0.1"}
CHOICES = tried(family_of(SHAPE), SHAPE, Limits())
KEPT = databases.extended(databases.EMPTY, {KEY: CHOICES[1]}, **HERE)


def test_what_was_tuned_is_known_again(tmp_path: Path) -> None:
    path = tmp_path / "gpu-kernels.json"
    assert databases.read(path) == databases.EMPTY
    write(path, KEPT)
    assert databases.known(databases.read(path), **HERE, limits=Limits()) == {KEY: CHOICES[1]}


@pytest.mark.parametrize("change", [{"adapter": "intel gen-12lp"}, {"browser": "Chrome/157.0.0"}])
def test_another_adapter_or_browser_is_tuned_anew(change: dict[str, str]) -> None:
    assert databases.known(KEPT, **{**HERE, **change}, limits=Limits()) == {}
    assert len(databases.extended(KEPT, {KEY: CHOICES[0]}, **{**HERE, **change}).entries) == 2


def test_a_new_choice_takes_the_place_of_an_old_one() -> None:
    (entry,) = databases.extended(KEPT, {KEY: CHOICES[0]}, **HERE).entries
    assert entry.choice == CHOICES[0]


@pytest.mark.parametrize(
    ("shape", "choice", "limits"),
    [
        (KEY, Choice(threads=(7, 7), depth=16), Limits()),
        ('{"type":"unheard-of"}', CHOICES[0], Limits()),
        (KEY, CHOICES[1], replace(Limits(), workgroup=1)),
    ],
)
def test_what_this_gapprof_would_not_try_here_is_left_out(shape: str, choice: Choice, limits: Limits) -> None:
    database = databases.extended(databases.EMPTY, {shape: choice}, **HERE)
    assert databases.known(database, **HERE, limits=limits) == {}


@pytest.mark.parametrize("text", ["", "{}", '{"schema":"gapprof/kernel-db"}', "\xff"])
def test_a_file_that_is_no_database_is_wrong_use(tmp_path: Path, text: str) -> None:
    path = tmp_path / "db.json"
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(WrongUse, match="no database"):
        databases.read(path)
