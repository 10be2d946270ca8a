"""Time lost because the page gets fewer threads than the machine has cores."""

from gapprof.facts.case import Case
from gapprof.facts.claim import Cause, Claim, Part, Span, Step
from gapprof.facts.isolation import ADVICE, isolated, isolation_evidence, more_threads
from gapprof.facts.ladder import planned
from gapprof.facts.readings import readable
from gapprof.facts.steps import why_not

_FROM, _TO = "native", "native-threads"
_NO_SAVING = "no saving is given: the page was not measured with more threads"


def _claim(case: Case) -> Claim:
    if not readable(case, _FROM, _TO):
        return Claim(why=why_not(case, _FROM, _TO), evidence=isolation_evidence(case))
    better = more_threads(case)
    part = Part(
        id="threads",
        title=CAUSE.title,
        steps=(Step(source=_FROM, to=_TO),),
        # More threads gain natively what they gain there; on the web only a rung of the web can say it.
        web_steps=(Step(source=better, to="web"),) if better else (),
    )
    return Claim(
        parts=(part,),
        why=_same_count(case) or ("" if better else _NO_SAVING),
        evidence=isolation_evidence(case),
        advice=ADVICE if isolated(case) is False else "",
    )


def _same_count(case: Case) -> str:
    step = case.get(planned)[_TO]
    if step.alias_of is None or step.setting is None:
        return ""
    return f"the page gets as many threads as native takes: {step.setting.threads}"


CAUSE = Cause(
    id="threads",
    title="Fewer threads than the machine has",
    owner="page",
    advice="Ask onnxruntime-web for more threads (env.wasm.numThreads); it stops at four by itself.",
    phrase="comes with fewer threads",
    spans=(Span(source=_FROM, to=_TO, name="threads"),),
    claims={"wasm": _claim},
    elsewhere="the model runs on the GPU",
)
