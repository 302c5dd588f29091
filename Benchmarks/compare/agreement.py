"""Whether two encoders agree, and where they do not, whether anything but rounding could tell their answers apart."""

import numpy as np

UNIT = 2.0**-24  # half a unit in the last place of a float in [1, 2)


def compare(rows, books, ours, theirs):
    """Compares codes N×L row by row; the first level at which a row differs is looked at in double precision.

    There, with the same codes before, r is the exact residual, and a and b are the two codewords. The distances as
    floats are off by about `2u√d(‖r‖ + ‖c‖)²` (two sums of d products) plus `2u·l·‖x‖·‖a − b‖` (the residual's own
    rounding after l subtractions). Two codewords whose distances differ by less are equally near as far as floats can
    tell; what counts is whether any row differs by more.
    """
    different = np.flatnonzero((ours != theirs).any(axis=1))
    beyond = nearer_ours = nearer_theirs = 0
    largest = 0.0
    for row in different:
        level = int(np.flatnonzero(ours[row] != theirs[row])[0])
        vector = rows[row].astype(np.float64)
        rest = vector - sum((books[l][ours[row, l]].astype(np.float64) for l in range(level)), np.zeros_like(vector))
        a, b = (books[level][codes[row, level]].astype(np.float64) for codes in (ours, theirs))
        distance_a, distance_b = np.square(rest - a).sum(), np.square(rest - b).sum()
        reach = np.linalg.norm(rest) + max(np.linalg.norm(a), np.linalg.norm(b))
        rounding = 2 * UNIT * np.sqrt(len(vector)) * reach**2
        rounding += 2 * UNIT * level * np.linalg.norm(vector) * np.linalg.norm(a - b)
        gap = abs(distance_a - distance_b)
        beyond += bool(gap > rounding)
        nearer_ours += bool(distance_a < distance_b)
        nearer_theirs += bool(distance_b < distance_a)
        largest = max(largest, gap / rounding if rounding > 0 else np.inf)
    return {
        "rows": len(rows),
        "equalRows": len(rows) - len(different),
        "differentRows": len(different),
        "beyondRounding": beyond,
        "largestGapOverRounding": float(largest),
        "oursNearer": nearer_ours,
        "theirsNearer": nearer_theirs,
    }
