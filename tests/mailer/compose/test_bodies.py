import html
import quopri

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mailer.compose import RenderError, TemplateError
from mailer.compose.mime import quoted_printable
from tests.mailer.compose.cast import assert_clean, campaign, opened, part_of, reader, text
from tests.properties.worlds import effort

CAMPAIGN = campaign(mjml=text("{{ fields.body }}"), text="{{ fields.body }}")
BODIES = st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=2000)


@settings(max_examples=effort(150))
@given(BODIES)
@example(".")
@example("a\n.\nb\r\n..\n")
@example("x" * 5000)
@example("👩‍👩‍👧‍👦" * 400)
@example("שלום \u202eעולם\n\u2028\u2029\x85")
@example(" \t\n \n=\n=3D\nFrom me\n--=_alternative--\n")
@example("\0\x01\x1b")
@example("\r\r\n\n\r")
def test_any_body_arrives_in_clean_bytes(body: str) -> None:
    data = CAMPAIGN.render(reader(fields={"body": body})).data
    assert_clean(data)
    assert opened(data).get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in opened(data).iter_parts()] == ["text/plain", "text/html"]
    assert part_of(data, "plain").endswith("Hedge Lane 3\n12345 Gardenham")
    assert part_of(data, "html").rstrip().endswith("</html>")


@settings(max_examples=effort(150))
@given(BODIES)
@example(".\n.\n")
def test_quoted_printable_gives_the_lines_back(body: str) -> None:
    octets = quoted_printable(body)
    assert all(len(line) <= 76 and line != b"." for line in octets.split(b"\r\n"))
    kept = "".join(letter for letter in body if letter in "\t\r\n" or not (letter < " " or letter == "\x7f"))
    wanted = kept.replace("\r\n", "\n").replace("\r", "\n").removesuffix("\n") + "\n"
    assert quopri.decodestring(octets).decode().replace("\r\n", "\n") == wanted


def test_half_a_character_is_refused_and_not_sent() -> None:
    with pytest.raises(RenderError, match="surrogate"):
        CAMPAIGN.render(reader(fields={"body": "\ud83d"}))


def test_what_a_field_holds_is_text_in_the_html() -> None:
    data = CAMPAIGN.render(reader(fields={"body": "<script>alert(1)</script>&amp;"})).data
    assert "<script>" not in part_of(data, "html")
    assert html.escape("<script>alert(1)</script>&amp;") in part_of(data, "html")
    assert part_of(data, "plain").startswith("<script>alert(1)</script>&amp;\n")


def test_the_same_arguments_give_the_same_bytes() -> None:
    assert CAMPAIGN.render(reader(fields={"body": "x"})) == CAMPAIGN.render(reader(fields={"body": "x"}))


def test_a_preview_is_what_is_sent() -> None:
    one = reader(fields={"body": "Grüße"})
    shown, data = CAMPAIGN.preview(one), CAMPAIGN.render(one).data
    assert part_of(data, "html").rstrip("\n") == shown.html.rstrip("\n")
    assert part_of(data, "plain") == shown.text.rstrip("\n")
    assert str(opened(data)["Subject"]) == shown.subject


def test_html_that_mailboxes_clip_is_refused() -> None:
    with pytest.raises(TemplateError, match="clip"):
        campaign(mjml=text("word " * 25_000))


def test_a_text_that_has_no_end_is_refused_for_that_reader_alone() -> None:
    with pytest.raises(RenderError, match="longer"):
        CAMPAIGN.render(reader(fields={"body": "x" * 1_000_001}))
