"""How many labels of a table are wrong, and how probable it is that each is right."""

from dataclasses import dataclass

import numpy as np
from scipy.special import softmax

from toolkit.kernels import Indices, Vectors

_LEAST = 1e-30
_EXPONENTS = 2.0 ** np.arange(-0.5, 2.25, 0.125)
_SHARES = np.append(0.0, np.geomspace(1e-4, 0.6, 60))
_GAP = 1.353  # of log likelihoods: half the 90 % quantile of chi squared with one degree


@dataclass(frozen=True)
class LabelNoise:
    """
    What right labels look like, and how many are not.

    Attributes
    ----------
    share : float
        Share of the labels that are given by chance, whatever the text says, in [0, 1).
    right : ndarray of shape (n_rows,)
        Probability that the given label of each row is right.
    """

    share: float
    right: Vectors


def label_noise(probabilities: Vectors, given: Indices) -> LabelNoise:
    """
    Tell from held-out probabilities how probable it is that each label is right.

    The labels are taken for a mixture: most are drawn from the probabilities, sharpened by an
    exponent, and a share is drawn from all labels alike. A classifier that learned its temperature
    from labels some of which are wrong is too unsure; the exponent undoes that. Of the shares the
    lowest is taken that the labels do not speak against (the end of a one-sided 95 % interval, by
    the profile likelihood), so that in a small table little is claimed. Labels that are exchanged
    between two classes by a rule are not noise of this kind: no classifier can tell them from
    classes that are alike, and the share is then near 0.

    Parameters
    ----------
    probabilities : ndarray of shape (n_rows, n_classes)
        Of rows that the classifier has not seen.
    given : ndarray of shape (n_rows,)
        The number of each row's label.

    Returns
    -------
    LabelNoise

    References
    ----------
    N. D. Lawrence and B. Schölkopf, "Estimating a kernel Fisher discriminant in the presence of
    label noise", ICML 2001, for labels as a mixture with noise.

    Examples
    --------
    >>> sure, opposed = np.tile([0.99, 0.01], (190, 1)), np.tile([0.001, 0.999], (10, 1))
    >>> noise = label_noise(np.vstack([sure, opposed]), np.zeros(200, dtype=int))
    >>> noise.right[[0, 199]].round(2)
    array([0.97, 0.  ])
    """
    n_classes = probabilities.shape[1]
    logits = np.log(np.maximum(probabilities, _LEAST))
    at = np.arange(len(given))
    own = np.array([softmax(power * logits, axis=1)[at, given] for power in _EXPONENTS])
    likelihoods = np.array(
        [_log_likelihoods(own, share, n_classes).sum(axis=1) for share in _SHARES]
    )
    place = int(np.argmax(likelihoods.max(axis=1) >= likelihoods.max() - _GAP))
    share = float(_SHARES[place])
    drawn = (1 - share) * own[likelihoods[place].argmax()]

    return LabelNoise(share, drawn / np.maximum(drawn + share / n_classes, _LEAST))


def _log_likelihoods(own: Vectors, share: float, n_classes: int) -> Vectors:
    mixed = (1 - share) * own + share / n_classes

    return np.asarray(np.log(np.maximum(mixed, _LEAST)))
