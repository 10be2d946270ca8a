"""A model's runs in native onnxruntime, one after the other without a pause, on one thread.

`python -m busy.runs MODEL INPUTS LONGEST_S`. Writes one line when the first run is over; ends with whoever
started it and holds its standard input.
"""

import sys
from pathlib import Path

import onnxruntime

from gapprof.native.lifeline import hold
from gapprof.native.tensors import read_arrays


def main() -> None:
    model, inputs, longest_s = sys.argv[1:]
    hold(float(longest_s))
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 4
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    feed = read_arrays(Path(inputs))
    session.run(None, feed)
    print("running", flush=True)
    while True:
        session.run(None, feed)


if __name__ == "__main__":
    main()
