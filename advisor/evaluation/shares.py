"""Shares in messages: of a limit that is exceeded by little, a rounded share would read as the limit itself."""

from __future__ import annotations


def share_above(share: float, limit: float) -> str:
    """Return a share that is above a limit, with a digit or two more where it would read as the limit itself.

    >>> share_above(1.47, 1), share_above(1.004, 1), share_above(1.0000001, 1), share_above(0.6004, 0.6)
    ('147%', '100.4%', 'just over 100%', '60.04%')
    """
    for digits in (0, 1, 2):
        text = f"{share:.{digits}%}"
        if text != f"{limit:.{digits}%}":
            return text
    return f"just over {limit:.0%}"
