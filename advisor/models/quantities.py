"""What sizings share: names for bytes, numbers taken as they are written, rounding up to whole units.

GB is 1e9 bytes and GiB is 2**30 bytes. Vendors print both as "GB"; functions here say which they mean.
"""

from __future__ import annotations

import math
from fractions import Fraction

KIB, MIB, GIB = 2**10, 2**20, 2**30
KB, MB, GB = 10**3, 10**6, 10**9

SECONDS_PER_DAY = 86_400

#: Counts up to here keep every product of a sizing within the range of a float.
MOST_COUNTED = 10**24


def as_written(value: float) -> Fraction:
    """Return a number as the decimal it is written as: 1.1 is eleven tenths, not the binary number beside it.

    So a factor of 1.1 on 10 bytes gives 11 bytes and not 12.

    >>> as_written(1.1) * 10
    Fraction(11, 1)
    """
    return Fraction(value) if isinstance(value, int) else Fraction(str(float(value)))


def units_needed(amount: float, each: float) -> int:
    """Return ceil(amount / each): exact for whole numbers, deaf to rounding in the last digits for others.

    The caller has checked that ``amount`` is at least 0 and ``each`` above 0, both finite.

    >>> units_needed(0.1 + 0.2, 0.1), units_needed(10**15 + 1, 10**15)
    (3, 2)
    """
    if isinstance(amount, int) and isinstance(each, int):
        return -(-amount // each)
    ratio = Fraction(amount) / Fraction(each)
    nearest = round(ratio)
    return nearest if abs(ratio - nearest) <= Fraction(1, 10**12) * max(1, nearest) else math.ceil(ratio)
