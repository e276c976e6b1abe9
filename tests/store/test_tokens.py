"""Tokens are shown once, stored hashed, have one scope, and end."""

import pytest

from preferences.errors import Invalid, NotFound
from preferences.store.tables import API_TOKEN
from preferences.store.tokens import TokenScope, create_token, revoke_token, token_of, tokens
from tests.store.newsletter import NOON, newsletter


def test_a_token_is_found_by_what_was_shown_and_by_nothing_else(database_url: str) -> None:
    with newsletter(database_url) as there, there.database.write() as connection:
        secret = create_token(connection, there.publication, "shop", "write", NOON, is_sandbox=False)
        found = token_of(connection, secret)
        assert found is not None
        assert (found.publication_id, found.name, found.scope) == (there.publication, "shop", TokenScope.WRITE)
        for other in (secret[:-1], secret + "x", secret.upper(), "", "\ud800"):
            assert token_of(connection, other) is None


def test_what_is_stored_does_not_tell_what_was_shown(database_url: str) -> None:
    with newsletter(database_url) as there, there.database.write() as connection:
        secret = create_token(connection, there.publication, "shop", "read", NOON, is_sandbox=False)
        stored = dict(connection.execute(API_TOKEN.select()).mappings().one())
        assert secret not in str(stored)
        assert secret.encode() not in stored["token_hash"]


def test_tokens_are_long_and_say_whether_they_are_the_sandboxs(database_url: str) -> None:
    with newsletter(database_url) as there, there.database.write() as connection:
        own = create_token(connection, there.publication, "a", "read", NOON, is_sandbox=False)
        sandbox = create_token(connection, there.publication, "a", "read", NOON, is_sandbox=True)
    assert own.startswith("troth_")
    assert sandbox.startswith("tsb_")
    # 192 bits are 32 characters of base64.
    assert len(own.removeprefix("troth_")) >= 32
    assert own.removeprefix("troth_") != sandbox.removeprefix("tsb_")


def test_a_revoked_token_is_none_and_stays_on_the_list(database_url: str) -> None:
    with newsletter(database_url) as there, there.database.write() as connection:
        secret = create_token(connection, there.publication, "shop", "admin", NOON, is_sandbox=False)
        (row,) = tokens(connection, there.publication)
        for _ in range(2):
            revoke_token(connection, there.publication, row.id, NOON)
        assert token_of(connection, secret) is None
        assert [token.revoked_at for token in tokens(connection, there.publication)] == [NOON]
        with pytest.raises(NotFound):
            revoke_token(connection, there.publication + 1, row.id, NOON)


def test_a_scope_includes_itself_and_those_before_it() -> None:
    order = [TokenScope.READ, TokenScope.WRITE, TokenScope.SEND, TokenScope.ADMIN]
    for place, scope in enumerate(order):
        assert [scope.includes(needed) for needed in order] == [other <= place for other in range(4)]


def test_a_token_without_a_name_or_with_another_scope_is_refused(database_url: str) -> None:
    with newsletter(database_url) as there, there.database.write() as connection:
        for name, scope in (("", "read"), ("a\nb", "read"), ("a", "root"), ("a", "")):
            with pytest.raises(Invalid):
                create_token(connection, there.publication, name, scope, NOON, is_sandbox=False)
        assert tokens(connection, there.publication) == []
