"""A database that is older than what was handed over sends nothing until a person has answered; a long sleep sends on."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from mailer.high_water import HighWaterMark, mark_file, marked_in
from mailer.service import write_service_mails
from preferences.address import parse_address
from preferences.asked import asked_from_json
from preferences.delivery import RestorationAnswer
from preferences.errors import AnyDoubt, Conflict
from preferences.store.auditing import Audit
from preferences.store.database import Database, open_database
from preferences.store.doubts import it_did_not_arrive
from preferences.store.events import SYSTEM
from preferences.store.publications import publication_named
from preferences.store.restorations import Restored, answer_restoration, note_restored, open_restoration
from preferences.store.signups import SignUp, request
from preferences.store.tables import DELIVERY, RESTORATION, SUBSCRIBER
from tests.mailer.town import Town
from tests.postgresql import PostgresqlServer

READERS = 5


class Backup:
    """The town's database as it was at one moment, and putting it back."""

    def __init__(self, copy: Path) -> None:
        self._copy = copy

    def make(self, town: Town) -> None:
        """Copy it while nothing is open."""
        town.database.close()
        shutil.copy(_file_of(town), self._copy)

    def restore(self, town: Town) -> None:
        """Put the copy in the place of the database."""
        town.database.close()
        for ending in ("", "-wal", "-shm"):
            _file_of(town).with_name(_file_of(town).name + ending).unlink(missing_ok=True)
        shutil.copy(self._copy, _file_of(town))


def _file_of(town: Town) -> Path:
    return Path(town.database.engine.url.database or "")


@pytest.fixture
def there(sqlite_url: str, tmp_path: Path) -> Iterator[Town]:
    with closing(open_database(sqlite_url)) as database:
        yield _town(database, tmp_path)


def _town(database: Database, folder: Path) -> Town:
    town = Town(database)
    town.office = replace(town.office, high_water=HighWaterMark(mark_file(folder, database)))
    town.topic("letter", 5)
    for number in range(READERS):
        town.reader(f"reader{number}", {"letter": "each"})
    return town


def _start(town: Town, folder: Path) -> None:
    """A process begins: it knows nothing but the files and the database."""
    town.office = replace(town.office, high_water=HighWaterMark(mark_file(folder, town.database)))
    town.begin_lease()
    _look(town)


def _look(town: Town) -> None:
    assert town.office.high_water is not None
    town.office.high_water.look(town.database, town.clock)


def _sent(town: Town) -> int:
    return len(town.transport.messages)  # type: ignore[attr-defined]


def _answer(town: Town, answer: RestorationAnswer) -> None:
    with town.database.write() as connection:
        answer_restoration(connection, answer, town.now)


def _restored_in_the_middle(town: Town, tmp_path: Path) -> int:
    """A campaign is scheduled, the backup is made, the campaign leaves, the backup is restored."""
    letter = town.campaign("letter one", "letter")
    backup = Backup(tmp_path / "copy.sqlite3")
    backup.make(town)
    before = _sent(town)
    town.hand_over()
    assert _sent(town) == before + READERS
    backup.restore(town)
    town.clock.instant += timedelta(hours=2)
    return letter


def test_after_yesterdays_backup_was_restored_nothing_leaves(there: Town, tmp_path: Path) -> None:
    _restored_in_the_middle(there, tmp_path)
    _start(there, tmp_path)
    with pytest.raises(AnyDoubt, match="restored from a backup"):
        there.hand_over()
    assert _sent(there) == READERS


def test_no_service_mail_leaves_before_a_person_has_answered(there: Town, tmp_path: Path) -> None:
    _restored_in_the_middle(there, tmp_path)
    _start(there, tmp_path)
    sign_up = SignUp(address=parse_address("new@example.org"), asked=asked_from_json({"topics": [{"topic": "letter"}]}))
    with there.database.write() as connection:
        request(connection, 1, sign_up, SYSTEM, there.now)
    with pytest.raises(Restored):
        write_service_mails(there.office, there.lease_id)
    assert _sent(there) == READERS
    _answer(there, RestorationAnswer.WRITTEN)
    write_service_mails(there.office, there.lease_id)
    assert _sent(there) == READERS + 1


def test_a_backup_restored_under_a_running_process_stops_the_very_next_group(there: Town, tmp_path: Path) -> None:
    _restored_in_the_middle(there, tmp_path)
    there.begin_lease()
    with pytest.raises(Restored):
        there.hand_over()
    assert _sent(there) == READERS


