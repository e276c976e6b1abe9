"""What a decision was made from: small, and refused where this program could not decide the same."""

import json
from dataclasses import replace
from typing import Any

import pytest

from preferences.basis import Basis, OtherVersion, basis_of, decide_again, from_json, to_json
from preferences.campaign import ExpiryBasis
from preferences.decision import RULES_VERSION, decide
from preferences.history import History
from tests.people import BEN, CARLA, CONFIRMED, EVENTS, LETTER, berlin, candidate, changed, digest, mail

NOW = berlin(26, 9)
COUNTED = History.of([mail(LETTER, berlin(24, 9)), mail(LETTER, berlin(10, 9)), mail(LETTER, berlin(1, 9, year=2024))])
EXTRA = candidate((EVENTS,), NOW)


def basis() -> Basis:
    return basis_of(BEN, COUNTED, EXTRA, CONFIRMED, NOW)


def test_a_stored_decision_is_made_again() -> None:
    assert decide_again(from_json(to_json(basis())), BEN) == decide(CONFIRMED, BEN, COUNTED, EXTRA, NOW)


def test_only_instants_that_a_window_can_hold_are_stored() -> None:
    assert basis().counted.total == (berlin(24, 9),)
    assert len(to_json(basis())) < 500


def test_other_rules_or_other_zone_data_are_refused() -> None:
    with pytest.raises(OtherVersion, match="rules"):
        decide_again(basis_of(BEN, COUNTED, EXTRA, CONFIRMED, NOW, rules=RULES_VERSION - 1), BEN)
    with pytest.raises(OtherVersion, match="zone data"):
        decide_again(basis_of(BEN, COUNTED, EXTRA, CONFIRMED, NOW, zone_data="1999a"), BEN)


def test_other_terms_are_refused() -> None:
    with pytest.raises(ValueError, match="expectation"):
        decide_again(basis(), changed(BEN, id=2))
    stated = BEN.cadences[EVENTS]
    current = replace(stated.current, id=21)
    raised = type(BEN)(expectation=BEN.expectation, cadences={**BEN.cadences, EVENTS: replace(stated, current=current)})
    with pytest.raises(ValueError, match="cadences"):
        decide_again(basis(), raised)


def test_a_coming_along_that_no_rule_allows_is_refused() -> None:
    along = basis_of(CARLA, COUNTED, EXTRA, CONFIRMED, NOW, carrier=7)
    with pytest.raises(ValueError, match="may not come along"):
        decide_again(along, CARLA)


@pytest.mark.parametrize(
    "forged",
    [
        {"format": 0},
        {"had": 1},
        {"had": False},
        {"now": "yesterday"},
        {"now": True},
        {"unknown": 1},
        {"standing": {"confirmed": 1}},
        {"counted": {"elsewhere": [1]}},
        {"counted": {"total": [1.5]}},
        {"cadences": [[1, 2]]},
        {"campaign": {"id": 1}},
    ],
)
def test_a_forged_basis_is_refused(forged: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="stored basis"):
        from_json(json.dumps(json.loads(to_json(basis())) | forged))


def test_a_digest_and_every_field_of_a_candidate_survive_being_written_down() -> None:
    full = candidate((EVENTS, LETTER), NOW, expiry=ExpiryBasis.EXTENDED, has_waited=True, coming_at=NOW,
                     digest_stopped=True, priority=-3, relevance=0.1, expires_at=None)  # fmt: skip
    for subject in (full, digest()):
        stored = basis_of(BEN, COUNTED, subject, CONFIRMED, NOW, before=History(), in_mail=frozenset({EVENTS}))
        assert from_json(to_json(stored)) == stored
