import pytest

from mailer.compose import CampaignContent, TemplateError, check_source, compile_campaign, notices
from mailer.compose.layout import compile_layout
from mailer.compose.vocabulary import ATTRIBUTES, CHILDREN, CONTENT_TAGS, WITHOUT_EFFECT
from tests.mailer.compose.cast import GARDEN, SPRING, campaign, section, text


def test_a_real_letter_has_no_problem() -> None:
    assert check_source(SPRING) == ()


@pytest.mark.parametrize(
    ("old", "new", "line", "said"),
    [
        ('width="120px"></mj-image>', 'width="120px" widht="1px"></mj-image>', 16, "widht"),
        ("<mj-social>", "<mj-socail>", 39, "mj-socail"),
        ("<mj-social>", "<mj-quiz></mj-quiz><mj-social>", 39, "<mj-quiz> is no tag"),
        ("</mj-text>\n        <mj-button", "\n        <mj-button", 22, "never closed"),
        ("<b>now</b>", "<b>now", 22, "<b> is never closed"),
        ("<b>now</b>", "a < b", 22, "&lt;"),
        ("<b>now</b>", "<mj-text>x</mj-text>", 22, "cannot stand inside <mj-text>"),
        ('<mj-column width="60%">', '<mj-column {{ fields.x }} width="60%">', 21, "inside the tag"),
        ('<mj-column width="60%">', "<mj-column width=60%>", 21, "quotes"),
        ("<mj-table>", "<mj-table>\n{% for x in %}", 27, "Expected an expression"),
        ("{% if fields.plot == 7 %}", "{% if fields.plot == 7 %}{{ fields.x ", 28, "never closed"),
        ("{% if fields.plot == 7 %}", "{{ oops", 28, "{{ is never closed"),
        (".wide:hover", ".{{ name }}", 10, "style"),
        ('<mj-class name="small"', '<mj-class name="{{ name }}"', 7, "default attribute"),
        ("<!-- The", "<!-- {% if x %}{% endif %} The", 13, "comment"),
        (
            "<mj-section>\n      <mj-column>\n        <mj-text mj-class",
            "<mj-section>\nstray<mj-column>\n<mj-text mj-class",
            37,
            "text cannot",
        ),
        ("<mj-social>", "{{ name }}<mj-social>", 39, "<mj-column>"),
        ("<mj-social>", "<mj-social>{% if name %}{% endif %}", 39, "<mj-social>"),
        ("<mj-social>", "<mj-include path='/etc/passwd' /><mj-social>", 39, "mj-include"),
        ("</mjml>", "</mjml>\nmore", 44, "outside"),
        ("</mj-social>", "</mj-social></mj-social>", 39, "closes nothing"),
        ("<!-- The masthead; nobody is to read this. -->", "<!-- never", 13, "comment is never closed"),
        ("{{ name or 'gardener' }}", "{{ name.upper }}", 22, "fields only"),
        ("{{ name or 'gardener' }}", "{{ upper(name) }}", 22, "calls"),
        ("{{ name or 'gardener' }}", "{{ name | shout }}", 22, "shout"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(old: str, new: str, line: int, said: str) -> None:
    assert old in SPRING
    problems = check_source(SPRING.replace(old, new, 1))
    assert [problem.line for problem in problems][:1] == [line]
    assert said in problems[0].message
    with pytest.raises(TemplateError, match=f"line {line}") as refused:
        campaign(mjml=SPRING.replace(old, new, 1))
    assert (refused.value.line, refused.value.part) == (line, "mjml")


def test_every_problem_is_said_not_only_the_first() -> None:
    problems = check_source(
        SPRING.replace("<mj-social-element name", "<mj-social-element nmae").replace("120px", '1px" x="y')
    )
    assert [problem.line for problem in problems] == [16, 39]


def test_lines_count_the_same_with_any_line_ends() -> None:
    broken = SPRING.replace("<b>now</b>", "<b>now")
    assert (
        check_source(broken)
        == check_source(broken.replace("\n", "\r\n"))
        == check_source("\ufeff" + broken.replace("\n", "\r"))
    )


@pytest.mark.parametrize(
    "source",
    [
        "",
        "   ",
        "hello",
        "<html></html>",
        "<mjml></mjml>",
        "<mj-body></mj-body>",
        "<mjml/>",
        "<",
        "<mjml",
        "</",
        "<!doctype html><mjml><mj-body></mj-body></mjml>",
    ],
)
def test_what_is_no_mjml_is_said_to_be_none(source: str) -> None:
    assert len(check_source(source)) >= 1


def test_nesting_that_would_end_the_process_is_a_problem() -> None:
    assert "300000" in check_source(text("<b>" * 50_000 + "</b>" * 50_000))[0].message
    assert check_source(text("<b>" * 95 + "</b>" * 95)) == ()
    assert "deep" in check_source(text("<b>" * 96 + "</b>" * 96))[0].message
    assert "deep" in check_source(text("{{ " + "(" * 5000 + "1" + ")" * 5000 + " }}"))[0].message


def test_a_hundred_thousand_open_braces_take_no_time() -> None:
    assert check_source(text("{{ " * 90_000)) != ()
    assert check_source(text("<" * 200_000)) != ()
    assert check_source(text("<a " * 90_000)) != ()


def test_fonts_that_are_not_loaded_and_images_without_words_are_noticed() -> None:
    assert [notice.line for notice in notices(SPRING)] == [4]
    assert [notice.line for notice in notices(section('\n<mj-image src="x"></mj-image>'))] == [2]
    assert [notice.line for notice in notices(section('\n\n<mj-button title="x">y</mj-button>'))] == [3]
    assert notices("<mjml>") == ()


@pytest.mark.parametrize("tag", ["mj-text", "mj-button", "mj-image", "mj-table", "mj-divider"])
def test_an_attribute_that_is_listed_changes_what_is_rendered(tag: str) -> None:
    """Each with some value of each kind; those that have none are listed as without effect."""
    needed = ' href="#"' if tag in {"mj-image", "mj-button"} else ""
    plain = _rendered(f"<{tag}{needed}></{tag}>")
    for name in ATTRIBUTES[tag] - {"mj-class"}:
        given = "" if name == "href" else needed
        values = ["zz9", "17px", "33%", "right", "middle", "true"]
        changed = [value for value in values if _rendered(f'<{tag}{given} {name}="{value}"></{tag}>') != plain]
        assert bool(changed) is (name not in WITHOUT_EFFECT.get(tag, frozenset())), name


def _rendered(content: str) -> str:
    return compile_layout(section(content), title="", language="en").html


def test_every_tag_that_may_stand_somewhere_has_its_attributes_listed() -> None:
    children = frozenset().union(*CHILDREN.values())
    assert children <= set(ATTRIBUTES)
    assert children >= CONTENT_TAGS


def test_the_values_that_are_missing_are_named() -> None:
    with pytest.raises(TemplateError, match="either"):
        compile_campaign(CampaignContent(**GARDEN, subject="x", title="x"))
    with pytest.raises(TemplateError, match="either"):
        campaign(markdown="x")
    for subject in ("", "  ", "a\nb"):
        with pytest.raises(TemplateError, match="subject"):
            campaign(subject=subject)
    with pytest.raises(TemplateError, match="address"):
        campaign(sender="Nobody at all")
