"""The garden's newsletter and its readers, and a reading of finished bytes that shares no code with what wrote them."""

import email
import email.policy
import re
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from mailer.compose import AlongItem, CampaignContent, Envelope, Recipient, compile_campaign

SPRING = (Path(__file__).parents[2] / "samples" / "spring.mjml").read_text(encoding="utf-8")

GARDEN: dict[str, Any] = {
    "publication": "The Garden",
    "sender": "Grete Grün <grete@garden.example>",
    "postal_address": "Hedge Lane 3\n12345 Gardenham",
    "list_id": "letter.7.garden.example",
    "list_name": "Garden Letter",
    "feedback_id": "c42:p7:letter:garden",
}
EVENT = AlongItem(
    title="Seed swap <today>", summary="Bring what you have.", url="https://garden.example/w/8?t=x", topic_name="Events"
)

_ENCODED_WORD = re.compile(rb"=\?[^?\s]+\?[bBqQ]\?[^?\s]*\?=")


def section(content: str) -> str:
    return f"<mjml><mj-body><mj-section><mj-column>{content}</mj-column></mj-section></mj-body></mjml>"


def text(content: str) -> str:
    return section(f"<mj-text>{content}</mj-text>")


def campaign(**changes: Any) -> Any:
    content: dict[str, Any] = {**GARDEN, "subject": "Spring", "title": "Spring", "mjml": text("Dear {{ name }}")}
    return compile_campaign(CampaignContent(**{**content, **changes}))


def envelope(**changes: Any) -> Envelope:
    return Envelope(**{**GARDEN, **changes})


def reader(**changes: Any) -> Recipient:
    given: dict[str, Any] = {
        "email": "anna@example.org",
        "name": "Anna",
        "message_token": "k1.abc",
        "date": datetime(2026, 3, 3, 9, tzinfo=UTC),
        "promise": "You get the Garden Letter once a week. Nothing else.",
        "count_line": "1 of at most 1 this week.",
        "why": "You asked for the Garden Letter on 3 May 2025.",
        "preferences_url": "https://garden.example/p/k1",
        "unsubscribe_url": "https://garden.example/u/k1",
        "web_url": "https://garden.example/w/7",
    }
    return Recipient(**{**given, **changes})


def opened(data: bytes) -> EmailMessage:
    return email.message_from_bytes(data, policy=email.policy.default)


def part_of(data: bytes, subtype: str) -> str:
    body = opened(data).get_body((subtype,))
    assert body is not None
    return str(body.get_content()).replace("\r\n", "\n")


def head(data: bytes) -> bytes:
    return data.partition(b"\r\n\r\n")[0]


def field_lines(data: bytes, name: str) -> list[bytes]:
    """The raw values of a header field, one entry per occurrence, folds kept."""
    unfolded = re.findall(rb"(?im)^" + name.encode() + rb":((?:[^\r\n]|\r\n[ \t])*)\r\n", head(data) + b"\r\n")
    return [value.removeprefix(b" ") for value in unfolded]


def assert_clean(data: bytes) -> None:
    """What RFC 5322, 2045 and 2047 ask of any mail that is sent with 7 bits."""
    assert data.endswith(b"\r\n")
    assert data.count(b"\r\n") == data.count(b"\n") == data.count(b"\r")
    assert all(len(line) <= 998 for line in data.split(b"\r\n"))
    assert data.isascii()
    assert b"\0" not in data
    for line in head(data).split(b"\r\n"):
        words = _ENCODED_WORD.findall(line)
        assert all(len(word) <= 75 for word in words)
        assert not words or len(line) <= 76
        assert b"?==?" not in line
        assert line.strip()
    assert not opened(data).defects
