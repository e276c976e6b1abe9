"""What else is said to one reader below a mail."""

from datetime import timedelta

from sqlalchemy import update

from mailer.transport import MemoryTransport
from preferences.cadence import Cadence, Cap, Period
from preferences.store.events import SYSTEM
from preferences.store.questions import keep_accepted
from preferences.store.tables import PUBLICATION
from preferences.store.topics import state_cadence, topics
from preferences.vote import Vote
from tests.mailer.compose.cast import part_of
from tests.mailer.town import Town

SAID = (
    "Events plans to write at most 3 times a week instead of once a week. For you it stays once a week, unless you"
    " choose otherwise."
)


def plan_three_a_week(town: Town, topic: int) -> int:
    cadence = Cadence(id=0, at_most=Cap(count=3, per=Period.WEEK), days=frozenset())
    with town.database.write() as connection:
        there = next(one for one in topics(connection, 1) if one.id == topic)
        state_cadence(connection, 1, there, cadence, SYSTEM, town.now)
        return next(one.cadence.id for one in topics(connection, 1) if one.id == topic)


def last_parts(town: Town, name: str) -> list[str]:
    """The last mail to a reader, as HTML and as text, soft line ends taken out."""
    assert isinstance(town.transport, MemoryTransport)
    sent = [message for message in town.transport.messages if message.rcpt_to.startswith(name)]
    return [" ".join(part_of(sent[-1].data, kind).split()) for kind in ("html", "plain")]


def test_who_accepted_less_is_asked_in_a_regular_mail_until_they_have_answered(town: Town) -> None:
    events = town.topic("events")
    anna, _ = town.reader("anna", {"events": "each"}), town.topic("letter")
    cadence = plan_three_a_week(town, events)
    town.reader("boris", {"events": "each"})
    town.campaign("one", "events")
    town.hand_over()
    for part in last_parts(town, "anna"):
        assert part.count(SAID) == 1
        assert part.index("about one" if "about one" in part else "Hello") < part.index(SAID) < part.index("You get")
    assert [part for part in last_parts(town, "boris") if "plans to write" in part] == []

    with town.database.write() as connection:
        assert keep_accepted(connection, 1, anna, events, cadence, SYSTEM, town.now)
    town.go_to(town.now + timedelta(days=7))
    town.campaign("two", "events")
    town.hand_over()
    assert [part for part in last_parts(town, "anna") if "plans to write" in part] == []


def test_a_question_about_one_topic_stands_in_a_mail_about_another(town: Town) -> None:
    events = town.topic("events")
    town.topic("letter")
    town.reader("anna", {"events": "each", "letter": "each"})
    plan_three_a_week(town, events)
    town.campaign("one", "letter")
    town.hand_over()
    for part in last_parts(town, "anna"):
        assert part.count(SAID) == 1


def test_a_mail_that_was_drawn_has_the_line_to_vote_by_and_the_question_has_a_page(town: Town) -> None:
    town.topic("events")
    for share, name in ((1.0, "anna"), (0.0, "boris")):
        with town.database.write() as connection:
            connection.execute(update(PUBLICATION).values(vote_share=share))
        town.reader(name, {"events": "each"})
        town.campaign(name, "events", question="Where next?")
        town.hand_over()
        town.go_to(town.now + timedelta(days=7))
    for part in last_parts(town, "boris"):
        assert "vote?said=" not in part
        assert part.index("Where next?") < part.index("/answer") < part.index("/pass-on")
    assert isinstance(town.transport, MemoryTransport)
    drawn = next(message for message in town.transport.messages if message.subject == "anna")
    for kind in ("html", "plain"):
        part = part_of(drawn.data, kind)
        places = [part.index(f"/vote?said={said.value}") for said in Vote]
        assert places == sorted(places)


def test_the_first_mail_after_a_pause_says_what_it_kept_away_and_the_next_does_not(town: Town) -> None:
    town.topic("events", 3)
    today = town.now.date()
    pause = {"from": today.isoformat(), "until": (today + timedelta(days=7)).isoformat()}
    town.reader("anna", {"events": "each"}, paused=pause, overflow="leave_out")
    for name in ("one", "two"):
        town.campaign(name, "events")
    town.go_to(town.now + timedelta(days=8))
    town.campaign("three", "events")
    town.hand_over()
    for part in last_parts(town, "anna"):
        assert "While you were away: 2 texts." in part
        assert "/away" in part
    town.go_to(town.now + timedelta(days=2))
    town.campaign("four", "events")
    town.hand_over()
    assert [part for part in last_parts(town, "anna") if "While you were away" in part] == []
