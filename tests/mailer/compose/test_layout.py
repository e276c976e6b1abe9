import html
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jinja2 import Environment

from mailer.compose import RenderError, TemplateError
from mailer.compose.layout import compile_layout
from tests.mailer.compose.cast import SPRING, campaign, part_of, reader, section, text
from tests.properties.worlds import effort

ATTRIBUTE_TEXT = st.text(
    alphabet=st.characters(exclude_categories=("Cs", "Cc")) | st.sampled_from("\\\"'&<>\n{}"), max_size=40
)


def compiled(mjml: str, **values: object) -> str:
    template = compile_layout(mjml, title="Spring", language="en").html
    return Environment(autoescape=True).from_string(template).render(values)


def test_every_placeholder_of_a_letter_is_in_the_html_as_it_was_written() -> None:
    template = compile_layout(SPRING, title="", language="en").html
    for one in (
        "{{ name or 'gardener' }}",
        "{{ fields.plot }}&amp;from=mail",
        "{% if fields.plot == 7 %}",
        "{% endif %}",
    ):
        assert one in template
    assert "fence" not in template


@settings(max_examples=effort(100))
@given(ATTRIBUTE_TEXT)
def test_what_stands_in_an_attribute_arrives_unharmed(value: str) -> None:
    if "{{" in value or "{%" in value or "{#" in value:
        return
    rendered = compiled(section(f'<mj-image src="x" alt="{html.escape(value)}"></mj-image>'))
    assert (
        f'alt="{html.escape(value)}"' in rendered.replace("&#39;", "&#x27;")
        or f'alt="{html.escape(value)}"' in rendered
    )


@pytest.mark.parametrize("written", ["a&b=1", "a&amp;b=1", "a&copy=1", "a&#38;b"])
def test_a_link_means_the_same_however_its_ampersand_was_written(written: str) -> None:
    link = f"https://e.org/?{written}"
    made = compile_layout(section(f'<mj-button href="{link}">x</mj-button>'), title="", language="en")
    meant = link.replace("&#38;", "&").replace("&amp;", "&")
    assert made.links == (meant,)
    assert f'href="{html.escape(meant)}"' in made.html
    assert f"x <{meant}>" in made.text


@pytest.mark.parametrize(
    ("source", "line"),
    [
        (section('\n\n<mj-button title="{{ name }}">x</mj-button>'), 3),
        (section('<mj-table\nrole="{{ name }}"></mj-table>'), 2),
        (section('\n<mj-image border-top="{{ name }}" src="x"></mj-image>'), 2),
    ],
)
def test_a_placeholder_that_vanishes_is_an_error_with_its_line(source: str, line: int) -> None:
    with pytest.raises(TemplateError, match="cannot stand here") as refused:
        compiled(source, name="zz9")
    assert refused.value.line == line


@pytest.mark.parametrize("attribute", ["width", "height", "padding", "align", "href", "title", "css-class"])
def test_a_placeholder_in_an_attribute_is_shown_or_refused(attribute: str) -> None:
    source = section(f'<mj-image src="x" alt="" {attribute}="{{{{ name }}}}"></mj-image>')
    assert _outcome(source) in {"shown", "refused"}


def _outcome(source: str) -> str:
    try:
        return "shown" if "zz9" in compiled(source, name="zz9") else "lost"
    except TemplateError:
        return "refused"


def test_a_condition_may_stand_around_sections_columns_and_rows() -> None:
    with_plot, other, without = (compiled(SPRING, name="A", fields=fields) for fields in ({"plot": 7}, {"plot": 8}, {}))
    assert "Weeding" in with_plot
    assert "Watering" in with_plot
    assert "Weeding" not in other
    assert "Watering" in other
    assert "Watering" not in without
    assert "Seeds are" in without
    for one in (with_plot, other, without):
        assert one.count("<tr") == one.count("</tr>")
        assert one.count("<!--[if") == one.count("<![endif]-->") or one.count("<!--[if") == one.count("<![endif]")


def test_an_inline_style_moves_no_condition_out_of_its_table() -> None:
    template = compile_layout(SPRING, title="", language="en").html
    first, second = template.index("{% if fields.plot == 7 %}"), template.index("{% endif %}")
    assert "Weeding" in template[first:second]
    assert "color: #226644" in template.replace("color:#226644", "color: #226644")


def test_no_font_is_loaded_from_elsewhere() -> None:
    made = compile_layout(SPRING.replace("Lora, Georgia", "Ubuntu, Roboto, Georgia"), title="", language="en").html
    assert "fonts." not in made
    assert "@import" not in made


def test_comments_of_the_author_stay_at_home_and_those_for_outlook_leave() -> None:
    made = compiled(
        text("a<!-- secret --><!--[if mso]>b<![endif]-->").replace("<mj-section>", "<!-- secret --><mj-section>", 1)
    )
    assert "secret" not in made
    assert "<!--[if mso]>b<![endif]-->" in made


