"""Which value does a histogram bin stand for, and what is a percentile of a histogram?

64 bins to each power of two: a value differs from its bin's by at most 1/128 (0.8 %), and by nothing below 128.
"""

from __future__ import annotations

import numpy as np

from data.engine.asks import NULL, Ints

RELATIVE_ERROR = 1 / 128
_FEW = 16


def representatives(bins: Ints) -> Ints:
    """The value in the middle of each bin (see counting.bin_of for their numbers)."""
    if bins.size <= _FEW:
        return np.asarray([_representative(bin) for bin in bins.tolist()], np.int64)
    sign, place = np.sign(bins), np.abs(bins) - 1
    exponent, part = place >> 6, place & 63
    wide, narrow = np.maximum(exponent - 6, 0), np.maximum(6 - exponent, 0)
    low = ((64 + part) << wide) >> narrow
    return np.where(bins == 0, 0, sign * (low + ((np.int64(1) << wide) - 1) // 2))


def _representative(bin: int) -> int:
    if bin == 0:
        return 0
    exponent, part = divmod(abs(bin) - 1, 64)
    wide = max(exponent - 6, 0)
    middle = (((64 + part) << wide) >> max(6 - exponent, 0)) + ((1 << wide) - 1) // 2
    return middle if bin > 0 else -middle


def ranks(counts: Ints, q: float) -> Ints:
    """The rank of the percentile among so many values: ceil(q * n), at least 1, as percentile_disc has it."""
    return np.maximum(np.ceil(q * counts.astype(np.float64)), 1).astype(np.int64)


def place_of(histograms: Ints, q: float, upto: Ints | None = None) -> tuple[Ints, Ints, Ints]:
    """For each histogram (a row): the place of the bin that holds the percentile, its rank within it, and the total.

    `upto` are the sums up to each bin, where they are known.
    """
    upto = np.cumsum(histograms, axis=1) if upto is None else upto
    totals = upto[:, -1]
    wanted = ranks(totals, q)
    if len(upto) == 1:
        place = np.minimum(np.searchsorted(upto[0], wanted), histograms.shape[1] - 1)
    else:
        place = np.minimum((upto < wanted[:, None]).sum(axis=1), histograms.shape[1] - 1)
    lines = np.arange(len(histograms))
    return place, wanted - (upto[lines, place] - histograms[lines, place]), totals


def percentiles(histograms: Ints, first_bin: int, q: float, upto: Ints | None = None) -> Ints:
    """The percentile of each histogram (a row), NULL where it is empty; `upto` as in `place_of`."""
    place, _, totals = place_of(histograms, q, upto)
    return np.where(totals > 0, representatives(place + first_bin), NULL)


def bins(values: Ints) -> Ints:
    """The bin of each value, as kernels.bin_of numbers them."""
    size = np.abs(values).astype(np.float64)
    place = np.maximum((size.view(np.int64) >> 46) - (1023 << 6) + 1, 0)
    found: Ints = np.sign(values) * place
    return found
