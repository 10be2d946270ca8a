"""Loops of products compute what they are said to compute; their rates are measured elsewhere."""

import base64
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from gapprof.instrument.products import PRODUCTS, module, operations, task
from tests.unit.wasm.in_node import answer

ROUNDS, ROWS, COLUMNS = 200, 5, 2
SCRIPT = """
const memory = new WebAssembly.Memory({ initial: 1 });
new Uint8Array(memory.buffer).set(Buffer.from("%s", "base64"));
const { repeat } = (await WebAssembly.instantiate(wasm, { env: { memory } })).instance.exports;
repeat(%d, 0, 0);
return Array.from(new %s(memory.buffer, 0, 40));
"""


def expected(values: NDArray[np.generic], lanes: int) -> NDArray[np.float64]:
    """Sums by row and column: products of what is read turn by turn with the first two vectors."""
    each = values.astype(np.float64).reshape(-1, 4, lanes)
    turns = each[: ROUNDS * ROWS].reshape(ROUNDS, ROWS, 4, lanes)
    return np.stack(
        [np.einsum("trij,ij->ri", turns, each[column]) for column in range(COLUMNS)], axis=1
    ).ravel()


@pytest.mark.parametrize(
    ("product", "dtype", "lanes"),
    [
        ("f32x4.mul and f32x4.add", np.float32, 1),
        ("f32x4.relaxed_madd", np.float32, 1),
        ("i32x4.dot_i16x8_s and i32x4.add", np.int16, 2),
        ("i32x4.relaxed_dot_i8x16_i7x16_add_s", np.int8, 4),
    ],
)
@pytest.mark.parametrize("times", [1, 3])
def test_sums_are_those_of_the_products(
    product: str, dtype: type[np.generic], lanes: int, times: int, tmp_path: Path
) -> None:
    rng = np.random.default_rng(0)
    values = rng.integers(0, 60, ROUNDS * ROWS * 4 * lanes).astype(dtype)
    view = "Float32Array" if dtype is np.float32 else "Int32Array"
    script = SCRIPT % (base64.b64encode(values.tobytes()).decode(), times, view)
    found = np.array(answer(module(PRODUCTS[product]), script, tmp_path))
    np.testing.assert_allclose(found, times * expected(values, lanes), rtol=1e-6)
    assert operations(product) == 2 * ROUNDS * ROWS * COLUMNS * 4 * lanes


def test_a_task_has_one_case_for_each() -> None:
    wanted = tuple(PRODUCTS)
    assert [base64.b64decode(case.module) for case in task(wanted).cases] == [
        module(PRODUCTS[one]) for one in wanted
    ]
