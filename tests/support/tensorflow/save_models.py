"""Writes the models of the end-to-end tests anew: ``save_models.py FOLDER``. They compute x / 2 + 2 and x / 2 + 3."""

import sys
from pathlib import Path

import tensorflow as tf


class Half(tf.Module):
    """Half of x and an offset."""

    def __init__(self, offset: float) -> None:
        super().__init__()
        self.offset = tf.constant(offset)

    @tf.function(input_signature=[tf.TensorSpec([None], tf.float32, name="x")])
    def serve(self, x):
        return {"y": x / 2 + self.offset}


for name, offset in {"half_plus_two": 2.0, "half_plus_three": 3.0}.items():
    model = Half(offset)
    tf.saved_model.save(model, str(Path(sys.argv[1]) / name / "1"), signatures=model.serve)
