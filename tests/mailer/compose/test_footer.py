import re

import pytest

from mailer.compose import MailClass, RenderError, TemplateError
from tests.mailer.compose.cast import EVENT, SPRING, campaign, field_lines, part_of, reader, section, text

STOP = "https://garden.example/u/k1"
MANAGE = "https://garden.example/p/k1"


def both(**changes: object) -> tuple[str, str]:
    data = campaign(**changes).render(reader(along=(EVENT,))).data
    return part_of(data, "html"), part_of(data, "plain")


@pytest.mark.parametrize(
    "content",
    [
        {"mjml": text("Hello")},
        {"mjml": SPRING},
        {"mjml": None, "markdown": "Hello"},
        {"mjml": text("Hello"), "text": "Hello"},
        {"mjml": section("<mj-image src='https://e.org/i.png' alt=''></mj-image>")},
        {"mjml": "<mjml><mj-body></mj-body></mjml>"},
    ],
)
def test_every_campaign_ends_with_the_promise_and_the_ways_to_change_it(content: dict[str, str]) -> None:
    for part in both(**content):
        wanted = ["once a week. Nothing else.", "1 of at most 1 this week.", "You asked for the Garden Letter"]
        wanted += [
            STOP,
            MANAGE,
            "Manage preferences",
            "Unsubscribe",
            "https://garden.example/w/7",
            "Hedge Lane 3",
            "The Garden",
        ]
        assert [one for one in wanted if one not in part] == []
        assert part.index("Seed swap") < part.index("once a week. Nothing else.")


def test_what_comes_along_stands_where_the_author_wants_it() -> None:
    inside = text("before {{ along }} after")
    between = SPRING.replace('<mj-body background-color="#f4f1ea">', "<mj-body>{{ along }}")
    for mjml, behind in (
        (inside, "after"),
        (between, "Seeds are"),
        (text("x").replace("<mj-body>", "<mj-body><mj-raw>{{along}}</mj-raw>"), "x"),
    ):
        for part in both(mjml=mjml):
            assert part.count("Seed swap") == 1
            body = part[part.find("<body") :] if "<body" in part else part
            assert body.index("Seed swap") < body.rindex(behind)


def test_nothing_stands_there_when_nothing_comes_along() -> None:
    data = campaign(mjml=text("{{ along }} after")).render(reader()).data
    assert "Also for you" not in part_of(data, "html") + part_of(data, "plain")


def test_what_comes_along_is_text_with_a_link() -> None:
    html, plain = both()
    assert '<a href="https://garden.example/w/8?t=x"' in html
    assert "Seed swap &lt;today&gt;" in html
    assert "- Seed swap <today> (Events)\n  Bring what you have.\n  https://garden.example/w/8?t=x\n" in plain


@pytest.mark.parametrize(
    "slot",
    [
        "{% if name %}{{ along }}{% endif %}",
        "{{ along }}{{ along }}",
        "{{ along | upper }}",
        "{{ along ~ name }}",
        "{% for x in [1, 2] %}{{ along }}{% endfor %}",
        '<a href="{{ along }}">x</a>',
        "<p>{{ along }}</p>",
    ],
)
def test_no_author_can_hide_what_comes_along(slot: str) -> None:
    with pytest.raises(TemplateError, match="along"):
        campaign(mjml=text(slot))


@pytest.mark.parametrize("field", ["subject", "preheader"])
def test_what_comes_along_stands_in_no_headline(field: str) -> None:
    with pytest.raises(TemplateError, match="along"):
        campaign(**{field: "{{ along }}"})


@pytest.mark.parametrize(
    "tag",
    [
        "plaintext",
        "textarea",
        "script",
        "iframe",
        "template",
        "noscript",
        "title",
        "select",
        "xmp",
        "svg",
        "object",
        "base",
    ],
)
def test_no_tag_of_an_author_swallows_the_footer(tag: str) -> None:
    with pytest.raises(TemplateError, match=tag):
        campaign(mjml=text(f"<{tag}>x</{tag}>"))


def test_a_comment_that_depends_on_the_reader_cannot_swallow_the_footer() -> None:
    for trick in (
        "{% if name %}<!--{% endif %}",
        "{{ '<!--' | safe }}",
        "{% autoescape false %}{{ '<!--' }}{% endautoescape %}",
    ):
        with pytest.raises(TemplateError):
            campaign(mjml=text(trick))


def test_no_campaign_passes_for_a_service_mail() -> None:
    with pytest.raises(TemplateError, match="service"):
        campaign(mail_class=MailClass.SERVICE)


@pytest.mark.parametrize("missing", ["promise", "preferences_url", "unsubscribe_url"])
def test_no_campaign_leaves_without_promise_and_stop(missing: str) -> None:
    with pytest.raises(RenderError, match=missing):
        campaign().render(reader(**{missing: ""}))


def test_a_field_of_the_reader_cannot_take_the_place_of_a_link() -> None:
    data = (
        campaign(mjml=text("<a href='{{ unsubscribe_url }}'>x</a>"))
        .render(reader(fields={"unsubscribe_url": "https://evil.example", "along": "x", "promise": "y"}))
        .data
    )
    assert "evil.example" not in part_of(data, "html")


def test_the_text_has_every_link_of_the_html() -> None:
    for given in (None, "Dear {{ name }}, read https://example.org/seeds today."):
        data = campaign(mjml=SPRING, text=given).render(reader(fields={"plot": 7})).data
        plain = part_of(data, "plain")
        links = re.findall(r'<a[^>]*\shref="([^"#][^"]*)"', part_of(data, "html"))
        assert len(links) >= 6
        assert [link for link in links if link.replace("&amp;", "&") not in plain] == []
        assert plain.count("https://example.org/seeds") == 1


def test_an_unknown_language_is_worded_in_english_and_says_so() -> None:
    data = campaign(language="gsw").render(reader(language="gsw-CH")).data
    assert '<html lang="gsw"' in part_of(data, "html")
    assert 'lang="en"' in part_of(data, "html")


def test_the_list_header_points_where_the_footer_points() -> None:
    data = campaign().render(reader()).data
    assert field_lines(data, "List-Unsubscribe") == [f"<{STOP}>".encode()]
