"""Public ids: one for each number, one number for each, and nothing to learn from them."""

import string
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from preferences.links import Kind, PublicIds

IDS = PublicIds("k" * 32)
numbers = st.integers(0, 2**63)
kinds = st.sampled_from(Kind)


@given(kinds, numbers)
def test_an_id_leads_back_to_its_number(kind: Kind, number: int) -> None:
    public_id = IDS.public_id(kind, number)
    assert IDS.number_of(kind, public_id) == number
    assert public_id.startswith(f"{kind}_")
    assert len(public_id) == len(kind) + 17


@given(kinds, kinds, numbers)
def test_an_id_of_another_kind_is_no_id(kind: Kind, other: Kind, number: int) -> None:
    public_id = IDS.public_id(kind, number)
    moved = f"{other}_{public_id.partition('_')[2]}"
    if other is not kind:
        assert IDS.number_of(other, public_id) is None
        assert IDS.number_of(other, moved) is None


def test_an_id_has_one_spelling() -> None:
    for number in range(20):
        public_id = IDS.public_id(Kind.DELIVERY, number)
        assert public_id == public_id.lower()
        for other in (
            public_id.upper(),
            public_id + "=",
            public_id + " ",
            " " + public_id,
            public_id[:-1],
            public_id[4:],
        ):
            assert IDS.number_of(Kind.DELIVERY, other) is None


def test_a_changed_character_is_hardly_ever_somebody_else_s_id() -> None:
    public_id = IDS.public_id(Kind.SUBSCRIBER, 7)
    changed = {
        public_id[:place] + other + public_id[place + 1 :]
        for place in range(len(public_id))
        for other in string.printable
        if other != public_id[place]
    }
    assert [one for one in changed if IDS.number_of(Kind.SUBSCRIBER, one) is not None] == []


def test_ids_do_not_tell_how_many_there_are() -> None:
    """Neighbours share no more characters than chance has it: 1 in 32 of them."""
    ids = [IDS.public_id(Kind.CAMPAIGN, number)[4:] for number in range(400)]
    shared = sum(a == b for one, following in pairwise(ids) for a, b in zip(one, following, strict=True))
    assert shared < 16 * 400 / 32 * 1.3
    assert ids != sorted(ids)


def test_another_key_gives_other_ids() -> None:
    assert PublicIds("o" * 32).public_id(Kind.EVENT, 1) != IDS.public_id(Kind.EVENT, 1)


@given(st.text())
def test_reading_an_id_never_raises(text: str) -> None:
    for kind in Kind:
        assert IDS.number_of(kind, text) is None
        assert IDS.number_of(kind, f"{kind}_{text}") is None


@pytest.mark.parametrize("number", [-1, 2**63 + 1, True])
def test_only_numbers_of_rows_have_ids(number: int) -> None:
    with pytest.raises(ValueError):
        IDS.public_id(Kind.EVENT, number)
