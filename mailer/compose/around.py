"""What stands around the content of one compiled mail for each reader, in encoded pieces: along, below, footer."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import replace

from mailer.compose import parts
from mailer.compose.content import AlongItem, Envelope, Note, Recipient
from mailer.compose.frames import Frame, frame_of, is_free_of_stand_ins, values_of
from mailer.compose.wording import Wording

# Frames differ by language and by what there is to be said; more than so many of one mail are not kept.
_KEPT = 100


# The same part as pieces of HTML and of text.
Pieces = tuple[list[bytes], list[bytes]]


class Around:
    """The frames of one compiled mail, each made when the first reader needs it; threads may share it.

    Every answer is None where a value, or what is the same for all, holds what no frame can hold.
    """

    __slots__ = ("_below", "_envelope", "_frames", "_is_possible", "_is_text", "appearance")

    def __init__(self, envelope: Envelope, below: parts.Below, *, is_text: bool) -> None:
        self._envelope = envelope
        self._below = below
        self._is_text = is_text
        self.appearance = envelope.appearance
        self._frames: dict[Hashable, Frame] = {}
        self._is_possible = is_free_of_stand_ins(
            envelope.publication, envelope.postal_address, below.question, below.person
        )

    def footer(self, recipient: Recipient, wording: Wording) -> Pieces | None:
        """The footer."""
        said = (recipient.promise, recipient.count_line, recipient.why)
        links = (
            recipient.history_url,
            recipient.preferences_url,
            recipient.unsubscribe_url,
            recipient.web_url,
            recipient.pass_on_url,
        )
        values = values_of(said, links)
        if values is None or not self._is_possible:
            return None
        shape = ("footer", wording, *map(bool, values.spelled))
        frame = self._frames.get(shape)
        if frame is None:
            stood = _footer_stand_ins(recipient, values.stand_ins())
            frame = self._keep(shape, parts.footer(self._envelope, stood, wording))
        return frame.html_pieces(values), frame.text_pieces(values)

    def below(self, recipient: Recipient, wording: Wording) -> Pieces | None:
        """What stands between content and footer."""
        answer_url = recipient.answer_url if self._below.question else None
        if not (answer_url or recipient.votes or recipient.notes):
            return self._below_of_all(recipient, wording)
        said = [text for note in recipient.notes for text in (note.says, note.label)]
        links = [answer_url, *recipient.votes.values(), *(note.url for note in recipient.notes)]
        values = values_of(said, links)
        if values is None or not self._is_possible:
            return None
        shape = ("below", wording, recipient.may_reply, *recipient.votes, *map(bool, values.spelled))
        frame = self._frames.get(shape)
        if frame is None:
            frame = self._keep(shape, self._below.render(_below_stand_ins(recipient, values.stand_ins()), wording))
        return frame.html_pieces(values), frame.text_pieces(values)

    def _below_of_all(self, recipient: Recipient, wording: Wording) -> Pieces | None:
        """What stands there for everybody to whom nothing more is to be said."""
        shape = ("below", wording, recipient.may_reply)
        frame = self._frames.get(shape)
        if frame is None:
            if not self._is_possible:
                return None
            frame = self._keep(shape, self._below.render(replace(recipient, answer_url=None), wording))
        return list(frame.html), list(frame.text)

    def along(self, items: Sequence[AlongItem], wording: Wording) -> Pieces | None:
        """What comes along."""
        if not items:
            return [], []
        values = values_of(
            [text for item in items for text in (item.title, item.summary, item.topic_name)],
            [item.url for item in items],
        )
        if values is None:
            return None
        shape = ("along", wording, *map(bool, values.spelled))
        frame = self._frames.get(shape)
        if frame is None:
            lines = parts.along(_items(values.stand_ins()), wording, self.appearance)
            frame = self._keep(shape, lines if self._is_text else parts.framed_along(lines, self.appearance))
        return frame.html_pieces(values), frame.text_pieces(values)

    def _keep(self, shape: Hashable, rendered: parts.Both) -> Frame:
        frame = frame_of(rendered)
        if len(self._frames) >= _KEPT:
            self._frames.clear()
        self._frames[shape] = frame
        return frame


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
