"""A small network, trained on scikit-learn's digits, and inputs that it has not seen.

    pip install scikit-learn
    python docs/digits.py
    relubound check --network digits.npz --inputs digits-test.npy
"""

import numpy as np
from sklearn.datasets import load_digits
from sklearn.neural_network import MLPClassifier

digits = load_digits()
images, labels = (digits.data / 16).astype(np.float32), digits.target


def train(path, **options):
    net = MLPClassifier((32, 16), random_state=1, **options).fit(images[:1500], labels[:1500])
    arrays = {f"coefs_{i}": w for i, w in enumerate(net.coefs_)}
    arrays |= {f"intercepts_{i}": b for i, b in enumerate(net.intercepts_)}
    np.savez(path, **arrays)


train("digits.npz", max_iter=400)
# With a step this small nothing moves: the network before training.
train("digits-initial.npz", solver="sgd", momentum=0, learning_rate_init=1e-30, max_iter=1)
np.save("digits-test.npy", images[1500:1505].astype(np.float64))
np.save("digits-inputs.npy", images[1500:1600].astype(np.float64))
np.save("digits-labels.npy", labels[1500:1600])
