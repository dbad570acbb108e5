# Softmax regression on digits of 28 x 28 pixels that it draws itself: ten patterns, shifted, faint and noisy, so that a
# linear model has something to learn. Stochastic gradient descent, rate 0.05, 1000 steps of 100 examples.
import numpy as np

rng = np.random.default_rng(2018)
patterns = (rng.random((10, 7, 7)) > 0.6).astype(float).repeat(4, axis=1).repeat(4, axis=2)


def draw(count):
    labels = rng.integers(0, 10, count)
    shifts = rng.integers(-2, 3, (count, 2))
    ink = rng.uniform(0.4, 1.0, count)
    digits = np.stack([i * np.roll(patterns[n], s, axis=(0, 1)) for n, s, i in zip(labels, shifts, ink)])
    return (digits + rng.normal(0, 0.5, digits.shape)).reshape(count, 784), np.eye(10)[labels]


def probabilities(examples):
    scores = examples @ weights + bias
    scores = np.exp(scores - scores.max(axis=1, keepdims=True))
    return scores / scores.sum(axis=1, keepdims=True)


weights, bias = np.zeros((784, 10)), np.zeros(10)
train, truth = draw(20000)
for _ in range(1000):
    batch = rng.integers(0, len(train), 100)
    error = probabilities(train[batch]) - truth[batch]
    weights -= 0.05 * train[batch].T @ error / 100
    bias -= 0.05 * error.mean(axis=0)
test, answers = draw(5000)
print("accuracy", (probabilities(test).argmax(axis=1) == answers.argmax(axis=1)).mean())
