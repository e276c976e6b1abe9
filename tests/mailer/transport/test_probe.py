"""Trying the mail server out: every way it can fail is told in plain words, with what to do; no mail unless asked for."""

import socket
from dataclasses import replace

from aiosmtpd.smtp import AuthResult

from mailer.transport.probe import probe
from preferences.settings import SmtpSecurity
from tests.mailer.transport.servers import HandClock, Line, greets, hears, here, letter, real_server, scripted_server
from tests.mailer.transport.test_encryption import of_the_server, trusting


def authenticator(_server: object, _session: object, _envelope: object, _mechanism: str, login: object) -> AuthResult:
    return AuthResult(success=getattr(login, "password", b"") == b"right", handled=False)


def test_a_server_that_works_is_told_step_by_step_and_gets_no_mail() -> None:
    with real_server() as (server, kept):
        found = probe(server, HandClock())
    assert found.done == [
        f"127.0.0.1 answers on port {server.port}.",
        "The connection is not encrypted: the server offers no STARTTLS.",
        "It asked for no password.",
    ]
    assert (found.problem, found.advice) == ("", "")
    assert kept.messages == []


def test_a_test_mail_is_handed_over_when_there_is_one() -> None:
    with real_server() as (server, kept):
        found = probe(server, HandClock(), letter())
    assert found.done[-1] == "It took the test mail: 250 2.0.0 kept."
    assert [content for _, _, content in kept.messages] == [letter().data]


def test_encryption_and_signing_in_are_told() -> None:
    options = {"tls_context": of_the_server(), "auth_required": True, "authenticator": authenticator}
    with real_server(**options) as (server, _):
        right = replace(server, security=SmtpSecurity.REQUIRED, user="me", password="right")
        wrong = replace(right, password="wrong")
        found, refused = (probe(one, HandClock(), tls=trusting()) for one in (right, wrong))
    assert found.done[1:] == ["The connection is encrypted by STARTTLS.", "It let me in."]
    assert refused.problem.startswith("The server did not let me in: 535")
    assert "percent-encoded" in refused.advice
    assert "wrong" not in refused.problem


def test_a_port_on_which_nobody_listens_is_told() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        found = probe(here(taken.getsockname()[1]), HandClock())
    assert found.done == []
    assert found.problem.startswith("Nothing listens at 127.0.0.1, port")
    assert "587" in found.advice


def test_a_host_that_does_not_exist_is_told() -> None:
    found = probe(replace(here(25), host="mail.invalid"), HandClock())
    assert found.problem == "There is no server called mail.invalid."


def test_a_certificate_of_nobody_is_told() -> None:
    with real_server(tls_context=of_the_server()) as (server, _):
        found = probe(replace(server, security=SmtpSecurity.REQUIRED), HandClock())
    assert found.problem.startswith("The certificate of 127.0.0.1 cannot be trusted: ")


def test_a_server_without_encryption_where_it_is_required_is_told() -> None:
    with real_server() as (server, _):
        found = probe(replace(server, security=SmtpSecurity.REQUIRED), HandClock())
    assert "offers no STARTTLS" in found.problem


def test_a_server_that_does_not_speak_encrypted_from_the_first_byte_is_told() -> None:
    def speaks_plainly(line: Line) -> None:
        line.say("220 plain\r\n")
        line.hear()

    with scripted_server(speaks_plainly) as (server, _):
        found = probe(replace(server, security=SmtpSecurity.IMPLICIT), HandClock())
    assert found.problem.startswith("The connection cannot be encrypted")
    assert "465" in found.advice


def test_a_server_that_does_not_want_this_sender_is_told() -> None:
    def knows_nobody(line: Line) -> None:
        greets(line)
        hears(line, "MAIL FROM:")
        line.say("550 5.7.1 relaying denied\r\n")
        line.hear()

    with scripted_server(knows_nobody) as (server, _):
        found = probe(server, HandClock(), letter())
    assert found.problem == "The server does not take mail from this sender: 550 5.7.1 relaying denied."
    assert "allowed to send" in found.advice


def test_a_server_that_says_no_at_once_is_told() -> None:
    with scripted_server(lambda line: line.say("554 go away\r\n")) as (server, _):
        found = probe(server, HandClock())
    assert "554 go away" in found.problem
