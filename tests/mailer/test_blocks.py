"""Mails that the test inbox keeps at once: what fails, fails for its block and for nobody else."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from mailer.compose import Message
from mailer.pace import Pace
from mailer.schedule import tend
from mailer.send import Sender
from mailer.transport import InboxTransport
from preferences.store import gate
from tests.mailer.town import TUESDAY, Town


@pytest.fixture
def letter(town: Town) -> int:
    town.topic("letter", days={1})
    for number in range(6):
        town.reader(f"reader{number}", {"letter": "each"})
    town.clock.instant = TUESDAY
    return town.campaign("letter", "letter")


def test_a_block_that_cannot_be_kept_is_in_doubt_and_what_comes_after_it_has_not_begun(town: Town, letter: int) -> None:
    kept: list[str] = []

    def full(messages: Sequence[Message]) -> None:
        if kept:
            raise OSError("no space left")
        kept.extend(one.rcpt_to for one in messages)

    town.office = replace(town.office, transport=InboxTransport(full, town.clock, together=2))
    with pytest.raises(OSError, match="no space"):
        town.hand_over()
    assert len(kept) == 2
    assert town.counts(letter) == {"accepted": 2, "in_doubt": 2, "due": 2}


def test_who_is_due_is_found_among_few_and_among_many(town: Town, letter: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gate, "_FEW", 4)
    town.hand_over()
    assert town.counts(letter) == {"accepted": 6}


def test_a_steady_pace_decides_about_groups_of_one_size(
    town: Town, letter: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes = []
    decide = gate.decide_group

    def noted(*given: object, limit: int, after: int, until: int | None) -> gate.Group | None:
        sizes.append(limit)
        return decide(*given, limit=limit, after=after, until=until)  # type: ignore[arg-type]

    monkeypatch.setattr("mailer.send.decide_group", noted)
    tend(town.office)
    Sender(town.office, town.mails, town.lease_id, lambda: True, Pace(steady=2)).run(1)
    assert set(sizes) == {2}
