from tests.unit.render import reports


def test_every_table_of_a_report_becomes_a_frame() -> None:
    assert set(reports.ok().to_pandas()) == {"causes", "operators", "actions", "rungs", "samples", "checks"}


def test_causes_come_with_their_children_and_the_residual_last() -> None:
    causes = reports.ok().to_pandas()["causes"]
    assert causes.iloc[1]["parent"] == "simd"
    assert causes.iloc[-1]["id"] == "residual"


def test_an_estimate_is_three_columns_and_none_stays_none() -> None:
    causes = reports.ok().to_pandas()["causes"].set_index("id")
    assert causes.loc["simd", "factor_low"] < causes.loc["simd", "factor"] < causes.loc["simd", "factor_high"]
    assert causes["factor"].isna()["threads"]


def test_samples_are_raw_one_row_each() -> None:
    samples = reports.ok().to_pandas()["samples"]
    assert list(samples[samples["rung"] == "native"]["ms"]) == [3.5, 3.6, 3.5]
    assert set(samples["kind"]) == {"sample", "request"}


def test_a_report_without_figures_has_empty_tables() -> None:
    assert reports.failed().to_pandas()["operators"].empty
