"""What stands around the content of one compiled mail for each reader, in encoded pieces: along, below, footer."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import replace
from typing import TypeVar

from mailer.compose import parts
from mailer.compose.content import AlongItem, Envelope, Note, Recipient
from mailer.compose.frames import Filled, Frame, frame_of, is_free_of_stand_ins, links_of, stand_ins
from mailer.compose.wording import Wording

# Frames differ by language and by what there is to be said, and what they are filled with by what is said; more than so
# many of one mail are not kept.
_FRAMES_KEPT, _FILLED_KEPT = 100, 1000


# The same part as pieces of HTML and of text, and what of them only this mail has.
Pieces = tuple[Sequence[bytes], Sequence[bytes], Sequence[bytes]]


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

        def render() -> parts.Both:
            return parts.footer(self._envelope, _footer_stand_ins(recipient, stand_ins(said, urls)), wording)

        return self._pieces(("footer", wording), said, urls, render)

    def below(self, recipient: Recipient, wording: Wording) -> Pieces | None:
        """What stands between content and footer."""
        answer_url = recipient.answer_url if self._below.question else None
        said = tuple(text for note in recipient.notes for text in (note.says, note.label))
        urls: tuple[str | None, ...] = ()
        if answer_url or recipient.votes or recipient.notes:
            urls = (answer_url, *recipient.votes.values(), *(note.url for note in recipient.notes))

        def render() -> parts.Both:
            if not urls:
                return self._below.render(replace(recipient, answer_url=None), wording)
            return self._below.render(_below_stand_ins(recipient, stand_ins(said, urls)), wording)

        return self._pieces(("below", wording, recipient.may_reply, *recipient.votes), said, urls, render)

    def along(self, items: Sequence[AlongItem], wording: Wording) -> Pieces | None:
        """What comes along."""
        if not items:
            return (), (), ()
        said = tuple(text for item in items for text in (item.title, item.summary, item.topic_name))
        urls = tuple(item.url for item in items)

        def render() -> parts.Both:
            lines = parts.along(_items(stand_ins(said, urls)), wording, self.appearance)
            return lines if self._is_text else parts.framed_along(lines, self.appearance)

        return self._pieces(("along", wording), said, urls, render)

    def _pieces(
        self, kind: Hashable, said: tuple[str, ...], urls: Sequence[str | None], render: Callable[[], parts.Both]
    ) -> Pieces | None:
        """What is said and linked to in the frame of its kind; `render` gives the frame with stand-ins."""
        there = len(urls) if all(urls) else tuple(map(bool, urls))
        filled = self._filled.get((kind, said, there)) or self._fill((kind, said, there), render)
        if filled is None:
            return None
        if not urls:
            return filled.html, filled.text, ()
        links = links_of(urls)
        return None if links is None else filled.pieces(links)

    def _fill(self, key: tuple[Hashable, tuple[str, ...], Hashable], render: Callable[[], parts.Both]) -> Filled | None:
        if not self._is_possible:
            return None
        kind, said, there = key
        shape = (kind, tuple(map(bool, said)), there)
        frame = self._frames.get(shape) or _keep(self._frames, shape, frame_of(render()), _FRAMES_KEPT)
        filled = frame.filled(said)
        return None if filled is None else _keep(self._filled, key, filled, _FILLED_KEPT)


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
