from pathlib import Path
from typing import get_args, get_type_hints

import pytest
from msgspec.structs import replace

from gapprof.browser.loadable import loadable
from gapprof.browser.trouble import VisitError
from gapprof.records.environment import MOUNTLESS, Environment
from gapprof.records.job import Job
from gapprof.subject import limits
from tests.unit.browser.test_tasks import JOB
from tests.unit.subject.drawing import drawn, relu, saved, with_external_data

BUILDS = frozenset(get_args(get_type_hints(Environment)["build"]))


def job_on(build: str, folder: Path) -> Job:
    split = with_external_data(folder / "original")
    return replace(
        JOB,
        setting=replace(JOB.setting, build=build),
        model_path=str(split.path),
        external_data=split.external_data,
    )


@pytest.mark.parametrize("build", sorted(BUILDS - MOUNTLESS))
def test_a_build_that_mounts_external_data_is_given_the_model_as_it_is(build: str, tmp_path: Path) -> None:
    job = job_on(build, tmp_path)
    assert loadable(job) == job


@pytest.mark.parametrize("build", sorted(MOUNTLESS))
def test_a_build_that_mounts_none_is_given_one_file_and_all_else_stays(build: str, tmp_path: Path) -> None:
    assert build in BUILDS
    job = job_on(build, tmp_path)
    given = loadable(job)
    assert given.external_data == ()
    assert given.model_path != job.model_path
    assert Path(given.model_path).is_file()
    assert replace(given, model_path=job.model_path, external_data=job.external_data) == job


@pytest.mark.parametrize("build", sorted(MOUNTLESS))
def test_a_model_in_one_file_is_given_as_it_is(build: str, tmp_path: Path) -> None:
    path = saved(drawn([relu()]), tmp_path / "m.onnx")
    job = replace(JOB, setting=replace(JOB.setting, build=build), model_path=str(path), external_data=())
    assert loadable(job) == job


def test_a_model_too_large_for_one_file_is_a_fault_of_the_model_with_its_size(tmp_path: Path) -> None:
    job = job_on("1.18-simd", tmp_path)
    with (Path(job.model_path).parent / "m.data").open("r+b") as data:
        data.truncate(limits.GRAPH_FILE_BYTES)
    with pytest.raises(VisitError) as caught:
        loadable(job)
    assert caught.value.kind == "model"
    assert caught.value.message.startswith("onnxruntime-web 1.18 mounts no external data, and in one file")
    assert "protobuf ends at 2 GiB" in caught.value.message
