"""A job's model in the form that the build of onnxruntime-web it is visited with can load."""

from pathlib import Path

from msgspec.structs import replace

from gapprof.browser.trouble import VisitError
from gapprof.errors import EnvironmentUnusable, ModelUnusable
from gapprof.records.environment import MOUNTLESS
from gapprof.records.job import Job
from gapprof.records.subject import StagedModel
from gapprof.subject.one_file import in_one_file


def loadable(job: Job) -> Job:
    """With the same graph in one file, weights included, where the build mounts no external data.

    What a run takes does not depend on it: by then the weights lie in the same wasm memory. What opening a
    session takes does. Raises VisitError where there can be no such file.
    """
    if not job.external_data or job.setting.build not in MOUNTLESS:
        return job
    try:
        whole = in_one_file(StagedModel(path=Path(job.model_path), external_data=job.external_data))
    except (EnvironmentUnusable, ModelUnusable) as error:
        raise VisitError(
            f"onnxruntime-web 1.18 mounts no external data, and {error.message}",
            kind="model" if isinstance(error, ModelUnusable) else "environment",
            phase="load",
            hint=error.hint,
        ) from error
    return replace(job, model_path=str(whole.path), external_data=whole.external_data)
