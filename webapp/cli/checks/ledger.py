"""The database: whether it can be reached, is whole, keeps what it was told, and agrees about the time; and who works on it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

from mailer.high_water import mark_file, marked_in
from mailer.signing import Signing
from preferences.errors import AnyDoubt
from preferences.settings import SECRET_KEY_FILE, Settings, SettingsError, prepare_data_dir
from preferences.settings.values import without_password
from preferences.store.clock import LARGEST_DISAGREEMENT, SystemClock
from preferences.store.database import Database, DatabaseAway, open_database
from preferences.store.health import Facts, damage_in, facts_of
from preferences.store.leases import leader, processes
from preferences.store.publications import publications
from preferences.store.restorations import open_restoration
from preferences.store.revisions import known_revisions, missing_columns, newest_revision, revision_of
from webapp.cli.checks.finding import Finding, not_checked, ok, problem, warning

_ABOUT = "database"
# What the tests run on; older ones may work.
OLDEST_POSTGRESQL = 14
_NOTICED = timedelta(seconds=5)


def look_at_database(settings: Settings) -> Iterator[Finding]:
    """Everything about the database; where it cannot be reached, that alone."""
    path = Path(settings.database_url.removeprefix("sqlite:///"))
    if settings.database_url.startswith("sqlite") and not path.exists():
        yield warning(_ABOUT, f"there is none at {path} yet", "it is made at the first start")
        return
    with closing(open_database(settings.database_url, pool_size=2)) as database:
        try:
            yield from _look(settings, database)
        except DatabaseAway as error:
            yield problem(_ABOUT, f"{without_password(settings.database_url)}: {error}", _back(database))


def _back(database: Database) -> str:
    """What to do about a database that cannot be used."""
    if database.is_sqlite:
        return "if it is damaged, stop Troth and put back a backup: troth restore FILE; until then nothing is sent"
    return "start it, or correct TROTH_DATABASE_URL; until then nothing is sent"


def _look(settings: Settings, database: Database) -> Iterator[Finding]:
    facts = facts_of(database)
    yield from _of_sqlite(database, facts) if facts.is_sqlite else _of_postgresql(settings, facts)
    revision = _revision(settings, database)
    yield revision
    yield _clock(database)
    if revision.do:
        yield not_checked("processes", "the tables are not those of this version")
        return
    yield _restoration(settings, database)
    yield _signing(settings, database)
    yield _processes(database)
    yield from _publications(database)


def _of_sqlite(database: Database, facts: Facts) -> Iterator[Finding]:
    if damage := damage_in(database):
        yield problem(_ABOUT, f"it is damaged: {damage[0]}", "stop Troth, and put back a backup: troth restore FILE")
        return
    file = Path(database.engine.url.database or "")
    said = f"SQLite {facts.version}, {file}, {facts.octets // 1_000_000:,} MB, whole"
    if file.stat().st_mode & 0o077 and file.parent.stat().st_mode & 0o077:
        yield warning(_ABOUT, f"{said}, and others can read it", f"chmod 600 {file}: addresses lie in it")
    elif facts.settings["journal_mode"] != "wal":
        yield warning(
            _ABOUT,
            f"{said}; its journal is {facts.settings['journal_mode']}",
            "keep it on a disk of this machine: a network file system gives no shared memory, and loses data",
        )
    else:
        yield ok(_ABOUT, f"{said}; every commit waits for the disk")


def _of_postgresql(settings: Settings, facts: Facts) -> Iterator[Finding]:
    said = f"PostgreSQL {facts.version}, {facts.octets // 1_000_000:,} MB"
    off = [name for name in ("fsync", "full_page_writes", "synchronous_commit") if facts.settings[name] == "off"]
    if facts.settings["transaction_read_only"] == "on":
        yield problem(_ABOUT, f"{said}, and it only reads", "TROTH_DATABASE_URL must name the primary, not a standby")
    elif off:
        yield problem(
            _ABOUT,
            f"{said}; {off[0]} is off: after a crash it forgets mails that have left, and they leave again",
            f"ALTER SYSTEM SET {off[0]} = on; SELECT pg_reload_conf();",
        )
    elif int(facts.version.partition(".")[0]) < OLDEST_POSTGRESQL:
        yield warning(_ABOUT, said, f"Troth is tried on {OLDEST_POSTGRESQL} and newer: upgrade it")
    else:
        yield ok(_ABOUT, f"{said}; every commit waits for the disk")
    wanted = settings.workers + 12
    if int(facts.settings["max_connections"]) < 2 * wanted:
        yield warning(
            _ABOUT,
            f"it takes {facts.settings['max_connections']} connections, and one process of Troth up to {wanted}",
            "raise max_connections to that times the number of processes",
        )


def _revision(settings: Settings, database: Database) -> Finding:
    about, revision = "tables", revision_of(database)
    if revision == newest_revision():
        missing = missing_columns(database)
        if missing:
            return problem(
                about, f"{missing[0]} is missing", "a version between two releases made it: restore a backup"
            )
        return ok(about, f"revision {revision}, the newest")
    if revision is not None and revision not in known_revisions():
        return problem(about, f"revision {revision} is of a newer version", "start that version, or a newer one")
    if settings.is_embedded:
        return warning(about, f"revision {revision or 'none'}", "the next start brings it to the newest, after a copy")
    return problem(about, f"revision {revision or 'none'}", "troth migrate")


def _clock(database: Database) -> Finding:
    about, before = "clock", SystemClock().now()
    apart = abs(database.own_now() - before)
    said = f"{apart.total_seconds():.1f} s from the database's"
    if apart > LARGEST_DISAGREEMENT:
        return problem(about, said, "set the clocks right, by NTP on both machines: until then nothing is sent")
    if apart > _NOTICED:
        return warning(about, said, "keep both machines on NTP: over 30 s nothing is sent")
    return ok(about, said)


def _restoration(settings: Settings, database: Database) -> Finding:
    about = "high-water mark"
    with database.read() as connection:
        if open_restoration(connection) is not None:
            said = "the database was restored from a backup, and nothing is sent"
            return problem(about, said, "see troth restored, and answer")
    file = mark_file(settings.data_dir, database)
    try:
        mark = marked_in(file)
    except OSError as error:
        return problem(about, f"{file} cannot be read: {error.strerror}", "give it to the user that runs Troth")
    if mark is None:
        return ok(about, "nothing was handed over on this machine yet")
    return ok(about, f"{file.name} in the data directory, last at {mark.at:%Y-%m-%d %H:%M:%S} UTC")


def _signing(settings: Settings, database: Database) -> Finding:
    """Whether the keys that sign can be opened: a mail that cannot be signed is not sent."""
    about = "signing keys"
    if not settings.secret_keys and not (settings.data_dir / SECRET_KEY_FILE).exists():
        return not_checked(about, "there is no secret key to open them with")
    try:
        Signing(database, SystemClock(), prepare_data_dir(settings).secret_keys).check()
    except (AnyDoubt, SettingsError) as error:
        return problem(about, f"{error}", "put the secret key back that was in use when they were made")
    return ok(about, "each that signs can be opened")


def _processes(database: Database) -> Finding:
    about, now = "processes", database.own_now()
    with database.read() as connection:
        living = [one for one in processes(connection, now, ended_within=timedelta(0)) if one.is_living(now)]
        leads = leader(connection, now)
    if not living:
        return warning(
            about,
            "none is running that sends",
            "start one: systemctl start troth, or make run in a source folder; with a broker, troth-scheduler and troth-worker@1",
        )
    said = ", ".join(sorted({f"{one.process.purpose} on {one.process.host}" for one in living}))
    if leads is None:
        return problem(about, f"{said}; none plans and sweeps", "start troth scheduler, or troth run")
    return ok(about, said)


def _publications(database: Database) -> Iterator[Finding]:
    with database.read() as connection:
        rows = publications(connection)
    for row in rows:
        if row.may_send:
            yield ok(f"publication {row.slug}", "it has a sender and a postal address")
        else:
            said = "nothing leaves without a sender and a postal address"
            yield warning(f"publication {row.slug}", said, f"troth publication set {row.slug} --help")
