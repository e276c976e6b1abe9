"""The decision is the one that the wording of the law asks for, whatever the reader, the history and the clock."""

from hypothesis import given
from hypothesis import strategies as st

from preferences.decision import decide
from tests.properties.page_decision import Asking
from tests.properties.worlds import candidates, examples, history_of, readers, standings, terms_of


@examples(250)
@given(st.data())
def test_every_decision_is_the_one_that_the_law_asks_for(data: st.DataObject) -> None:
    reader, now = data.draw(readers())
    candidate, standing = data.draw(candidates(now)), data.draw(standings(now))

    decision = decide(standing, terms_of(reader), history_of(reader), candidate, now)

    wanted = Asking(reader, standing, candidate, now).answer()
    assert (decision.outcome, decision.reason, decision.topic) == (wanted.outcome, wanted.reason, wanted.topic)
    assert decision.expires_at == wanted.expires_at
    assert decision.opens_at == wanted.opens_at
