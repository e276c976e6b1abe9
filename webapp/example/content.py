"""What the example is made of, read from its folder: the publication, its topics, its campaigns, names for readers."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from preferences.asked import DAY_NAMES
from preferences.cadence import Cadence, Cap, Period
from preferences.look import EventCard, Look
from preferences.store.campaign_values import CampaignValues

# Beside the packages in the source tree and in the wheel.
FOLDER = Path(__file__).resolve().parents[2] / "templates" / "example"
_FENCE = "+++\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """A campaign of the example; `key` names it, `at` is None for a draft that waits at the end.

    `is_local`: it leaves at that time of day in each reader's own zone.
    """

    key: str
    at: datetime | None
    is_local: bool
    values: CampaignValues


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicText:
    """A topic as it is stated at the beginning."""

    slug: str
    name: str
    description: str
    cadence: Cadence
    is_notice: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """People with names of one kind, by the zones they live in; `share` is how many in a thousand."""

    share: int
    zones: Mapping[str, int]
    first: tuple[str, ...]
    last: tuple[str, ...]


def publication() -> dict[str, Any]:
    """The columns of the publication, as its file states them."""
    stated = _toml("publication.toml")
    del stated["topics"]
    stated["postal_address"] = stated["postal_address"].strip()
    return stated


def topics() -> list[TopicText]:
    """The topics, in order."""
    return [
        TopicText(
            slug=topic["slug"],
            name=topic["name"],
            description=topic["description"],
            cadence=Cadence(
                id=0,
                at_most=Cap(count=topic["at_most"]["count"], per=Period(topic["at_most"]["per"])),
                at_least=topic.get("at_least"),
                days=frozenset(DAY_NAMES[day] for day in topic.get("days", ())),
            ),
            is_notice=topic.get("is_notice", False),
        )
        for topic in _toml("publication.toml")["topics"]
    ]


def campaigns(zone: ZoneInfo) -> list[Planned]:
    """All campaigns, drafts last, each with its own words; instants are local times of the publication's zone."""
    files = sorted((FOLDER / "campaigns").glob("*.md"))
    found = [_campaign(path.stem, path.read_text(encoding="utf-8"), zone) for path in files]
    return sorted(found, key=lambda one: (one.at is None, one.at.timestamp() if one.at else 0.0, one.key))


def _campaign(key: str, text: str, zone: ZoneInfo) -> Planned:
    _, head, markdown = text.split(_FENCE, 2)
    stated = tomllib.loads(head)
    at = stated.pop("at", None)
    at = None if at is None else at.replace(tzinfo=zone)
    is_local = stated.pop("local", False)
    hours = stated.pop("expires_hours", None)
    event = stated.pop("event", None)
    values = CampaignValues(
        **{**stated, "topics": tuple(stated["topics"])},
        markdown=markdown.strip() + "\n",
        look=Look.LETTER if event is None else Look.EVENT,
        event=None if event is None else EventCard(**event),
        expires_at=None if hours is None or at is None else at + timedelta(hours=hours),
    )
    return Planned(key=key, at=at, is_local=is_local, values=values)


def groups() -> list[Group]:
    """The groups of people."""
    return [
        Group(share=one["share"], zones=one["zones"], first=tuple(one["first"]), last=tuple(one["last"]))
        for one in _toml("people.toml")["groups"]
    ]


def words() -> dict[str, list[str]]:
    """What is written after an unsubscribe, by cause."""
    written: dict[str, list[str]] = _toml("people.toml")["words"]
    return written


def answers() -> dict[str, list[str]]:
    """What is answered to the question under a campaign, by the campaign's key."""
    written: dict[str, list[str]] = _toml("answers.toml")
    return written


def _toml(name: str) -> dict[str, Any]:
    return tomllib.loads((FOLDER / name).read_text(encoding="utf-8"))
