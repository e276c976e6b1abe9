"""What a start does besides serving."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert, select

from preferences.settings import prepare_data_dir, read_settings
from preferences.store.tables import IDEMPOTENT_ANSWER
from preferences.store.tokens import create_token, token_of
from webapp.runtime import Started, start, tidy_up


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Started]:
    started = start(prepare_data_dir(read_settings({"TROTH_DATA_DIR": str(tmp_path / "data")})))
    yield started
    started.worker.stop()
    started.database.close()


def test_a_start_throws_away_old_answers_of_every_token_and_no_younger_ones(running: Started) -> None:
    now = running.site.clock.now()
    with running.database.write() as connection:
        token = token_of(connection, create_token(connection, 1, "unused", "send", now, False))
        assert token is not None
        for key, hours in (("old", 30), ("young", 1)):
            connection.execute(
                insert(IDEMPOTENT_ANSWER).values(
                    publication_id=1,
                    token_id=token.id,
                    idempotency_key=key,
                    request_hash=b"x",
                    created_at=now - timedelta(hours=hours),
                )
            )
    tidy_up(running)
    with running.database.read() as connection:
        keys = connection.execute(select(IDEMPOTENT_ANSWER.c.idempotency_key)).scalars().all()
    assert list(keys) == ["young"]
