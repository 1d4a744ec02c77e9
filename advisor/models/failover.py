"""Failing over from a primary to a backup, between units or regions: what it saves, and what the change costs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from advisor.models import unavailability
from advisor.models.arguments import not_negative, probability
from advisor.models.binomial import checked, complement
from advisor.models.failure_rates import RepairCycle


@dataclass(frozen=True)
class Failover:
    """A primary with a backup, with its downtime by cause; the causes exclude each other and add up.

    Attributes:
        availability: fraction of time up.
        unavailability: 1 - availability, to full precision.
        both_down: fraction of time in which the primary is down, the switch has worked and the backup is down too.
        switch_failed: fraction of time in which the primary is down and the change to the backup has not worked.
        switching: fraction of time in which the change takes place.
        shared_down: fraction of time in which something that both need is down.
    """

    availability: float
    unavailability: float
    both_down: float
    switch_failed: float
    switching: float
    shared_down: float


def failover(
    primary: RepairCycle,
    backup: float,
    *,
    switch: float = 1.0,
    switch_time_h: float = 0.0,
    shared: Sequence[float] = (),
) -> Failover:
    """Return the availability of a primary with a backup, say of two regions, with the time that the change takes.

        u = u_p p_s u_b  +  u_p (1 - p_s)  +  p_s (1 - u_b) min(switch time, MTTR) / (MTTF + MTTR)
            both down       switch failed     switching, once for each failure of the primary

        all of it while what is shared is up:  U = 1 - (1 - u) shared1 shared2 ...

    A change that takes T interrupts a repair of random length R for min(T, R), on average at most min(T, MTTR): the
    last term is an upper bound, exact when every repair takes longer than the change. Changing back is taken to be
    drained, without downtime.

    Args:
        primary: mean times up and down of the primary.
        backup: availability of the backup, independent of the primary.
        switch: probability that the change works when it is asked for.
        switch_time_h: detection, decision, promotion, and clients finding the new place (DNS time to live) (h), 0 or
            more.
        shared: availabilities of what both sides need (DNS, global load balancer, identity).

    Raises:
        ValueError: an argument out of range.

    >>> region = RepairCycle(mttf_h=998, mttr_h=2)
    >>> pair = failover(region, 0.998, switch=0.95, switch_time_h=0.1, shared=[0.9999])
    >>> round(pair.availability, 9), round(pair.switching, 9), round(pair.switch_failed, 9), round(pair.both_down, 9)
    (0.99970141, 9.4801e-05, 9.999e-05, 3.8e-06)
    """
    probability(backup=backup, switch=switch)
    not_negative(switch_time_h=switch_time_h)
    shared_down = unavailability.series(*(complement(part) for part in checked(shared, "availability")))
    up, down = complement(shared_down), primary.unavailability
    both_down = up * down * switch * complement(backup)
    switch_failed = up * down * complement(switch)
    switching = up * switch * backup * min(switch_time_h, primary.mttr_h) / primary.cycle_h
    total = min(1.0, shared_down + both_down + switch_failed + switching)
    return Failover(1 - total, total, both_down, switch_failed, switching, shared_down)
