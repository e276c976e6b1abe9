"""A send that is spread over a span: each reader has a place in it, which nobody chose and everybody can compute again.

A place makes the reader's own scheduled instant: the campaign's, and a delay that depends on campaign and reader only.
The store computes the same in SQL (`preferences.store.planning.spreading`); a property test holds the two together.
"""

from __future__ import annotations

from datetime import timedelta

NO_SPREAD = timedelta()
LONGEST_SPREAD = timedelta(days=1)
# The span is cut into so many slots: all rules are asked once for each of them and each set of days and hours.
SLOTS = 60

# The Mersenne prime 2**31 - 1: products of two remainders fit into 64 bits. 5 divides no part of PRIME - 1, so that the
# fifth power only puts the remainders into another order, one in which neighbours stand anywhere.
PRIME = 2_147_483_647
READERS_STEP = 1_597_334_677
CAMPAIGNS_STEP = 1_812_433_253


def slot_of(campaign_id: int, subscriber_id: int) -> int:
    """The slot of a reader in the send of a campaign, from 0 to 59: as good as drawn by lot, and the same every time."""
    mixed = (subscriber_id % PRIME * READERS_STEP + offset_of(campaign_id)) % PRIME
    square = mixed * mixed % PRIME
    return square * square % PRIME * mixed % PRIME * SLOTS // PRIME


def offset_of(campaign_id: int) -> int:
    """What a campaign adds, so that the order of readers is another one in each."""
    return campaign_id % PRIME * CAMPAIGNS_STEP % PRIME


def delay_of(spread: timedelta, slot: int) -> timedelta:
    """How long after the beginning of a send a slot is: none of it as late as its end."""
    return spread * slot / SLOTS
