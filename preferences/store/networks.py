"""How many sign-ups one network may ask for: the same whatever the addresses, so that it tells nothing about them."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

from sqlalchemy import Connection, select

from preferences.store.tables import SIGN_UP_REQUEST

# A classroom or an office that signs up together stays below; a program that tries a list of addresses does not.
AN_HOUR = 30
A_DAY = 100
# Providers give each customer at least this much (RFC 6177, section 2), so it is the customer that is counted.
_IPV6_PREFIX = 64

# Some proxies name the port, too, and others write brackets without one.
_WITH_PORT = re.compile(r"\[([^\]]*)\](?::\d+)?|([\d.]+):\d+", re.ASCII)

_R = SIGN_UP_REQUEST.c


def network_of(address: str | None) -> str | None:
    """The network that an address is counted with: an IPv4 address itself, the /64 around an IPv6 one; None for neither."""
    with_port = _WITH_PORT.fullmatch(address or "")
    plain = (address or "") if with_port is None else with_port[1] or with_port[2]
    try:
        found: IPv4Address | IPv6Address = ip_address(plain.partition("%")[0])
    except ValueError:
        return None
    if isinstance(found, IPv6Address) and found.ipv4_mapped is not None:
        found = found.ipv4_mapped
    if isinstance(found, IPv6Address):
        return str(IPv6Network((found, _IPV6_PREFIX), strict=False))
    return str(found)


def free_at(connection: Connection, publication_id: int, network: str | None, now: datetime) -> datetime | None:
    """When this network may ask for the next sign-up; None where it may now. A sign-up without a network always may."""
    if network is None:
        return None
    here = (_R.publication_id == publication_id) & (_R.network == network) & (_R.made_at > now - timedelta(days=1))
    newest = connection.execute(select(_R.made_at).where(here).order_by(_R.made_at.desc()).limit(A_DAY)).scalars().all()
    opens = [
        newest[most - 1] + span
        for most, span in ((AN_HOUR, timedelta(hours=1)), (A_DAY, timedelta(days=1)))
        if len(newest) >= most and newest[most - 1] > now - span
    ]
    return max(opens, default=None)
