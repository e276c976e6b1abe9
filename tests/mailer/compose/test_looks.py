import re
from html.parser import HTMLParser

import pytest

from mailer.compose import (
    AlongItem,
    CampaignContent,
    DigestContent,
    ServiceKind,
    TemplateError,
    compile_campaign,
    compile_digest,
    compile_service,
)
from preferences.look import EventCard, Look
from tests.mailer.compose.cast import EVENT, GARDEN, SPRING, campaign, envelope, reader, text
from tests.mailer.compose.test_digest_and_service import SERVICE_VALUES

# What a mail may weigh before anybody has written a word: the rest of 100 kB is the author's.
FRAME_OCTETS = 14_000
SWAP = EventCard(
    date="Saturday 14 March",
    time="14:00 to 17:00",
    place="The Old Greenhouse, Hedge Lane 3",
    button="Keep me a seat",
    url="https://garden.example/swap?a=1&b=2",
)
ITEMS = (
    AlongItem(title="Beans", summary="Sow now.", url="https://garden.example/w/1", topic_name="Letter"),
    AlongItem(title="Seed swap", summary="Bring some.", url="https://garden.example/w/2", topic_name="Events"),
    AlongItem(title="Peas", summary="", url="https://garden.example/w/3", topic_name="Letter"),
)


def in_look(look: Look = Look.LETTER, markdown: str = "# Spring\n\nDear {{ name }}", **changes: object) -> str:
    mail = campaign(mjml=None, markdown=markdown, look=look, event=SWAP, **changes)
    return str(mail.preview(reader(along=(EVENT,))).html)


def every_mail() -> dict[str, str]:
    digest = compile_digest(DigestContent(**GARDEN, title="The Garden", rhythm="weekly"))
    return {
        "letter": in_look(Look.LETTER),
        "event": in_look(Look.EVENT),
        "digest": digest.preview(reader(along=(EVENT,)), ITEMS).html,
        **{
            kind.value: compile_service(kind, envelope()).preview(reader(), SERVICE_VALUES).html for kind in ServiceKind
        },
    }


@pytest.mark.parametrize("name", list(every_mail()))
def test_the_frame_of_a_mail_is_light_and_loads_nothing(name: str) -> None:
    html = every_mail()[name]
    assert len(html.encode()) < FRAME_OCTETS
    assert not re.search(r"<img|<link|@import|@font-face|url\(", html)
    assert 'lang="en"' in html


@pytest.mark.parametrize("name", list(every_mail()))
def test_every_mail_is_ready_for_a_dark_room_and_readable_without_it(name: str) -> None:
    html = every_mail()[name]
    assert '<meta name="color-scheme" content="light dark">' in html
    assert "@media (prefers-color-scheme: dark)" in html
    assert "background-color:#ffffff" in html.replace(": ", ":")


def test_a_mail_of_an_authors_own_mjml_stays_light_unless_it_is_ready_for_dark_rooms() -> None:
    assert 'content="light"' in campaign(mjml=SPRING).preview(reader(fields={"plot": 7})).html
    ready = text("x").replace(
        "<mj-body>",
        "<mj-head><mj-style>@media (prefers-color-scheme: dark) { p { color: red } }</mj-style></mj-head><mj-body>",
    )
    shown = campaign(mjml=ready).preview(reader()).html
    assert 'content="light dark"' in shown
    assert ".t-soft" in shown