def test_a_machine_without_a_mark_sends_nothing_either_once_another_has_noted_it(there: Town, tmp_path: Path) -> None:
    _restored_in_the_middle(there, tmp_path)
    _look(there)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    _start(there, elsewhere)
    with pytest.raises(Restored):
        there.hand_over()


def test_what_may_have_left_is_counted_and_in_doubt_where_a_person_says_so(there: Town, tmp_path: Path) -> None:
    letter = _restored_in_the_middle(there, tmp_path)
    _start(there, tmp_path)
    _answer(there, RestorationAnswer.WRITTEN)
    there.hand_over()
    assert _sent(there) == READERS
    assert there.counts(letter) == {"in_doubt": READERS}
    with there.database.write() as connection:
        it_did_not_arrive(connection, 1, _first_delivery(there, letter), SYSTEM, there.now)
    later = there.campaign("letter two", "letter")
    there.hand_over()
    assert there.counts(later) == {"accepted": READERS}
    _audit_is_clean(there)


def _first_delivery(town: Town, campaign: int) -> int:
    with town.database.read() as connection:
        found: int = connection.execute(
            select(func.min(DELIVERY.c.id)).where(DELIVERY.c.campaign_id == campaign)
        ).scalar_one()
    return found


def _audit_is_clean(town: Town) -> None:
    with town.database.read() as connection:
        publication = publication_named(connection, None)
    assert list(Audit(town.database, publication).broken(town.now)) == []


def test_what_did_not_leave_is_sent_where_a_person_says_so(there: Town, tmp_path: Path) -> None:
    letter = _restored_in_the_middle(there, tmp_path)
    _start(there, tmp_path)
    _answer(there, RestorationAnswer.NOT_WRITTEN)
    there.hand_over()
    assert _sent(there) == 2 * READERS
    assert there.counts(letter) == {"accepted": READERS}
    _start(there, tmp_path)
    there.hand_over()
    _audit_is_clean(there)


def test_what_the_person_is_shown_says_since_when_and_how_much(there: Town, tmp_path: Path) -> None:
    there.campaign("before", "letter")
    there.hand_over()
    known_at = there.now
    there.clock.instant += timedelta(days=1)
    _restored_in_the_middle(there, tmp_path)
    marked_at = there.now - timedelta(hours=2)
    _start(there, tmp_path)
    with there.database.read() as connection:
        found = open_restoration(connection)
    assert found is not None
    assert (found.known_at, found.marked_at, found.hand_overs) == (known_at, marked_at, READERS)
    assert found.until == marked_at + timedelta(minutes=1)


def test_a_second_restoration_asks_again(there: Town, tmp_path: Path) -> None:
    _restored_in_the_middle(there, tmp_path)
    _start(there, tmp_path)
    _answer(there, RestorationAnswer.WRITTEN)
    there.hand_over()
    there.clock.instant += timedelta(hours=1)
    _restored_in_the_middle_again(there, tmp_path)
    _start(there, tmp_path)
    with pytest.raises(Restored):
        there.hand_over()


def _restored_in_the_middle_again(town: Town, tmp_path: Path) -> None:
    town.campaign("letter two", "letter")
    backup = Backup(tmp_path / "second.sqlite3")
    backup.make(town)
    town.hand_over()
    backup.restore(town)


def test_after_a_long_sleep_it_sends_on(there: Town, tmp_path: Path) -> None:
    there.campaign("letter one", "letter")
    there.hand_over()
    there.clock.instant += timedelta(days=1)
    later = there.campaign("letter two", "letter")
    _start(there, tmp_path)
    there.hand_over()
    assert there.counts(later) == {"accepted": READERS}


def test_a_crash_between_the_commit_and_the_mark_is_no_alarm(there: Town, tmp_path: Path) -> None:
    there.campaign("letter one", "letter")
    there.hand_over()
    mark = marked_in(mark_file(tmp_path, there.database))
    there.clock.instant += timedelta(hours=1)
    there.campaign("letter two", "letter")
    there.hand_over()
    assert mark is not None
    mark_file(tmp_path, there.database).unlink()
    HighWaterMark(mark_file(tmp_path, there.database)).note(mark)
    _start(there, tmp_path)
    there.campaign("letter three", "letter")
    there.hand_over()
    assert _sent(there) == 3 * READERS


