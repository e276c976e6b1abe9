import textwrap

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mailer.compose.plaintext import COLUMNS, links_of, text_of, wrapped, wrapped_line


@pytest.mark.parametrize(
    ("html", "wanted"),
    [
        ("<p>a</p><p>b<br>c</p>", "a\n\nb\nc"),
        ("<h1>T</h1><ul><li>a</li><li>b</li></ul><ol><li>x</li><li>y</li></ol>", "T\n\n- a\n- b\n\n1. x\n2. y"),
        ('see <a href="https://e.org/?a=1&amp;b=2">this  page</a>.', "see this page <https://e.org/?a=1&b=2>."),
        ('<a href="https://e.org">https://e.org</a> <a href="mailto:a@e.org">a@e.org</a>', "https://e.org a@e.org"),
        ('<a href="https://e.org"><img alt="Logo" src="x"></a>', "Logo <https://e.org>"),
        ('<a href="https://e.org"><img src="x"></a>', "<https://e.org>"),
        ('<a href="#top">up</a><a>nothing</a>', "upnothing"),
        ('<div style="display:none">hidden <a href="https://x">y</a></div>shown', "shown"),
        ("<head><title>t</title></head><style>a{}</style>b", "b"),
        ("<table><tr><td>a</td><td>b</td></tr><tr><td>c</td><td>d</td></tr></table>", "a | b\nc | d"),
        ('<table role="presentation"><tr><td>a</td><td>b</td></tr></table>', "a\n\nb"),
        ("<!--[if mso]>twice<![endif]-->once", "once"),
        ("a&nbsp;&ndash; \n b <b>c</b>d", "a – b cd"),
        ("<p>unclosed <b>tags</p> here", "unclosed tags\n\nhere"),
        ("", ""),
    ],
)
def test_the_text_says_what_the_page_says(html: str, wanted: str) -> None:
    assert text_of(html) == wanted


def test_links_are_listed_once_in_their_order() -> None:
    assert links_of('<a href="b">1</a><a href=" a ">2</a><a href="b">3</a><a href="#c">4</a><a>5</a>') == ("b", "a")


@given(st.text(alphabet="ab- .ä1", max_size=400))
@example("a" * COLUMNS + " ")
@example("a" * (COLUMNS + 1) + " " + "b" * COLUMNS + " c")
@example("- " + "word " * 40 + "end")
def test_a_line_is_broken_where_it_has_no_more_room_and_no_word_is_lost(line: str) -> None:
    lines = wrapped_line(line).split("\n")
    assert "\n".join(lines) == wrapped(line)
    assert "".join("".join(lines).split()) == "".join(line.split())
    assert all(len(one) <= COLUMNS or " " not in one.strip(" -.1") for one in lines)


@given(st.lists(st.text(alphabet="abäö", min_size=1, max_size=90), min_size=1, max_size=30))
def test_words_with_single_spaces_are_broken_as_the_standard_library_breaks_them(words: list[str]) -> None:
    plain = textwrap.wrap(" ".join(words), COLUMNS, break_long_words=False, break_on_hyphens=False)
    assert wrapped_line(" ".join(words)).split("\n") == plain
