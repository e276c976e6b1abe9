"""What stands around the content of one compiled mail for each reader, in encoded pieces: along, below, footer."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from mailer.compose import parts
from mailer.compose.content import AlongItem, Envelope, Note, Recipient
from mailer.compose.frames import Filled, Frame, frame_of, is_free_of_stand_ins, links_of, stand_ins
from mailer.compose.wording import Wording

# Frames differ by language and by what there is to be said, and what they are filled with by what is said; more than so
# many of one mail are not kept.
_FRAMES_KEPT, _FILLED_KEPT = 100, 1000


# The same part as pieces of HTML and of text, and what of them only this mail has.
Pieces = tuple[Sequence[bytes], Sequence[bytes], Sequence[bytes]]

# Which part it is, in which wording, and what else makes a frame differ; and that with what is said, and which links
# there are.
_Kind = tuple[Any, ...]
_Key = tuple[_Kind, tuple[str, ...], object]
_Urls = Sequence[str | None]
_Render = Callable[[Recipient | None, Wording, Sequence[str]], parts.Both]


class Around:
    """The frames of one compiled mail, each made when the first reader needs it; threads may share it.

    Every answer is None where a value, or what is the same for all, holds what no frame can hold.
    """

    __slots__ = ("_below", "_envelope", "_filled", "_frames", "_is_possible", "_is_text", "appearance")

    def __init__(self, envelope: Envelope, below: parts.Below, *, is_text: bool) -> None:
        self._envelope = envelope
        self._below = below
        self._is_text = is_text
        self.appearance = envelope.appearance
        self._frames: dict[Hashable, Frame] = {}
        self._filled: dict[Hashable, Filled] = {}
        self._is_possible = is_free_of_stand_ins(
            envelope.publication, envelope.postal_address, below.question, below.person
        )

    def footer(self, recipient: Recipient, wording: Wording) -> Pieces | None:
        """The footer."""
        said = (recipient.promise, recipient.count_line, recipient.why)
        urls = (
            recipient.history_url,
            recipient.preferences_url,
            recipient.unsubscribe_url,
            recipient.web_url,
            recipient.pass_on_url,
        )
        return self._pieces(("footer", wording), said, urls, recipient, self._render_footer)

    def below(self, recipient: Recipient, wording: Wording) -> Pieces | None:
        """What stands between content and footer."""
        answer_url = recipient.answer_url if self._below.question else None
        if not (answer_url or recipient.votes or recipient.notes):
            return self._below_of_all(recipient, wording)
        said = tuple(text for note in recipient.notes for text in (note.says, note.label))
        urls = (answer_url, *recipient.votes.values(), *(note.url for note in recipient.notes))
        kind = ("below", wording, recipient.may_reply, *recipient.votes)
        return self._pieces(kind, said, urls, recipient, self._render_below)

    def _below_of_all(self, recipient: Recipient, wording: Wording) -> Pieces | None:
        """What stands there for everybody to whom nothing more is to be said."""
        key = ("below", wording, recipient.may_reply), (), ()
        filled = self._filled.get(key) or self._fill(key, replace(recipient, answer_url=None), (), self._render_below)
        return None if filled is None else (filled.html, filled.text, ())

    def along(self, items: Sequence[AlongItem], wording: Wording) -> Pieces | None:
        """What comes along."""
        if not items:
            return (), (), ()
        said = tuple(text for item in items for text in (item.title, item.summary, item.topic_name))
        urls = tuple(item.url for item in items)
        return self._pieces(("along", wording), said, urls, None, self._render_along)

    def _pieces(
        self, kind: _Kind, said: tuple[str, ...], urls: _Urls, recipient: Recipient | None, render: _Render
    ) -> Pieces | None:
        """What is said and linked to in the frame of its kind; `render` gives the frame with stand-ins."""
        # Of one kind, and with as many sentences, there are always as many places for links.
        there = all(urls) or tuple(map(bool, urls))
        key = kind, said, there
        filled = self._filled.get(key) or self._fill(key, recipient, urls, render)
        if filled is None:
            return None
        links = links_of(urls)
        return None if links is None else filled.pieces(*links)

    def _fill(self, key: _Key, recipient: Recipient | None, urls: _Urls, render: _Render) -> Filled | None:
        if not self._is_possible:
            return None
        kind, said, there = key
        shape = (kind, tuple(map(bool, said)), there)
        frame = self._frames.get(shape)
        if frame is None:
            rendered = render(recipient, kind[1], stand_ins(said, urls))
            frame = _keep(self._frames, shape, frame_of(rendered), _FRAMES_KEPT)
        filled = frame.filled(said)
        return None if filled is None else _keep(self._filled, key, filled, _FILLED_KEPT)

    def _render_footer(self, recipient: Recipient | None, wording: Wording, stood: Sequence[str]) -> parts.Both:
        assert recipient is not None
        return parts.footer(self._envelope, _footer_stand_ins(recipient, stood), wording)

    def _render_below(self, recipient: Recipient | None, wording: Wording, stood: Sequence[str]) -> parts.Both:
        assert recipient is not None
        return self._below.render(_below_stand_ins(recipient, stood) if stood else recipient, wording)

    def _render_along(self, _: Recipient | None, wording: Wording, stood: Sequence[str]) -> parts.Both:
        lines = parts.along(_items(stood), wording, self.appearance)
        return lines if self._is_text else parts.framed_along(lines, self.appearance)


_Kept = TypeVar("_Kept")


def _keep(kept: dict[Hashable, _Kept], key: Hashable, value: _Kept, most: int) -> _Kept:
    if len(kept) >= most:
        kept.clear()
    kept[key] = value
    return value


def _footer_stand_ins(recipient: Recipient, stood: Sequence[str]) -> Recipient:
    promise, count_line, why, history_url, preferences_url, unsubscribe_url, web_url, pass_on_url = stood
    return replace(
        recipient,
        promise=promise,
        count_line=count_line,
        why=why,
        history_url=history_url,
        preferences_url=preferences_url,
        unsubscribe_url=unsubscribe_url,
        web_url=web_url,
        pass_on_url=pass_on_url,
    )


def _below_stand_ins(recipient: Recipient, stood: Sequence[str]) -> Recipient:
    said, links = stood[: 2 * len(recipient.notes)], iter(stood[2 * len(recipient.notes) :])
    return replace(
        recipient,
        answer_url=next(links),
        votes=dict(zip(recipient.votes, links, strict=False)),
        notes=tuple(
            Note(says=says, label=label, url=url) for says, label, url in zip(said[::2], said[1::2], links, strict=True)
        ),
    )


def _items(stood: Sequence[str]) -> list[AlongItem]:
    number = len(stood) // 4
    titles, summaries, topics = (stood[first : 3 * number : 3] for first in range(3))
    return [
        AlongItem(title=title, summary=summary, topic_name=topic, url=url)
        for title, summary, topic, url in zip(titles, summaries, topics, stood[3 * number :], strict=True)
    ]
