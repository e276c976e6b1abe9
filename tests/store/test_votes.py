"""Votes: a random share of mails asks for them, the newest of a delivery counts, and who was not asked counts apart."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import select, update

from preferences.errors import NotFound
from preferences.store.tables import ATTEMPT, DELIVERY, PUBLICATION, VOTE
from preferences.store.votes import Draw, draw_of, vote, vote_counts
from preferences.vote import Vote
from tests.mailer.town import Town, town_at
from tests.store.newsletter import NOON, Newsletter, asked, count, mail_handed_over, newsletter, rows, signed_up


@pytest.fixture
def there(database_url: str) -> Iterator[Newsletter]:
    with newsletter(database_url) as somewhere:
        yield somewhere


@pytest.fixture
def town(database_url: str) -> Iterator[Town]:
    with town_at(database_url) as somewhere:
        yield somewhere


def test_about_as_many_are_drawn_as_the_share_says_and_the_same_ones_every_time() -> None:
    draw = Draw(key=b"a key", share=0.1)
    drawn = [delivery for delivery in range(20_000) if draw.share_of(delivery) == 0.1]
    assert 1_850 < len(drawn) < 2_150
    assert drawn == [delivery for delivery in range(20_000) if Draw(key=b"a key", share=0.1).share_of(delivery)]


def test_another_key_draws_others_and_a_larger_share_draws_the_same_and_more() -> None:
    def drawn(key: bytes, share: float) -> set[int]:
        return {delivery for delivery in range(2_000) if Draw(key=key, share=share).share_of(delivery) is not None}

    assert drawn(b"one", 0.1) < drawn(b"one", 0.3) < drawn(b"one", 1.0) == set(range(2_000))
    assert drawn(b"one", 0.1) != drawn(b"other", 0.1)
    assert drawn(b"one", 0.0) == set()


def test_the_key_of_the_draw_is_not_the_key_of_the_suppressed(there: Newsletter) -> None:
    from preferences.store.installation import suppression_key

    with there.database.read() as connection:
        assert draw_of(connection, there.publication).key != suppression_key(connection)


def test_an_attempt_keeps_the_chance_it_was_drawn_with_and_a_notice_is_never_drawn(town: Town) -> None:
    with town.database.write() as connection:
        connection.execute(update(PUBLICATION).values(vote_share=1.0))
    town.topic("letter")
    town.topic("notices", 4, "year", notice=True)
    town.reader("anna", {"letter": "each", "notices": "each"})
    letter, notice = town.campaign("Letter", "letter"), town.campaign("Off", "notices")
    town.hand_over()
    with town.database.read() as connection:
        found = connection.execute(
            select(DELIVERY.c.campaign_id, ATTEMPT.c.vote_share).join(ATTEMPT, ATTEMPT.c.delivery_id == DELIVERY.c.id)
        )
        assert {campaign: share for campaign, share in found} == {letter: 1.0, notice: None}  # noqa: C416


def test_the_newest_vote_counts_and_the_same_one_again_writes_nothing(there: Newsletter) -> None:
    reader = signed_up(there, asked("letter"))
    delivery = mail_handed_over(there, reader, there.letter, NOON)
    with there.database.write() as connection:
        connection.execute(update(ATTEMPT).values(vote_share=0.25))
        for said in (Vote.TOO_OFTEN, Vote.TOO_OFTEN, Vote.LESS_LIKE_THIS):
            vote(connection, there.publication, reader, delivery, said, NOON)
        assert [(row["said"], row["share"], row["topic_id"]) for row in rows(connection, VOTE)] == [
            ("too_often", 0.25, there.letter),
            ("less_like_this", 0.25, there.letter),
        ]
        campaign = connection.execute(select(DELIVERY.c.campaign_id)).scalar_one()
        counted = vote_counts(connection, campaign or 0)
    assert (counted.asked, counted.answered, counted.by_vote[Vote.LESS_LIKE_THIS]) == (1, 1, 1)


def test_who_was_not_asked_is_counted_apart(there: Newsletter) -> None:
    reader = signed_up(there, asked("letter"))
    delivery = mail_handed_over(there, reader, there.letter, NOON)
    with there.database.write() as connection:
        vote(connection, there.publication, reader, delivery, Vote.MORE_LIKE_THIS, NOON)
        campaign = connection.execute(select(DELIVERY.c.campaign_id)).scalar_one()
        counted = vote_counts(connection, campaign or 0)
    assert (counted.asked, counted.answered, counted.unasked[Vote.MORE_LIKE_THIS]) == (0, 0, 1)


def test_nobody_votes_on_the_mail_of_somebody_else(there: Newsletter) -> None:
    anna = signed_up(there, asked("letter"))
    bert = signed_up(there, asked("letter"), address="bert@example.org")
    delivery = mail_handed_over(there, anna, there.letter, NOON)
    with there.database.write() as connection:
        with pytest.raises(NotFound):
            vote(connection, there.publication, bert, delivery, Vote.TOO_OFTEN, NOON)
        assert count(connection, VOTE) == 0
