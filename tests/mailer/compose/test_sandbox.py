import pytest

from mailer.compose import RenderError, TemplateError
from mailer.compose.content import Scalar
from mailer.compose.sandbox import check_template, compile_template, render_template, values_for_author


def said(source: str, **fields: Scalar) -> str:
    check_template(source, part="text")
    return render_template(
        compile_template(source, part="text"), values_for_author("Anna", fields, promise="P"), part="text"
    )


@pytest.mark.parametrize(
    ("source", "wanted"),
    [
        ("{{ name }}", "Anna"),
        ("{{ fields.city }} {{ fields['city'] }} {{ city }}", "Bonn Bonn Bonn"),
        ("{{ fields.items }}{{ fields.keys | default('-') }}", "I-"),
        ("{{ fields.none }}", ""),
        ("{{ fields.nothing | default('x') | upper }}", "X"),
        ("{% if fields.age > 17 and 'city' in fields %}y{% elif name %}z{% else %}n{% endif %}", "y"),
        ("{% for one in ['a', 'b'] %}{{ loop.index }}{{ one }}{% endfor %}", "1a2b"),
        ("{{ 'yes' if promise else 'no' }} {{ '{{' }}", "yes {{"),
        ("{# nothing #}{{ name ~ '!' }}", "Anna!"),
    ],
)
def test_what_an_author_may_write(source: str, wanted: str) -> None:
    assert said(source, city="Bonn", items="I", age=18, none=None) == wanted


def test_no_field_hides_what_is_ours() -> None:
    assert said("{{ name }}{{ promise }}{{ fields.name }}", name="x", promise="y") == "AnnaPx"


@pytest.mark.parametrize(
    "source",
    [
        "{{ 'a' * 1000000000 }}",
        "{{ 10 ** 10000000 }}",
        "{{ '%1000000000d' % 1 }}",
        "{% for a in 'x' %}{% for b in 'y' %}{% endfor %}{% endfor %}",
        "{% set x = name %}",
        "{% for x in fields.long %}{% endfor %}",
        "{% for x in [" + "1," * 101 + "] %}{% endfor %}",
        "{{ " + "9" * 5000 + " }}",
        "{% macro m() %}{% endmacro %}",
        "{% include 'x' %}",
        "{% import 'x' as y %}",
        "{% extends 'x' %}",
        "{% block x %}{% endblock %}",
        "{% filter upper %}{% endfilter %}",
        "{% with x = 1 %}{% endwith %}",
        "{{ range(9) }}",
        "{{ name.__class__ }}",
        "{{ fields._values }}{{ ''.__class__.__mro__ }}",
        "{{ name.format(1) }}",
        "{{ 'a' | replace('a', 'b') }}",
        "{{ 'a' | center(1000000000) }}",
        "{{ x | map('upper') }}",
        "{{ lipsum() }}",
        "{{ self }}{{ self._x }}",
        "{{ _x }}",
        "{{ {'a': 1} }}",
        "{% if %}",
        "{{ name",
        "{% for x in name recursive %}{% endfor %}",
        "{{ 1 / 0 }}",
        "{{ " + "(" * 3000 + "1" + ")" * 3000 + " }}",
        "{{ " + "not " * 20000 + "1 }}",
        "{% if 1 %}" * 200 + "{% endif %}" * 200,
        "{% if 1 %}{{ 'a' | nofilter }}{% endif %}",
        "{{ name" + " | forceescape" * 11 + " }}",
        "{{ " + "(" * 12 + "name" + " ~ name) | urlencode" * 12 + " }}",
        "{{ name }}" * 20_001,
        "{% for x in [" + "1," * 100 + "] %}" + "{{ name }}" * 201 + "{% endfor %}",
        "{{ " + "name ~ " * 20_000 + "name }}",
    ],
)
def test_what_could_run_away_or_reach_out_is_refused_before_it_runs(source: str) -> None:
    with pytest.raises(TemplateError):
        check_template(source, part="text", is_html=True)


@pytest.mark.parametrize(
    "source",
    ["{{ missing }}", "{{ fields.missing }}", "{{ 1 + name }}", "{{ fields.age > 'x' }}", "{{ fields._values }}"],
)
def test_what_fails_for_one_reader_says_so_and_falls_back_to_nothing(source: str) -> None:
    with pytest.raises(RenderError) as refused:
        said(source, age=3)
    assert refused.value.part == "text"


@pytest.mark.parametrize(
    "source",
    [
        "{{ 1.5 | round(1000000000, 'ceil') }}",
        "{{ fields.age | round(100000000, 'floor') }}",
        "{{ fields.age | round(fields.age * 1) }}".replace(" * 1", " - 1000000"),
        "{{ (fields.long ~ fields.long ~ fields.long) | striptags | length }}",
        "{{ fields.long | urlencode | urlencode | urlencode | length }}",
        "{{ fields.long | truncate(1000000000) }}",
    ],
)
def test_no_filter_runs_away_with_what_it_is_given(source: str) -> None:
    with pytest.raises(RenderError, match=r"at most"):
        said(source, age=18, long="<!---->" * 2_900)


@pytest.mark.parametrize(("source", "wanted"), [("{{ 2.345 | round(2) }}", "2.35"), ("{{ 'a b' | title }}", "A B")])
def test_a_bounded_filter_does_what_it_says(source: str, wanted: str) -> None:
    assert said(source) == wanted


def test_an_output_without_end_is_stopped() -> None:
    with pytest.raises(RenderError, match="longer"):
        said("{% for one in [1, 2, 3] %}{{ fields.long }}{% endfor %}", long="x" * 400_000)
