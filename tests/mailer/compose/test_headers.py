import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailer.compose import HeaderValueError, RenderError, TemplateError, check_header_value
from tests.mailer.compose.cast import assert_clean, campaign, field_lines, opened, reader, text
from tests.properties.worlds import effort

CAMPAIGN = campaign(subject="{{ fields.subject }}", mjml=text("x"))
TOKENS = st.text(alphabet="ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", min_size=1, max_size=690)
# Everything a form may let through: astral letters, right to left, combining marks, quotes, backslashes, "=?".
VALUES = st.text(alphabet=st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp")), min_size=1, max_size=300)
TRICKY = st.sampled_from(
    ["=?utf-8?q?x?=", "a" * 400, "שלום עולם " * 9, "👩‍👩‍👧‍👦" * 30, 'x "y" \\ z', "a  b", "é" * 80, "., <b@c>"]
)
FORBIDDEN = [*map(chr, range(0x20)), "\x7f", "\x85", "\u2028", "\u2029", "\ud800"]


def sent(**changes: Any) -> bytes:
    subject = changes.pop("subject", "x")
    data: bytes = CAMPAIGN.render(reader(fields={"subject": subject}, **changes)).data
    return data


@settings(max_examples=effort(150), deadline=None)
@given(VALUES | TRICKY)
def test_any_subject_arrives_as_it_was_written(subject: str) -> None:
    wanted = subject.strip()
    if not wanted:
        return
    data = sent(subject=subject)
    assert_clean(data)
    assert opened(data)["Subject"] == wanted or _by_hand(field_lines(data, "Subject")[0]) == wanted


def _by_hand(field: bytes) -> str:
    """The field decoded as RFC 2047 says, for values that Python's own parser reads differently."""
    if b"=?" not in field:
        return field.replace(b"\r\n", b"").decode()
    from email.header import decode_header

    return "".join(
        part.decode(charset or "ascii") if isinstance(part, bytes) else part
        for part, charset in decode_header(field.decode().replace("\r\n", ""))
    )


@settings(max_examples=effort(150), deadline=None)
@given(VALUES | TRICKY)
def test_any_name_stands_before_the_one_address_it_belongs_to(name: str) -> None:
    data = sent(name=name)
    assert_clean(data)
    (to,) = field_lines(data, "To")
    assert to.endswith(b"anna@example.org>") or to == b"anna@example.org"
    addresses = opened(data)["To"].addresses
    assert [address.addr_spec for address in addresses] == ["anna@example.org"]


@settings(max_examples=effort(80), deadline=None)
@given(TOKENS, st.booleans())
def test_the_one_click_link_is_whole_in_one_line_for_a_token_of_any_length(token: str, has_mailto: bool) -> None:
    mailto = f"mailto:u-{token[:40]}@return.example" if has_mailto else None
    link = f"https://garden.example/u/{token}"
    data = sent(unsubscribe_url=link, mailto_unsubscribe=mailto, message_token=token.strip("."))
    assert_clean(data)
    (field,) = field_lines(data, "List-Unsubscribe")
    wanted = [f"<{link}>".encode()] + ([f"<{mailto}>".encode()] if mailto else [])
    assert re.split(rb",\s+", field.strip()) == wanted
    assert field_lines(data, "List-Unsubscribe-Post") == [b"List-Unsubscribe=One-Click"]


@pytest.mark.parametrize("length", [900, 978, 979, 980, 990, 995])
def test_a_link_that_just_fits_a_line_gets_one_of_its_own(length: int) -> None:
    link = "https://garden.example/u/".ljust(length, "a")
    data = sent(unsubscribe_url=link)
    assert_clean(data)
    assert f"<{link}>\r\n".encode() in data


def test_a_name_with_quotes_and_backslashes_is_read_as_it_was_written() -> None:
    for name in ('Anna "B" C', "a \\ b\\", "O'Neil, Anna (x) <y>", "Ännä", "=?utf-8?q?x?="):
        assert opened(sent(name=name))["To"].addresses[0].display_name == name


def test_a_link_that_fits_no_header_line_is_refused_and_not_broken() -> None:
    with pytest.raises(RenderError, match="998") as refused:
        sent(unsubscribe_url="https://garden.example/u/" + "a" * 1000)
    assert refused.value.part == "list_unsubscribe"


@pytest.mark.parametrize(
    "link",
    [
        "http://garden.example/u",
        "https://garden.example/ü",
        "https://a/b,c",
        "https://a/b c",
        "mailto:a@b",
        "https:///x",
        "",
    ],
)
def test_a_one_click_link_is_https_and_plain(link: str) -> None:
    with pytest.raises(RenderError):
        sent(one_click_url=link, unsubscribe_url=link or None)


@pytest.mark.parametrize("host", ["localhost:8642", "127.0.0.1:8642", "[::1]:8642"])
def test_a_one_click_link_to_this_machine_may_be_http(host: str) -> None:
    assert field_lines(sent(one_click_url=f"http://{host}/u/k"), "List-Unsubscribe") == [
        f"<http://{host}/u/k>".encode()
    ]


def test_the_one_click_link_may_be_another_than_the_page() -> None:
    data = sent(one_click_url="https://garden.example/one/k1")
    assert field_lines(data, "List-Unsubscribe") == [b"<https://garden.example/one/k1>"]
    assert "https://garden.example/u/k1" in opened(data).get_body(("plain",)).get_content()  # type: ignore[union-attr]


@pytest.mark.parametrize("character", FORBIDDEN, ids=[f"U+{ord(one):04X}" for one in FORBIDDEN])
def test_no_header_takes_a_character_that_ends_or_hides_a_line(character: str) -> None:
    with pytest.raises(HeaderValueError, match=f"U\\+{ord(character):04X}"):
        check_header_value("the subject", f"a{character}b")
    with pytest.raises(RenderError) as of_subject:
        sent(subject=f"a{character}Bcc: x@example.org")
    assert of_subject.value.part == "subject"
    with pytest.raises(RenderError) as of_name:
        sent(name=f"a{character}b")
    assert of_name.value.part == "to"


@pytest.mark.parametrize("field", ["sender", "reply_to", "list_id", "list_name", "feedback_id", "subject"])
def test_no_field_of_an_author_takes_a_line_break(field: str) -> None:
    with pytest.raises(TemplateError) as refused:
        campaign(**{field: "x\r\nBcc: y <a@example.org>"})
    assert refused.value.part in {field, "list_id"}


def test_the_message_leads_back_to_its_delivery() -> None:
    message = CAMPAIGN.render(reader(fields={"subject": "x"}, return_domain="Return.Example"))
    assert message.mail_from == "b+k1.abc@return.example"
    assert message.message_id == "<k1.abc@return.example>"
    assert field_lines(message.data, "Message-ID") == [b"<k1.abc@return.example>"]


def test_without_a_return_domain_bounces_go_to_the_sender() -> None:
    message = CAMPAIGN.render(reader(fields={"subject": "x"}))
    assert (message.mail_from, message.message_id) == ("grete@garden.example", "<k1.abc@garden.example>")


def test_a_token_that_fits_no_local_part_is_refused() -> None:
    assert (
        len(
            CAMPAIGN.render(
                reader(fields={"subject": "x"}, message_token="t" * 62, return_domain="r.example")
            ).mail_from
        )
        == 74
    )
    with pytest.raises(RenderError, match="64 octets"):
        sent(message_token="t" * 63, return_domain="r.example")


@pytest.mark.parametrize("token", ["", "a b", "a@b", "<a>", "a..b", "ü"])
def test_a_token_that_would_break_the_message_id_is_refused(token: str) -> None:
    with pytest.raises(RenderError) as refused:
        sent(message_token=token)
    assert refused.value.part == "message_id"


def test_a_campaign_says_what_list_it_is_of_and_that_it_is_bulk() -> None:
    data = sent()
    assert field_lines(data, "List-Id") == [b'"Garden Letter" <letter.7.garden.example>'] or field_lines(
        data, "List-Id"
    ) == [b"Garden Letter <letter.7.garden.example>"]
    assert field_lines(data, "Feedback-ID") == [b"c42:p7:letter:garden"]
    assert field_lines(data, "Precedence") == [b"bulk"]
    assert field_lines(data, "X-Auto-Response-Suppress") == [b"OOF, AutoReply"]
    assert field_lines(data, "Auto-Submitted") == []


@pytest.mark.parametrize("missing", ["list_id", "feedback_id", "postal_address"])
def test_a_campaign_without_what_the_law_asks_for_is_not_compiled(missing: str) -> None:
    with pytest.raises(TemplateError) as refused:
        campaign(**{missing: ""})
    assert refused.value.part == missing


@pytest.mark.parametrize("list_id", ["letter", "a b.c", "ü.example", "x." + "y" * 252, "<a.b>"])
def test_a_list_id_that_is_none_is_refused(list_id: str) -> None:
    with pytest.raises(TemplateError):
        campaign(list_id=list_id)


@pytest.mark.parametrize(
    "nobody", ["no-reply@garden.example", "The Garden <NoReply@garden.example>", "do-not-reply@x.example"]
)
def test_replies_reach_a_person(nobody: str) -> None:
    with pytest.raises(TemplateError, match="person"):
        campaign(reply_to=nobody)
    with pytest.raises(TemplateError, match="person"):
        campaign(sender=nobody)
    assert field_lines(
        campaign(sender=nobody, reply_to="Grete <g@garden.example>").render(reader()).data, "Reply-To"
    ) == [b"Grete <g@garden.example>"]


def test_every_field_stands_once() -> None:
    data = sent(mailto_unsubscribe="mailto:u@return.example", return_domain="return.example")
    names = [
        line.partition(b":")[0].lower()
        for line in data.partition(b"\r\n\r\n")[0].split(b"\r\n")
        if line[:1] not in b" \t"
    ]
    assert len(names) == len(set(names))


def test_the_date_is_the_recipients_instant() -> None:
    assert field_lines(sent(), "Date") == [b"Tue, 03 Mar 2026 09:00:00 +0000"]
    with pytest.raises(ValueError, match="aware"):
        reader(date=reader().date.replace(tzinfo=None))
