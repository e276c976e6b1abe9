"""Signatures as somebody else's code verifies them, on whatever bytes a mail has."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache

import dkim
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mailer.compose import Message
from mailer.compose.dkim import Algorithm, DkimKey, dns_record, new_private_key, read_key, relaxed_body, signed
from tests.mailer.compose.cast import EVENT, assert_clean, campaign, field_lines, reader
from tests.properties.worlds import effort

AT = datetime(2026, 3, 3, 9, tzinfo=UTC)
DOMAIN = "garden.example"


@cache
def keys() -> tuple[DkimKey, ...]:
    return tuple(read_key(DOMAIN, one.value, new_private_key(one)) for one in Algorithm)


def verifies(data: bytes, which: int = 0) -> bool:
    """Whether a signature verifies with the record that its key would have in the DNS."""
    records = {f"{key.selector}._domainkey.{key.domain}.".encode(): dns_record(key).encode() for key in keys()}
    try:
        return bool(dkim.DKIM(data).verify(idx=which, dnsfunc=lambda name, **_: records.get(name)))
    except dkim.DKIMException:
        return False


def mail() -> Message:
    message: Message = campaign(subject="Grüße, {{ name }}").render(reader(name="Grète Grün", along=(EVENT,)))
    return message


def test_a_signed_mail_verifies_with_each_of_its_keys() -> None:
    made = signed(mail(), keys(), AT)
    assert_clean(made.data)
    assert [verifies(made.data, which) for which in range(2)] == [True, True]
    assert made.data.endswith(mail().data)


def test_without_a_key_a_mail_stays_as_it_is() -> None:
    assert signed(mail(), (), AT) == mail()


def test_everything_a_reader_acts_on_is_signed_and_nothing_can_be_added() -> None:
    data = signed(mail(), keys(), AT).data
    for value in field_lines(data, "DKIM-Signature"):
        tags = dict(one.strip().split("=", 1) for one in value.decode().replace("\r\n", "").split(";"))
        names = tags["h"].replace(" ", "").split(":")
        assert {"to", "date", "message-id", "list-unsubscribe", "list-unsubscribe-post", "list-id"} <= set(names)
        assert {"feedback-id", "mime-version", "content-type"} <= set(names)
        assert (names.count("from"), names.count("subject")) == (2, 2)
        assert tags["c"] == "relaxed/relaxed"
        assert "l" not in tags


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"Subject: ", b"Subject: Not "),
        (b"From: ", b"From: mallory@evil.example\r\nFrom: "),
        (b"Subject: ", b"Subject: Another\r\nSubject: "),
        (b"List-Unsubscribe: <https://garden", b"List-Unsubscribe: <https://evil"),
        (b"List-Unsubscribe-Post: ", b"X-Other: "),
        (b"once a week", b"once a day"),
        (b"--=_alternative--\r\n", b"--=_alternative--\r\nmore\r\n"),
    ],
)
def test_what_was_changed_on_the_way_does_not_verify(old: bytes, new: bytes) -> None:
    data = signed(mail(), keys(), AT).data
    assert old in data
    assert not any(verifies(data.replace(old, new, 1), which) for which in range(2))


def test_spaces_that_servers_change_do_not_break_a_signature() -> None:
    data = signed(mail(), keys(), AT).data
    head, _, body = data.partition(b"\r\n\r\n")
    changed = head.replace(b"Subject: ", b"SUBJECT:   ") + b"\r\n\r\n" + body.replace(b"\r\n", b" \r\n") + b"\r\n\r\n"
    assert verifies(changed)


@settings(max_examples=effort(300))
@given(
    st.text(alphabet="a \t\r\n", max_size=40).map(lambda text: text.replace("\r", "").replace("\n", "\r\n").encode())
)
@example(b"")
@example(b"\r\n\r\n")
@example(b" \r\n a  b \t\r\n\r\n")
def test_any_body_is_hashed_as_others_hash_it(body: bytes) -> None:
    assert relaxed_body(body) == dkim.canonicalization.Relaxed.canonicalize_body(body)


def test_a_key_is_long_enough_and_of_a_kind_that_is_verified() -> None:
    with pytest.raises(ValueError, match="2048"):
        new_private_key(Algorithm.RSA, 1024)
    for octets in (b"", b"x" * 100):
        with pytest.raises(ValueError):
            read_key(DOMAIN, "x", octets)
