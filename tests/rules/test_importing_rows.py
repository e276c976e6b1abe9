"""What the rows of an export mean: who is written to, who is not, and what is refused with its reason."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from preferences.errors import Invalid
from preferences.importing.formats import layout_of
from preferences.importing.rows import ImportedSubscriber, RowReader
from preferences.importing.standings import ImportedAs, cause_of
from preferences.importing.table import Refused, open_table
from preferences.unsubscribe import Cause

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
SAMPLES = Path(__file__).parents[1] / "samples" / "imports"


def read(
    text: str, chosen: Mapping[str, str] | None = None, zone: str | None = None
) -> list[ImportedSubscriber | Refused]:
    table = open_table(text.splitlines(keepends=True))
    reader = RowReader(layout_of(table.header, chosen), None if zone is None else ZoneInfo(zone), NOW)
    return list(reader.read(table.rows))


def one(text: str, chosen: Mapping[str, str] | None = None, zone: str | None = None) -> ImportedSubscriber:
    (found,) = read(text, chosen, zone)
    assert isinstance(found, ImportedSubscriber), found
    return found


def reason(text: str, zone: str | None = None) -> str:
    (found,) = read(text, zone=zone)
    assert isinstance(found, Refused), found
    return found.reason


def sample(name: str) -> dict[str, ImportedSubscriber]:
    found = read((SAMPLES / name).read_text("utf-8"))
    return {person.address.spelled: person for person in found if isinstance(person, ImportedSubscriber)}


def test_mailchimp_times_are_utc_and_proof() -> None:
    ada = sample("mailchimp-subscribed.csv")["ada@example.com"]

    assert ada.standing is ImportedAs.CONFIRMED
    assert (ada.consent_at, ada.confirmed_at) == (
        datetime(2021, 3, 4, 10, tzinfo=UTC),
        datetime(2021, 3, 4, 10, 5, tzinfo=UTC),
    )
    assert ada.network_address == "192.0.2.2"
    assert (ada.name, ada.zone, ada.zone_assumed) == ("Ada Lovelace", "Europe/London", True)
    assert ada.fields == {"company": "Engines", "tags": '"Friends"'}


def test_a_guessed_zone_that_is_none_costs_nobody_the_row() -> None:
    assert sample("mailchimp-subscribed.csv")["grace@example.com"].zone is None


def test_a_blank_confirmation_time_arrives_unconfirmed() -> None:
    assert sample("mailchimp-subscribed.csv")["unsure@example.com"].standing is ImportedAs.UNCONFIRMED
    assert one("email,consent_at\na@example.com,\n").standing is ImportedAs.UNCONFIRMED


def test_cleaned_rows_arrive_dead() -> None:
    gone = sample("mailchimp-cleaned.csv")["gone@example.com"]

    assert gone.standing is ImportedAs.DEAD
    assert gone.left_at == datetime(2020, 6, 1, 12, tzinfo=UTC)


def test_who_unsubscribed_there_arrives_so_with_the_reason_as_cause() -> None:
    found = sample("mailchimp-unsubscribed.csv")

    assert {name: (one.standing, one.cause) for name, one in found.items()} == {
        "quiet@example.com": (ImportedAs.UNSUBSCRIBED, Cause.UNSTATED),
        "never@example.com": (ImportedAs.UNSUBSCRIBED, Cause.NEVER_ASKED),
        "angry@example.com": (ImportedAs.COMPLAINED, Cause.COMPLAINT),
        "wordy@example.com": (ImportedAs.UNSUBSCRIBED, Cause.OTHER),
    }
    assert found["wordy@example.com"].words == "I moved to the sea"


def test_a_disabled_address_of_substack_is_unsubscribed_and_a_paid_period_ends_no_consent() -> None:
    found = sample("substack.csv")

    assert {name: one.standing for name, one in found.items()} == {
        "paid@example.com": ImportedAs.CONFIRMED,
        "gift@example.com": ImportedAs.CONFIRMED,
        "off@example.com": ImportedAs.UNSUBSCRIBED,
    }
    assert found["paid@example.com"].fields["expiry"] == "2021-07-06T16:20:44.000Z"


@pytest.mark.parametrize(
    ("header", "row", "standing"),
    [
        ("uuid,email,name,attributes,status", "u,a@example.com,A,{},blocklisted", ImportedAs.UNSUBSCRIBED),
        ("uuid,email,name,attributes,status", "u,a@example.com,A,{},enabled", ImportedAs.CONFIRMED),
        ("email,status,created_at,utm_source", "a@example.com,inactive,,x", ImportedAs.UNSUBSCRIBED),
        ("email,status,created_at,utm_source", "a@example.com,pending,,x", ImportedAs.UNCONFIRMED),
        ("id,email,subscribed_to_emails,complimentary_plan", "1,a@example.com,false,", ImportedAs.UNSUBSCRIBED),
        ("id,email,subscribed_to_emails,complimentary_plan", "1,a@example.com,true,", ImportedAs.CONFIRMED),
        ("email_address,type,creation_date", "a@example.com,undeliverable,", ImportedAs.DEAD),
        ("email,subscriber_type,creation_date", "a@example.com,unactivated,", ImportedAs.UNCONFIRMED),
        ("email,unsubscribed_at", "a@example.com,2024-01-01T00:00:00Z", ImportedAs.UNSUBSCRIBED),
        ("email,status,confirmed_at", "a@example.com,complained,2024-01-01T00:00:00Z", ImportedAs.COMPLAINED),
    ],
)
def test_what_other_systems_say_of_somebody_holds(header: str, row: str, standing: ImportedAs) -> None:
    assert one(f"{header}\n{row}\n").standing is standing


def test_an_unknown_status_is_refused_and_never_guessed() -> None:
    assert "'gold' is no status that is known" in reason("email,status\na@example.com,gold\n")
    assert "is no status" in reason("email,status\na@example.com,\n")
    assert one("email,status\na@example.com,gold\n", {"status": "fields.level"}).fields == {"level": "gold"}


def test_a_naive_time_is_refused_unless_a_zone_is_named() -> None:
    text = "email,consent_at\na@example.com,2024-07-01 09:30\n"

    assert "has no time zone" in reason(text)
    assert one(text, zone="Europe/Berlin").consent_at == datetime(2024, 7, 1, 7, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("cell", "why"),
    [("yesterday", "is not a time"), ("2099-01-01T00:00:00Z", "in the future"), ("0001-01-01T00:00:00Z", "years")],
)
def test_a_time_that_cannot_be_is_refused(cell: str, why: str) -> None:
    assert why in reason(f"email,consent_at\na@example.com,{cell}\n")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("email,name\nnobody,A\n", "looks like name@example.org"),
        ("email,name\n,A\n", "looks like name@example.org"),
        ("email,zone\na@example.com,Mars/Base\n", "is not a time zone"),
        ("email,language\na@example.com,german please\n", "is no language"),
        ("email,name\na@example.com,A\x00B\n", "NUL"),
        ("email,name\na@example.com,A\x07B\n", "control characters"),
        (f"email,x\na@example.com,{'y' * 2001}\n", "2000 characters"),
        ("email,subscribed\na@example.com,perhaps\n", "neither true nor false"),
    ],
)
def test_a_row_that_cannot_be_taken_in_says_why(text: str, why: str) -> None:
    assert why in reason(text)


def test_an_address_stands_in_a_file_once() -> None:
    first, again = read("email\nAda@Example.com\nada@example.COM\n")

    assert isinstance(first, ImportedSubscriber)
    assert isinstance(again, Refused)
    assert "line 2" in again.reason


def test_a_later_row_that_says_somebody_left_is_not_lost() -> None:
    _, left, again = read("email,status\na@example.com,active\na@example.com,unsubscribed\na@example.com,active\n")

    assert isinstance(left, ImportedSubscriber)
    assert left.standing is ImportedAs.UNSUBSCRIBED
    assert isinstance(again, Refused)


def test_columns_are_what_somebody_says_they_are() -> None:
    person = one("Mail;Nick;email\na@example.com;Ada;old@example.com\n", {"Mail": "email", "nick": "name"})

    assert (person.address.spelled, person.name) == ("a@example.com", "Ada")
    assert person.fields == {"email": "old@example.com"}


def test_every_wrong_column_is_named_at_once() -> None:
    with pytest.raises(Invalid) as caught:
        layout_of(["email", "x"], {"y": "name", "x": "shoe size"})

    assert "there is no column 'y'" in str(caught.value)
    assert "'shoe size'" in str(caught.value)


@pytest.mark.parametrize(
    ("header", "why"), [("who,what", "no column holds addresses"), ("a@b.example,Ada", "first line")]
)
def test_a_file_without_a_column_of_addresses_is_refused(header: str, why: str) -> None:
    with pytest.raises(Invalid, match=why):
        layout_of(header.split(","))


def test_two_columns_of_one_name_are_both_kept() -> None:
    assert one("email,Tag,tag\na@example.com,x,y\n").fields == {"tag": "x", "tag_2": "y"}


def test_refused_rows_that_were_corrected_are_read_as_they_were() -> None:
    person = one("troth_line,troth_reason,email,balance\n7,why,'+a@example.com,'-5\n")

    assert person.address.spelled == "+a@example.com"
    assert person.fields == {"balance": "-5"}


@pytest.mark.parametrize(
    ("said", "cause"),
    [
        ("", Cause.UNSTATED),
        ("None given", Cause.UNSTATED),
        ("NORMAL", Cause.UNSTATED),
        ("I never signed up for this mailing list", Cause.NEVER_ASKED),
        ("The emails are too frequent", Cause.TOO_OFTEN),
        ("No longer relevant to me", Cause.NOT_RELEVANT),
        ("N/A (Unsubscribed by admin)", Cause.OPERATOR),
        ("Too blue", Cause.OTHER),
    ],
)
def test_a_reason_for_leaving_becomes_the_cause_it_states(said: str, cause: Cause) -> None:
    assert cause_of(said, "") is cause
