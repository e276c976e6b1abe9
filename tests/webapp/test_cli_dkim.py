"""`troth dkim`: a key from its making to its end, and what the DNS is to say of it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.webapp.commands import Command, command_line
from webapp.cli.dkim_dns import is_same_key


@pytest.fixture
def troth(tmp_path: Path, database_url: str) -> Command:
    return command_line(tmp_path, database_url)


def selectors(said: str) -> list[str]:
    return re.findall(r"^(\S+)\._domainkey\.example\.org\. IN TXT \($", said, re.MULTILINE)


def test_a_key_is_made_published_activated_rotated_and_retired(troth: Command) -> None:
    made = troth("dkim", "make", "Example.ORG", "--selector", "one")
    assert selectors(made.stdout) == ["one"]
    assert "troth dkim activate example.org one" in made.stdout
    assert "one  rsa  made" in troth("dkim", "list").stdout

    assert "signs the mails" in troth("dkim", "activate", "example.org", "one", "--unseen").stdout
    (new,) = selectors(troth("dkim", "rotate", "example.org").stdout)
    assert "one  rsa  signing" in troth("dkim", "list").stdout
    assert selectors(troth("dkim", "records", "example.org").stdout) == ["one", new]

    assert "one signs no longer" in troth("dkim", "activate", "example.org", new, "--unseen").stdout
    assert "retired" in troth("dkim", "retire", "example.org", "one").stdout
    assert selectors(troth("dkim", "records").stdout) == [new]


def test_a_record_is_one_key_in_strings_of_at_most_255_characters(troth: Command) -> None:
    said = troth("dkim", "make", "example.org", "--bits", "4096").stdout
    strings = re.findall(r'^    "(.*)"$', said, re.MULTILINE)
    assert len(strings) >= 3
    assert all(len(one) <= 255 for one in strings)
    assert re.fullmatch(r"v=DKIM1; k=rsa; p=[A-Za-z0-9+/]+=*", "".join(strings))


def test_what_is_rotated_is_of_the_same_kind_and_length(troth: Command) -> None:
    troth("dkim", "make", "example.org", "--bits", "3072", "--selector", "long")
    troth("dkim", "make", "example.org", "--algorithm", "ed25519", "--selector", "short")
    for one in ("long", "short"):
        troth("dkim", "activate", "example.org", one, "--unseen")
    said = troth("dkim", "rotate", "example.org").stdout
    lengths = [len("".join(re.findall(r'"(.*)"', record))) for record in said.split("IN TXT")[1:]]
    before = troth("dkim", "records").stdout
    assert lengths == [len("".join(re.findall(r'"(.*)"', record))) for record in before.split("IN TXT")[1:3]]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("make", "no domain"), "no valid domain"),
        (("make", "example.org", "--selector", "a.b"), "letters, digits and hyphens"),
        (("make", "example.org", "--selector", "one"), "already"),
        (("activate", "example.org", "two"), "no key with the selector two"),
        (("rotate", "example.org"), "no key signs for example.org"),
        (("records", "other.example"), "no key for other.example"),
        (("retire", "signing.example", "one"), "--unsigned"),
        (("activate", "retired.example", "one", "--unseen"), "is retired"),
    ],
)
def test_what_cannot_be_is_one_sentence_that_says_what_to_do(
    troth: Command, arguments: tuple[str, ...], said: str
) -> None:
    for domain in ("example.org", "signing.example", "retired.example"):
        troth("dkim", "make", domain, "--selector", "one", "--algorithm", "ed25519")
    troth("dkim", "activate", "signing.example", "one", "--unseen")
    troth("dkim", "retire", "retired.example", "one")
    answer = troth("dkim", *arguments)
    assert answer.exit_code != 0
    assert said in answer.stderr


def test_a_private_key_is_nowhere_to_be_read(troth: Command, database_url: str) -> None:
    said = troth("dkim", "make", "example.org").output + troth("dkim", "list").output
    assert "PRIVATE" not in said


def test_the_status_says_that_a_key_cannot_be_read(tmp_path: Path, sqlite_url: str) -> None:
    here = command_line(tmp_path, sqlite_url)
    here("dkim", "make", "example.org", "--selector", "one", "--algorithm", "ed25519")
    here("dkim", "activate", "example.org", "one", "--unseen")
    assert "cannot be read" not in here("status").stdout
    answer = command_line(tmp_path, sqlite_url, TROTH_SECRET_KEY="o" * 40)("status")
    assert answer.exit_code == 1
    assert "one of example.org cannot be read" in answer.stdout


def test_a_record_in_the_dns_is_the_same_however_it_is_spaced() -> None:
    assert is_same_key("v=DKIM1; k=rsa; p=AbC=", "v=DKIM1;p= Ab C= ;k=rsa")
    assert not is_same_key("v=DKIM1; k=rsa; p=AbC=", "v=DKIM1; k=rsa; p=AbD=")
    assert not is_same_key("v=DKIM1; k=rsa; p=", "v=DKIM1; k=rsa; p=")