class _Outline(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.levels: list[int] = []
        self.roleless = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if re.fullmatch("h[1-6]", tag):
            self.levels.append(int(tag[1]))
        self.roleless += tag == "table" and ("role", "presentation") not in attrs


@pytest.mark.parametrize("name", list(every_mail()))
def test_headings_come_in_order_and_what_lays_out_says_so(name: str) -> None:
    found = _Outline()
    found.feed(every_mail()[name])
    assert all(after - before <= 1 for before, after in zip(found.levels, found.levels[1:], strict=False))
    assert found.levels.count(1) <= 1
    assert found.roleless == 0


def test_a_letter_begins_with_the_name_of_the_publication() -> None:
    shown = in_look(publication="Grün & {{ name }} <b>")
    body = shown[shown.index("<body") :]
    assert "Grün &amp; {{ name }} &lt;b&gt;" in body
    assert body.index("Grün") < body.index("Dear Anna")


def test_an_event_shows_when_where_and_the_button_before_its_text() -> None:
    shown = in_look(Look.EVENT, markdown="# Seed swap for {{ name }}\n\nBring what you have.\n\n## What else")
    body = shown[shown.index("<body") :]
    places = [
        body.index(one)
        for one in (
            "Seed swap for Anna</h1>", SWAP.date, SWAP.time, SWAP.place, "a=1&amp;b=2", SWAP.button, "Bring what",
        )
    ]  # fmt: skip
    assert places == sorted(places)
    assert body.count("<h1") == 1


def test_an_event_without_a_heading_is_headed_by_its_title() -> None:
    shown = in_look(Look.EVENT, markdown="Bring what you have.", title="Swap & {{ meet }}")
    assert "Swap &amp; {{ meet }}</h1>" in shown


def test_what_an_event_says_of_itself_is_text() -> None:
    odd = EventCard(date="<b> {{ name }} {% if", place="{# x #}")
    shown = campaign(mjml=None, markdown="x", look=Look.EVENT, event=odd).preview(reader())
    assert "&lt;b&gt; {{ name }} {% if" in shown.html
    assert "{# x #}" in shown.html
    assert "<b> {{ name }} {% if" in shown.text


def test_an_event_says_in_its_text_when_where_and_the_link() -> None:
    shown = campaign(mjml=None, markdown="# Swap\n\nBring.", look=Look.EVENT, event=SWAP).preview(reader()).text
    assert shown.startswith(
        "The Garden\n\nSwap\n\nSaturday 14 March\n14:00 to 17:00\n\nThe Old Greenhouse, Hedge Lane 3\n\n"
        "Keep me a seat <https://garden.example/swap?a=1&b=2>\n\nBring.\n"
    )


def test_an_event_without_its_date_is_refused_beside_the_date() -> None:
    with pytest.raises(TemplateError) as refused:
        compile_campaign(CampaignContent(**GARDEN, subject="x", title="x", markdown="x", look=Look.EVENT))
    assert refused.value.part == "event.date"


@pytest.mark.parametrize("look", list(Look))
def test_what_comes_along_and_the_footer_stand_in_every_look(look: Look) -> None:
    shown = in_look(look)
    for one in ("Seed swap &lt;today&gt;", "once a week. Nothing else.", "1 of at most 1 this week.", "Unsubscribe"):
        assert one in shown
    assert shown.index("Dear Anna") < shown.index("Seed swap &lt;today&gt;") < shown.index("Unsubscribe")


def test_the_summary_is_what_a_list_of_mails_shows_unless_the_author_wrote_something_for_it() -> None:
    summary = "Sow {{ now }} <b>"
    assert "Sow {{ now }} &lt;b&gt;" in in_look(summary=summary)
    own = in_look(summary=summary, preheader="For {{ name }}")
    assert "For Anna" in own
    assert "Sow" not in own


def test_a_digest_is_grouped_by_topic_and_says_that_there_was_nothing_else() -> None:
    shown = compile_digest(DigestContent(**GARDEN, title="The Garden", rhythm="weekly")).preview(reader(), ITEMS)
    for part in (shown.html, shown.text):
        body = part[part.rindex("This week") :]
        places = [body.index(one) for one in ("Letter", "w/1", "w/3", "Events", "w/2", "Nothing else about Letter and")]
        assert places == sorted(places)


LONG = "word " * 60


@pytest.mark.parametrize(
    "markdown", [LONG, f"- {LONG}\n- {LONG}", f"1. {LONG}", f"> {LONG}", f"[{LONG}](https://garden.example/{'x' * 90})"]
)
def test_no_line_of_a_text_is_wider_than_a_window_but_a_link(markdown: str) -> None:
    shown = campaign(mjml=None, markdown=markdown).preview(reader(along=(EVENT,))).text
    wide = [line for line in shown.splitlines() if len(line) > 72]
    assert [line for line in wide if " " in line.strip()] == []
    assert " ".join(shown.split()).count("word") == markdown.count("word")


def test_what_stands_behind_a_bullet_stays_below_its_first_word() -> None:
    shown = campaign(mjml=None, markdown=f"- {LONG}").preview(reader()).text
    first, second = shown.splitlines()[2:4]
    assert first.startswith("- word")
    assert second.startswith("  word")


@pytest.mark.parametrize("filling", ["", "{% if name %}", "{{ name }}", "{{ [\n'a', 'b'] | length }}"])
def test_a_text_is_wrapped_alike_whether_it_is_the_same_for_all_or_not(filling: str) -> None:
    end = "{% endif %}" if "if" in filling else ""
    made = campaign(text=f"{filling}{end}\n{LONG}\n\n{{{{ fields.long }}}}\n\n- {LONG}")
    shown = made.preview(reader(fields={"long": LONG})).text.partition("----")[0]
    lines = [line for line in shown.splitlines() if "word" in line]
    assert max(map(len, lines)) <= 72
    third = len(lines) // 3
    assert lines[:third] == lines[third : 2 * third]