def test_the_document_says_language_title_and_scheme() -> None:
    made = compile_layout(text("x"), title="A & B {{ c }} {% d", language="de").html
    assert '<html lang="de"' in made
    assert "A &amp; B {{ '{' }}{ c }}" in made
    assert "<title>A &amp; B {{ c }} {% d</title>" in Environment(autoescape=True).from_string(made).render()
    assert 'name="color-scheme"' in made
    assert "<title>Spring at the allotments</title>" in compile_layout(SPRING, title="other", language="en").html


def test_a_preheader_stands_hidden_before_everything_and_is_text() -> None:
    mail = campaign(preheader="<b> & {{ name }}")
    shown = part_of(mail.render(reader(name="<i>")).data, "html")
    body = shown[shown.index("<body") :]
    assert "&lt;b&gt; &amp; &lt;i&gt;" in body
    assert body.index("&lt;i&gt;") < body.index("Dear")
    assert "&lt;b&gt;" not in part_of(mail.render(reader(name="<i>")).data, "plain")


def test_a_source_that_looks_like_our_tokens_is_left_alone() -> None:
    made = compiled(text("fence0end fence1x {{ name }} hole0end"), name="Anna")
    assert "fence0end fence1x Anna hole0end" in made


def test_a_failure_inside_the_library_is_a_template_error(monkeypatch: pytest.MonkeyPatch) -> None:
    class PanicException(BaseException):
        pass

    def panics(*_: object, **__: object) -> str:
        raise PanicException("assertion failed")

    monkeypatch.setattr("mjml.mjml2html", panics)
    with pytest.raises(TemplateError, match="gave up"):
        compile_layout(text("x"), title="", language="en")


def test_an_interruption_is_not_taken_for_a_bad_template(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object, **__: object) -> str:
        raise KeyboardInterrupt

    monkeypatch.setattr("mjml.mjml2html", interrupted)
    with pytest.raises(KeyboardInterrupt):
        compile_layout(text("x"), title="", language="en")


@settings(max_examples=effort(150))
@given(st.lists(st.sampled_from(
    ["<mj-text>", "</mj-text>", "<p>", "</p>", "<br>", "{{ name }}", "{% if name %}", "{% endif %}", "{# x #}", "é", "&", "<", ">",
     "<!--", "-->", "<mj-raw>", "</mj-raw>", "<mj-image src='x' />", "{{ along }}", '"', "<mj-section>", "</mj-section>", "\n"]
), max_size=14))  # fmt: skip
def test_any_heap_of_pieces_is_compiled_or_refused_with_a_reason(pieces: list[str]) -> None:
    heap = "".join(pieces)
    for source in (section(heap), text(heap), f"<mjml><mj-body>{heap}</mj-body></mjml>"):
        assert _reading(source) in {"with footer", "refused"}


def _reading(source: str) -> str:
    try:
        shown = campaign(mjml=source).preview(reader(name="Anna"))
    except TemplateError as error:
        return "refused" if error.message else "refused without a word"
    return "with footer" if "Unsubscribe" in shown.html and "Unsubscribe" in shown.text else "without footer"


def test_a_letter_in_markdown_keeps_its_placeholders() -> None:
    source = (
        "# Hello {{ name }}\n\n{% if fields.plot is defined %}\n\nYour *plot_{{ fields.plot }}_x* [here]({{ web_url }})<br>now\n\n"
        "{% endif %}\n\n{{ along }}\n\n- a\n- b\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n<script>alert(1)</script>\n"
    )
    mail = campaign(mjml=None, markdown=source)
    shown = mail.preview(reader(fields={"plot": 7}))
    assert "Hello Anna</h1>" in shown.html
    assert 'href="https://garden.example/w/7"' in shown.html
    assert "alert" not in shown.html
    assert "Your plot_7_x here <https://garden.example/w/7>\nnow" in shown.text
    assert "a | b\n1 | 2" in shown.text
    assert "plot" not in mail.preview(reader()).text.replace("allotment", "")


@pytest.mark.parametrize(
    ("markdown", "line"),
    [
        ("a\n\nb {{ name", 3),
        ("a\n{% if x %}", 2),
        ("a\n\nb {{ along }} c", 3),
        ("x\n\n<b onclick='{{ name }}'>y</b>", 3),
        ("{{ a.b }}", 1),
    ],
)
def test_what_is_wrong_in_markdown_is_said_with_its_line(markdown: str, line: int) -> None:
    with pytest.raises(TemplateError) as refused:
        campaign(mjml=None, markdown=markdown)
    assert (refused.value.part, refused.value.line) == ("markdown", line)


def test_a_missing_value_fails_for_that_reader_alone_and_names_the_part() -> None:
    mail = campaign(mjml=text("{{ fields.plot }}"))
    assert "7" in mail.preview(reader(fields={"plot": 7})).text
    with pytest.raises(RenderError, match="plot") as refused:
        mail.render(reader())
    assert refused.value.part == "html"


def test_every_template_of_a_folder_compiles_and_renders(request: pytest.FixtureRequest) -> None:
    """The sample here; more real ones are tried by hand, with a folder."""
    folder = Path(__file__).parents[2] / "samples"
    fields = {"plot": 7, "FirstName": "Anna", "Company": "x"}
    for path in sorted(folder.glob("*.mjml")):
        assert campaign(mjml=path.read_text(encoding="utf-8")).render(reader(fields=fields)).data