def test_a_mark_cut_off_in_the_middle_of_writing_leaves_the_one_before(there: Town, tmp_path: Path) -> None:
    file = mark_file(tmp_path, there.database)
    for name in ("one", "two"):
        there.campaign(f"letter {name}", "letter")
        there.hand_over()
        there.clock.instant += timedelta(hours=1)
    before = marked_in(file)
    octets = bytearray(file.read_bytes())
    octets[138:188] = bytes(50)
    file.write_bytes(bytes(octets))
    after = marked_in(file)
    assert before is not None
    assert after is not None
    assert (before.number, after.number) == (2 * READERS, READERS)
    _start(there, tmp_path)
    there.hand_over()


def test_a_mark_that_cannot_be_read_asks_a_person(there: Town, tmp_path: Path) -> None:
    there.campaign("letter one", "letter")
    there.hand_over()
    mark_file(tmp_path, there.database).write_bytes(b"nothing of ours")
    _start(there, tmp_path)
    with pytest.raises(Restored):
        there.hand_over()


def test_a_mark_that_cannot_be_written_gives_the_group_back(there: Town, tmp_path: Path) -> None:
    file = mark_file(tmp_path, there.database)
    letter = there.campaign("letter one", "letter")
    file.unlink(missing_ok=True)
    file.mkdir()
    with pytest.raises(AnyDoubt, match="cannot be written"):
        there.hand_over()
    assert _sent(there) == 0
    assert there.counts(letter) == {"due": READERS}
    _audit_is_clean(there)


def test_a_new_database_beside_an_old_mark_is_new(there: Town, tmp_path: Path) -> None:
    there.campaign("letter one", "letter")
    there.hand_over()
    with closing(open_database(f"sqlite:///{tmp_path / 'fresh.sqlite3'}")) as database:
        database.migrate()
        fresh = _town(database, tmp_path)
        _look(fresh)
        fresh.campaign("first", "letter")
        fresh.hand_over()
        assert _sent(fresh) == READERS


def test_nobody_who_signs_up_after_a_restoration_gets_a_number_that_somebody_may_have_had(
    there: Town, tmp_path: Path
) -> None:
    backup = Backup(tmp_path / "copy.sqlite3")
    there.campaign("letter one", "letter")
    backup.make(there)
    lost = there.reader("came-after-the-backup", {"letter": "each"})
    there.hand_over()
    _look(there)
    backup.restore(there)
    _start(there, tmp_path)
    assert there.reader("came-after-the-restoration", {"letter": "each"}) > lost + 1000
    with there.database.read() as connection:
        nobody = connection.execute(select(SUBSCRIBER).where(SUBSCRIBER.c.address.is_(None))).mappings().one()
    assert nobody["erased_at"] is not None
    _audit_is_clean(there)


def test_answering_where_nothing_is_asked_says_so(town: Town) -> None:
    with pytest.raises(Conflict, match="nothing is to be answered"):
        _answer(town, RestorationAnswer.WRITTEN)


def test_what_a_person_restored_by_hand_is_asked_about_without_a_mark(town: Town) -> None:
    """Where no data directory outlives a process there is no mark: whoever restores says so."""
    with town.database.write() as connection:
        assert note_restored(connection, None, town.now)
        assert not note_restored(connection, None, town.now)
    with pytest.raises(Restored):
        town.hand_over()
    reader = town.reader("anna", {})
    with town.database.read() as connection:
        assert reader > connection.execute(select(func.count()).select_from(SUBSCRIBER)).scalar_one() + 1000
        assert connection.execute(select(func.count()).select_from(RESTORATION)).scalar_one() == 1


@pytest.mark.slow
def test_a_restored_postgresql_sends_nothing(
    postgresql_server: PostgresqlServer, migrated_postgresql: str, tmp_path: Path
) -> None:
    name = postgresql_server.create(template=migrated_postgresql)
    with closing(open_database(postgresql_server.database_url(name))) as database:
        town = _town(database, tmp_path)
        letter = town.campaign("letter one", "letter")
        database.close()
        copy = postgresql_server.create(template=name)
        town.hand_over()
    with closing(open_database(postgresql_server.database_url(copy))) as database:
        town.database = database
        town.office = replace(town.office, database=database)
        _start(town, tmp_path)
        with pytest.raises(Restored):
            town.hand_over()
        _answer(town, RestorationAnswer.WRITTEN)
        town.hand_over()
        assert (_sent(town), town.counts(letter)) == (READERS, {"in_doubt": READERS})
    for one in (name, copy):
        postgresql_server.drop(one)
