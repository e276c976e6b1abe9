"""What running needs: the installation, leases, the outbox, service mail, the test inbox, tokens and imports."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ForeignKeyConstraint, Index, LargeBinary, Text, UniqueConstraint
from sqlmodel import Field, SQLModel

from preferences.delivery import RestorationAnswer
from preferences.store.columns import Key, key, number, of_publication, one_of, refers


class Installation(SQLModel, table=True):
    """The one row about this database. `driven_now` is the clock of a sandbox; null where the real one runs.

    `seen_at` is when emptying last looked at the clock, and `steady_since` since when it has not leapt.
    """

    __tablename__ = "installation"

    id: int | None = key()
    name: str
    suppression_key: bytes = Field(sa_type=LargeBinary)
    zone_data: str
    driven_now: datetime | None = None
    seen_at: datetime | None = None
    steady_since: datetime | None = None
    created_at: datetime


class Restoration(SQLModel, table=True):
    """The database was found older than what has been handed over: nothing is sent until a person has answered.

    `known_*` is the newest hand-over that the database knows, `marked_*` the one of the high-water mark, null where none
    was kept. What was to leave by `until` may have left. `answer` is null as long as nobody has answered.
    """

    __tablename__ = "restoration"
    __table_args__ = (one_of("restoration", "answer", RestorationAnswer),)

    id: int | None = key()
    found_at: datetime
    known_number: int = number(default=0)
    known_at: datetime | None = None
    marked_number: int | None = number(null=True)
    marked_at: datetime | None = None
    until: datetime
    answer: str | None = None
    answered_at: datetime | None = None


class Emptied(SQLModel, table=True):
    """How far the ledger of a publication was emptied: of a table, up to which row, how many rows, and when last."""

    __tablename__ = "emptied"
    __table_args__ = (ForeignKeyConstraint(["publication_id"], ["publication.id"], name="fk_emptied_publication"),)

    publication_id: int = Field(primary_key=True, sa_type=Key)
    what: str = Field(primary_key=True)
    last_id: int = number(default=0)
    emptied_rows: int = number(default=0)
    emptied_at: datetime


class Lease(SQLModel, table=True):
    """The lease of a process, renewed by its heartbeat. The id is the fencing number; it is never reused.

    `host` and `process` (its number there) say which it is, `listens` where it answers how it is. `threads` is how many
    may hand over in it, `schedules` whether it may plan and write tickets; `did` is what it last did, at `did_at`.
    """

    __tablename__ = "lease"
    __table_args__ = ({"sqlite_autoincrement": True},)

    id: int | None = key()
    purpose: str
    host: str = ""
    process: int = 0
    listens: str = ""
    threads: int = 0
    schedules: bool = False
    until: datetime
    did: str = ""
    did_at: datetime | None = None
    ended_at: datetime | None = None
    created_at: datetime


class Destination(SQLModel, table=True):
    """A domain that mail goes to, where it is slowed or has a ceiling. It is the whole installation's.

    `said` is what its server said last about our pace, without addresses; `pause_seconds` how long it was then left
    alone. `per_hour` is a ceiling; `in_hour` how many mails were counted in the hour that began at `hour_at`.
    """

    __tablename__ = "destination"

    domain: str = Field(primary_key=True)
    slowed_at: datetime | None = None
    slow_until: datetime | None = None
    pause_seconds: int = 0
    code: int | None = None
    said: str = Field(default="", sa_type=Text)
    per_hour: int | None = None
    hour_at: datetime | None = None
    in_hour: int = 0


class WarmUp(SQLModel, table=True):
    """How many mails may leave on a day while mailbox providers get to know a new sender; there is one row or none.

    The first day, in UTC, has `first`, each next one twice as many, until that is more than `last`. `counted` are those
    of the day `counted_on`.
    """

    __tablename__ = "warm_up"

    id: int | None = key()
    began_on: date
    first: int
    last: int
    counted_on: date | None = None
    counted: int = 0


class Outbox(SQLModel, table=True):
    """Something asked for that a worker must do; written with what asked for it, done at least once."""

    __tablename__ = "outbox"
    __table_args__ = (
        of_publication("outbox"),
        ForeignKeyConstraint(["publication_id"], ["publication.id"], name="fk_outbox_publication"),
        Index("ix_outbox_open", "done_at", "id"),
    )

    id: int | None = key()
    publication_id: int = number()
    kind: str
    subject_id: int = number()
    created_at: datetime
    done_at: datetime | None = None


class ServiceMail(SQLModel, table=True):
    """A service mail to write, of a kind of `service_mails`. Not counted, and limited per address and day.

    `network` is a keyed hash of the network that a fresh link was asked for from, which leads nowhere.
    """

    __tablename__ = "service_mail"
    __table_args__ = (
        of_publication("service_mail"),
        ForeignKeyConstraint(["publication_id"], ["publication.id"], name="fk_service_mail_publication"),
        refers("service_mail", "subscriber_id", "subscriber"),
        refers("service_mail", "request_id", "sign_up_request"),
        Index("ix_service_mail_open", "state", "due_at"),
        Index("ix_service_mail_address", "publication_id", "address_normalised", "created_at"),
        Index("ix_service_mail_network", "network", "created_at"),
    )

    id: int | None = key()
    publication_id: int = number()
    kind: str
    subscriber_id: int | None = number(null=True)
    request_id: int | None = number(null=True)
    address: str | None = None
    address_normalised: str | None = None
    network: str | None = None
    details: str = Field(default="{}", sa_type=Text)
    state: str = "due"
    due_at: datetime
    tries: int = 0
    lease_id: int | None = number(null=True)
    sent_at: datetime | None = None
    reply: str | None = Field(default=None, sa_type=Text)
    created_at: datetime


class CapturedMail(SQLModel, table=True):
    """A mail in the test inbox, byte by byte as it would have gone out."""

    __tablename__ = "captured_mail"
    __table_args__ = (
        of_publication("captured_mail"),
        ForeignKeyConstraint(["publication_id"], ["publication.id"], name="fk_captured_mail_publication"),
        Index("ix_captured_mail_recent", "publication_id", "id"),
    )

    id: int | None = key()
    publication_id: int = number()
    subscriber_id: int | None = number(null=True)
    sender: str
    recipient: str
    subject: str
    source: bytes = Field(sa_type=LargeBinary)
    captured_at: datetime


class ApiToken(SQLModel, table=True):
    """A token for the API: one publication, one scope, stored hashed."""

    __tablename__ = "api_token"
    __table_args__ = (
        of_publication("api_token"),
        ForeignKeyConstraint(["publication_id"], ["publication.id"], name="fk_api_token_publication"),
        UniqueConstraint("token_hash", name="uq_api_token_hash"),
    )

    id: int | None = key()
    publication_id: int = number()
    name: str
    scope: str
    token_hash: bytes = Field(sa_type=LargeBinary)
    created_at: datetime
    revoked_at: datetime | None = None


class ConsoleSession(SQLModel, table=True):
    """A way into the console: a link that is used once, and the session that it began. Both are stored hashed.

    It opens the console of the installation, and so of all its publications.
    """

    __tablename__ = "console_session"
    __table_args__ = (
        UniqueConstraint("link_hash", name="uq_console_session_link"),
        UniqueConstraint("session_hash", name="uq_console_session_session"),
    )

    id: int | None = key()
    link_hash: bytes = Field(sa_type=LargeBinary)
    link_until: datetime
    session_hash: bytes | None = Field(default=None, sa_type=LargeBinary)
    begun_at: datetime | None = None
    until: datetime | None = None
    ended_at: datetime | None = None
    created_at: datetime


class IdempotentAnswer(SQLModel, table=True):
    """The answer to an unsafe request, kept so that a repetition gets it again."""

    __tablename__ = "idempotent_answer"
    __table_args__ = (
        refers("idempotent_answer", "token_id", "api_token"),
        UniqueConstraint("token_id", "idempotency_key", name="uq_idempotent_answer_key"),
    )

    id: int | None = key()
    publication_id: int = number()
    token_id: int = number()
    idempotency_key: str
    request_hash: bytes = Field(sa_type=LargeBinary)
    status: int | None = None
    body: str | None = Field(default=None, sa_type=Text)
    created_at: datetime


class ImportBatch(SQLModel, table=True):
    """One import: the file's hash, what was declared, and how many rows became what."""

    __tablename__ = "import_batch"
    __table_args__ = (
        of_publication("import_batch"),
        ForeignKeyConstraint(["publication_id"], ["publication.id"], name="fk_import_batch_publication"),
    )

    id: int | None = key()
    publication_id: int = number()
    file_name: str
    file_hash: str
    declared: str = Field(default="{}", sa_type=Text)
    rows_done: int = 0
    counts: str = Field(default="{}", sa_type=Text)
    created_at: datetime
    finished_at: datetime | None = None


class DkimKey(SQLModel, table=True):
    """A key that signs the mails of a sender's domain. It signs from `activated_at` until `replaced_at`, if ever.

    `sealed` is the private key, encrypted under a key that is made from the secret key of the installation; empty once
    it is retired. `record` is what stands in the DNS under `selector`.
    """

    __tablename__ = "dkim_key"
    __table_args__ = (
        UniqueConstraint("domain", "selector", name="uq_dkim_key_selector"),
        Index("ix_dkim_key_signing", "activated_at"),
    )

    id: int | None = key()
    domain: str
    selector: str
    algorithm: str
    sealed: bytes = Field(sa_type=LargeBinary)
    record: str = Field(sa_type=Text)
    created_at: datetime
    activated_at: datetime | None = None
    replaced_at: datetime | None = None
    retired_at: datetime | None = None
