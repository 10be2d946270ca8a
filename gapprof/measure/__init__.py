"""The impure half: visits rungs in shuffled rounds and writes down what came back."""
