"""Signed tokens: what was signed comes back, and nothing else does."""

import string
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from preferences.links import Claim, Links, Purpose
from preferences.links.claim import NAMING_A_REQUEST
from preferences.links.of_mail import MailSigner, MailTokens

KEY, OLD_KEY, FOREIGN_KEY = "k" * 32, "o" * 32, "f" * 32
LINKS = Links([KEY])
SIGNER = MailSigner(LINKS)
ISSUED = datetime(2026, 11, 26, 12, 0, 1, tzinfo=UTC)
IN_LOCAL_PART = (Purpose.MESSAGE, Purpose.MAILTO)
URL_SAFE = string.ascii_letters + string.digits + "-_"
LOCAL_PART_SAFE = string.ascii_lowercase + string.digits


def a_claim(purpose: Purpose) -> Claim:
    return Claim(
        purpose=purpose,
        publication=3,
        subscriber=123_456,
        delivery=20_000_000,
        request=9 if purpose in NAMING_A_REQUEST else None,
        topics=(7, 2),
        issued_at=None if purpose in IN_LOCAL_PART else ISSUED,
    )


CLAIMS = {purpose: a_claim(purpose) for purpose in Purpose}
TOKENS = {purpose: LINKS.sign(claim) for purpose, claim in CLAIMS.items()}
numbers = st.integers(0, 2**63)


@st.composite
def claims(draw: st.DrawFn) -> Claim:
    purpose = draw(st.sampled_from([purpose for purpose in Purpose if purpose not in IN_LOCAL_PART]))
    confirms = purpose in NAMING_A_REQUEST
    return Claim(
        purpose=purpose,
        publication=draw(numbers),
        subscriber=draw(numbers | st.none()) if confirms else draw(numbers),
        delivery=draw(numbers | st.none()),
        request=draw(numbers) if confirms else None,
        topics=tuple(draw(st.lists(numbers, unique=True, max_size=5))),
        issued_at=draw(st.datetimes(datetime(1970, 1, 1), datetime(9999, 12, 31), timezones=st.just(UTC))),  # noqa: DTZ001
    )


@given(claims())
def test_what_was_signed_is_read(claim: Claim) -> None:
    token = LINKS.sign(claim)
    assert LINKS.read(token, claim.purpose) == claim
    assert set(token) <= set(URL_SAFE)


@given(
    st.integers(0, 2**14 - 1),
    st.integers(0, 2**55),
    st.none() | st.integers(0, 2**63 - 2),
    st.sampled_from(IN_LOCAL_PART),
)
def test_what_travels_in_a_local_part_fits_it_in_any_case(
    publication: int, subscriber: int, delivery: int | None, purpose: Purpose
) -> None:
    claim = Claim(purpose=purpose, publication=publication, subscriber=subscriber, delivery=delivery)
    token = LINKS.sign(claim)
    assert len(f"b+{token}") <= 64
    assert set(token) <= set(LOCAL_PART_SAFE)
    assert LINKS.read(token.upper(), purpose) == LINKS.read(token.title(), purpose) == claim


def test_what_does_not_fit_a_local_part_is_not_signed() -> None:
    claim = Claim(purpose=Purpose.MESSAGE, publication=2**63, subscriber=2**63, delivery=2**63)
    with pytest.raises(ValueError, match="does not fit"):
        LINKS.sign(claim)


@pytest.mark.parametrize("purpose", Purpose)
def test_every_changed_character_is_refused(purpose: Purpose) -> None:
    token = TOKENS[purpose]
    alike = str.lower if purpose in IN_LOCAL_PART else str
    for place, character in enumerate(token):
        for other in map(chr, range(128)):
            if alike(other) != alike(character):
                assert LINKS.read(token[:place] + other + token[place + 1 :], *Purpose) is None


@pytest.mark.parametrize("purpose", Purpose)
def test_every_truncation_and_every_addition_is_refused(purpose: Purpose) -> None:
    token = TOKENS[purpose]
    for place in range(len(token)):
        assert LINKS.read(token[:place], *Purpose) is None
        assert LINKS.read(token[place + 1 :], *Purpose) is None
        assert LINKS.read(token[:place] + token[place + 1 :], *Purpose) is None
    for place in range(len(token) + 1):
        for character in "Aa2=-_ \n.":
            assert LINKS.read(token[:place] + character + token[place:], *Purpose) is None


@pytest.mark.parametrize("purpose", Purpose)
def test_a_token_is_read_for_its_own_purpose_only(purpose: Purpose) -> None:
    others = [other for other in Purpose if other is not purpose]
    assert LINKS.read(TOKENS[purpose], *others) is None
    assert LINKS.read(TOKENS[purpose]) is None
    assert LINKS.read(TOKENS[purpose], *Purpose) == CLAIMS[purpose]


