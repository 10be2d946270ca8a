import tomllib

import pytest

from gapprof.budgets.figures import keys
from gapprof.budgets.limits import limit_of_option, limit_of_ratio, limits_of_table, merged
from gapprof.errors import WrongUse
from gapprof.records.gate import Limit


def of(text: str) -> tuple[Limit, ...]:
    return limits_of_table(tomllib.loads(text), origin="gapprof.toml")


def test_a_table_of_limits_is_read_with_its_levels() -> None:
    total, simd = of('total_ratio = {max = 3.0}\n"factor.simd" = {max = 2, level = "warn"}')
    assert total == Limit(key="total_ratio", max=3.0, level="error", origin="gapprof.toml")
    assert simd == Limit(key="factor.simd", max=2.0, level="warn", origin="gapprof.toml")


@pytest.mark.parametrize(
    "text",
    ["factor.simd = {max = 2}", "factor.simd.max = 2", "[factor]\nsimd = {max = 2}", "[factor.simd]\nmax=2"],
)
def test_a_cause_need_not_be_quoted(text: str) -> None:
    assert of(text) == of('"factor.simd" = {max = 2.0}')


@pytest.mark.parametrize("key", keys())
def test_every_key_can_be_written_in_a_file_and_on_the_command_line(key: str) -> None:
    (limit,) = of(f'"{key}" = {{max = 2.5}}')
    assert (limit.key, limit.max) == (key, 2.5)
    given = limit_of_option(f"{key}=2.5", option="--max")
    assert (given.key, given.max, given.level) == (key, 2.5, "error")


def test_a_cause_goes_by_its_bare_name_on_the_command_line() -> None:
    assert limit_of_option("simd=4.5", option="--max").key == "factor.simd"
    assert limit_of_option("residual=1.1", option="--max").key == "factor.residual"


@pytest.mark.parametrize(
    ("text", "sentence", "hint"),
    [
        ("total_ration = {max = 3}", "no budget called 'total_ration'", "Did you mean total_ratio?"),
        ("factor.smid = {max = 3}", "no budget called 'factor.smid'", "Did you mean factor.simd?"),
        ("total_ratio = 3", "total_ratio is 3, not a table", "{max = 3.0}"),
        ("total_ratio = {mx = 3}", "has no 'mx'", "Did you mean max?"),
        ("total_ratio = {}", "needs a max above 0, not None", "{max = 3.0}"),
        ('total_ratio = {max = "3"}', "needs a max above 0, not '3'", "{max = 3.0}"),
        ("total_ratio = {max = true}", "needs a max above 0, not True", "{max = 3.0}"),
        ("total_ratio = {max = 0}", "needs a max above 0, not 0", "{max = 3.0}"),
        ("total_ratio = {max = " + "9" * 400 + "}", "needs a max above 0, not 999", "{max = 3.0}"),
        ("total_ratio = {max = inf}", "needs a max above 0, not inf", "{max = 3.0}"),
        ("total_ratio = {max = nan}", "needs a max above 0, not nan", "{max = 3.0}"),
        ('total_ratio = {max = 3, level = "fatal"}', "the level of total_ratio is 'fatal'", "error or warn"),
        ("total_ratio = {max = 3, level = []}", "the level of total_ratio is []", "error or warn"),
        ("factor = 3", "no budget called 'factor'", "Did you mean factor."),
    ],
)
def test_what_makes_no_sense_in_a_file_is_wrong_use_that_names_it(
    text: str, sentence: str, hint: str
) -> None:
    with pytest.raises(WrongUse) as refused:
        of(text)
    assert refused.value.message.startswith("gapprof.toml: ")
    assert sentence in refused.value.message
    assert hint in refused.value.hint


@pytest.mark.parametrize("text", ["simd", "simd=", "simd=x", "=3", "simd=-1", "simd=inf", "simd=nan"])
def test_what_makes_no_sense_as_an_option_is_wrong_use(text: str) -> None:
    with pytest.raises(WrongUse) as refused:
        limit_of_option(text, option="--max")
    assert refused.value.hint


def test_a_misspelt_cause_gets_a_suggestion() -> None:
    with pytest.raises(WrongUse) as refused:
        limit_of_option("thread=2", option="--max")
    assert refused.value.hint == "Did you mean threads?"


@pytest.mark.parametrize("most", [0.0, -1.0, float("nan"), float("inf")])
def test_a_ratio_is_a_number_above_0(most: float) -> None:
    with pytest.raises(WrongUse, match="--max-ratio"):
        limit_of_ratio(most, option="--max-ratio")


def test_a_later_layer_counts_before_an_earlier_one() -> None:
    file = of("total_ratio = {max = 3}\nweb_ms = {max = 30}")
    option = (limit_of_ratio(8.0, option="--max-ratio"),)
    assert [(limit.key, limit.max) for limit in merged((file, option))] == [
        ("total_ratio", 8.0),
        ("web_ms", 30.0),
    ]
