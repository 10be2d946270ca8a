import pytest

from gapprof.errors import ModelUnusable, WrongUse
from gapprof.subject.declared import Declared
from gapprof.subject.dims import Stated, past_length, resolve


def _inputs(**dims: tuple[int | str, ...]) -> dict[str, Declared]:
    return {name: Declared(dtype="float32", dims=value) for name, value in dims.items()}


def _given(name: str, *shape: int) -> Stated:
    return Stated(source="--shape", name=name, shape=shape)


def test_fixed_dimensions_need_no_assumption() -> None:
    resolved = resolve(_inputs(x=(1, 3, 8, 8)), ())
    assert resolved.inputs[0].shape == (1, 3, 8, 8)
    assert resolved.assumed == {}


def test_one_name_has_one_value_in_all_inputs() -> None:
    resolved = resolve(_inputs(ids=("batch", "seq"), mask=("batch", "seq")), [_given("ids", 2, 7)])
    assert [spec.shape for spec in resolved.inputs] == [(2, 7), (2, 7)]
    assert resolved.assumed == {}


@pytest.mark.parametrize(
    ("dim", "size"),
    [
        ("batch_size", 1),
        ("N", 1),
        ("sequence_length", 128),
        ("num_tokens", 128),
        ("past_sequence_length", 64),
        ("encoder_sequence_length", 128),
        ("height", 224),
        ("x[0]", 1),
        ("x[width]", 224),
        ("whatever", 1),
    ],
)
def test_an_unstated_dimension_has_the_stated_default_and_is_recorded(dim: str, size: int) -> None:
    resolved = resolve(_inputs(x=(dim,)), ())
    assert resolved.inputs[0].shape == (size,)
    assert resolved.assumed == {dim: size}


def test_a_decoder_with_a_cache_makes_one_step() -> None:
    resolved = resolve(
        _inputs(
            mask=("batch", "past_sequence_length + sequence_length"),
            ids=("batch", "sequence_length"),
            past=("batch", 4, "past_sequence_length", 64),
        ),
        (),
    )
    assert [spec.shape for spec in resolved.inputs] == [(1, 65), (1, 1), (1, 4, 64, 64)]
    assert past_length(resolved.symbols) == 64


@pytest.mark.parametrize(
    ("dim", "size"), [("past_len + 1", 11), ("total_sequence_length", 13), ("past_len + unheard_of", 64)]
)
def test_sums_follow_their_parts(dim: str, size: int) -> None:
    declared = _inputs(mask=(dim,), past=("past_len",), ids=("sequence_length",))
    resolved = resolve(declared, [_given("past", 10), _given("ids", 3)])
    assert resolved.inputs[0].shape == (size,)


@pytest.mark.parametrize(
    ("stated", "said"),
    [
        (_given("z", 1), "'z', which is no input"),
        (_given("x", 1), "1 dimensions, the model gives it 2"),
        (_given("x", 0, 4), "must be 1 or more"),
        (_given("x", -3, 4), "must be 1 or more"),
        (_given("x", 2, 5), "5 where the model has a fixed 4"),
    ],
)
def test_a_shape_that_does_not_fit_is_refused_with_what_the_model_takes(stated: Stated, said: str) -> None:
    with pytest.raises(WrongUse, match=said) as caught:
        resolve(_inputs(x=("batch", 4)), [stated])
    assert "x: float32 batch,4" in caught.value.hint


def test_two_values_for_one_name_are_refused() -> None:
    with pytest.raises(WrongUse, match="'batch' a second value, 3 beside 2"):
        resolve(_inputs(a=("batch",), b=("batch",)), [_given("a", 2), _given("b", 3)])


def test_an_empty_cache_may_come_from_a_file_but_not_from_shape() -> None:
    empty = Stated(source="inputs.npz", name="past", shape=(0,))
    assert resolve(_inputs(past=("past",)), [empty]).inputs[0].shape == (0,)


def test_inputs_beyond_the_limit_are_refused_before_they_are_made() -> None:
    with pytest.raises(WrongUse, match=r"would take 3,725\.3 GiB"):
        resolve(_inputs(x=("a", "b")), [_given("x", 10**6, 10**6)])
    with pytest.raises(ModelUnusable, match=r"would take 3,725\.3 GiB"):
        resolve(_inputs(x=(10**6, 10**6)), [])