def test_letters_beyond_ascii_that_fold_to_ascii_are_refused() -> None:
    token = TOKENS[Purpose.MESSAGE]
    folding = {"k": "\u212a", "s": "\u017f", "i": "\u0130"}
    assert any(letter in token for letter in folding)
    for letter, other in folding.items():
        if letter in token:
            assert LINKS.read(token.replace(letter, other), Purpose.MESSAGE) is None


@given(st.text() | st.text(URL_SAFE) | st.text(LOCAL_PART_SAFE))
def test_reading_never_raises(text: str) -> None:
    assert LINKS.read(text, *Purpose) is None
    assert LINKS.read(TOKENS[Purpose.READ] + text * 1000, *Purpose) in (None, CLAIMS[Purpose.READ])


@pytest.mark.parametrize("purpose", Purpose)
def test_the_first_key_signs_and_all_verify(purpose: Purpose) -> None:
    both = Links([KEY, OLD_KEY])
    old_token = Links([OLD_KEY]).sign(CLAIMS[purpose])
    assert both.sign(CLAIMS[purpose]) == TOKENS[purpose] != old_token
    assert both.read(old_token, purpose) == both.read(TOKENS[purpose], purpose) == CLAIMS[purpose]
    assert LINKS.read(old_token, purpose) is None
    assert both.read(Links([FOREIGN_KEY]).sign(CLAIMS[purpose]), purpose) is None


def test_a_token_names_its_key_without_giving_it_away() -> None:
    assert KEY not in repr(LINKS)
    assert KEY not in TOKENS[Purpose.READ]


@pytest.mark.parametrize("keys", [[], [""], ["short"], "k" * 32])
def test_links_need_a_secret_key(keys: list[str]) -> None:
    with pytest.raises(ValueError, match="key"):
        Links(keys)


def test_a_link_is_issued_at_a_second_of_utc() -> None:
    local = ISSUED.astimezone(timezone(timedelta(hours=9))).replace(microsecond=17)
    claim = Claim(purpose=Purpose.FRESH, publication=1, subscriber=1, issued_at=local)
    assert claim.issued_at == ISSUED
    with pytest.raises(ValueError, match="time zone"):
        Claim(purpose=Purpose.FRESH, publication=1, subscriber=1, issued_at=ISSUED.replace(tzinfo=None))


@pytest.mark.parametrize(
    "wrong",
    [
        {"publication": None},
        {"publication": -1},
        {"publication": 2**63 + 1},
        {"subscriber": None},
        {"subscriber": True},
        {"request": 4},
        {"topics": (1, 1)},
        {"topics": (-1,)},
        {"issued_at": None},
        {"issued_at": datetime(1969, 12, 31, tzinfo=UTC)},
        {"purpose": Purpose.MESSAGE},
        {"purpose": Purpose.CONFIRM},
    ],
)
def test_what_no_link_could_say_is_refused(wrong: dict[str, object]) -> None:
    said: dict[str, object] = {"purpose": Purpose.FRESH, "publication": 1, "subscriber": 1, "issued_at": ISSUED}
    with pytest.raises(ValueError):
        Claim(**{**said, **wrong})  # type: ignore[arg-type]


@given(
    publication=st.integers(0, 2**14 - 1),
    subscriber=st.integers(0, 2**55 - 1),
    delivery=st.integers(0, 2**62),
    topic=st.none() | st.integers(0, 2**31),
    seconds=st.integers(0, 2**33),
)
def test_the_tokens_of_a_mail_are_those_that_are_signed_one_by_one(
    publication: int, subscriber: int, delivery: int, topic: int | None, seconds: int
) -> None:
    issued = datetime.fromtimestamp(seconds, UTC)
    # One signer for all: what it keeps of one mail is not what another says.
    tokens = SIGNER.tokens(
        publication=publication, subscriber=subscriber, delivery=delivery, topic=topic, issued_at=issued
    )
    topics = () if topic is None else (topic,)

    def signed(purpose: Purpose, *, at: datetime | None, about: tuple[int, ...] = topics) -> str:
        return LINKS.sign(
            Claim(
                purpose=purpose,
                publication=publication,
                subscriber=subscriber,
                delivery=delivery,
                topics=about,
                issued_at=at,
            )
        )

    assert tokens == MailTokens(
        read=signed(Purpose.READ, at=issued),
        preferences=signed(Purpose.PREFERENCES, at=issued),
        unsubscribe=signed(Purpose.UNSUBSCRIBE, at=issued),
        one_click=signed(Purpose.ONE_CLICK, at=None),
        message=signed(Purpose.MESSAGE, at=None, about=()),
    )


def test_numbers_that_fit_no_local_part_are_refused_for_a_mail_as_for_a_link() -> None:
    with pytest.raises(ValueError, match="local part"):
        MailSigner(LINKS).tokens(publication=2**30, subscriber=2**63, delivery=2**63, topic=None, issued_at=ISSUED)
    with pytest.raises(ValueError, match="2\\*\\*63"):
        MailSigner(LINKS).tokens(publication=1, subscriber=-1, delivery=1, topic=None, issued_at=ISSUED)
