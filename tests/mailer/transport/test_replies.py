from dataclasses import replace

import pytest

from mailer.compose.content import OWN
from mailer.transport.contract import check_messages
from mailer.transport.envelope import stuffed
from mailer.transport.meaning import classify, is_about_sender
from mailer.transport.outcome import OutcomeKind, Reply, Stage
from tests.mailer.transport.servers import letter


@pytest.mark.parametrize(
    ("stage", "code", "text", "wanted"),
    [
        (Stage.MAIL, 250, "", None),
        (Stage.RCPT, 250, "", None),
        (Stage.RCPT, 251, "will forward", None),
        (Stage.DATA, 354, "", None),
        (Stage.DOT, 250, "", OutcomeKind.ACCEPTED),
        (Stage.RCPT, 450, "4.2.0 later", OutcomeKind.DEFERRED),
        (Stage.RCPT, 550, "5.1.1 unknown", OutcomeKind.REFUSED),
        (Stage.RCPT, 552, "5.2.2 full", OutcomeKind.DEFERRED),
        (Stage.DATA, 554, "no", OutcomeKind.REFUSED),
        (Stage.DATA, 451, "later", OutcomeKind.DEFERRED),
        (Stage.DOT, 552, "5.3.4 too big", OutcomeKind.REFUSED),
        (Stage.DOT, 554, "5.6.0 content", OutcomeKind.SENDER_REFUSED),
        (Stage.RCPT, 550, "5.6.7 no address outside ASCII", OutcomeKind.REFUSED),
        (Stage.MAIL, 421, "4.3.2 closing", OutcomeKind.RELAY_DOWN),
        (Stage.DOT, 452, "later", OutcomeKind.DEFERRED),
        (Stage.MAIL, 451, "later", OutcomeKind.DEFERRED),
        (Stage.MAIL, 553, "not you", OutcomeKind.SENDER_REFUSED),
        (Stage.RCPT, 550, "5.7.1 not permitted", OutcomeKind.SENDER_REFUSED),
        (Stage.DOT, 550, "5.7.26 unauthenticated", OutcomeKind.SENDER_REFUSED),
        (Stage.DOT, 550, "5.7.515 access denied", OutcomeKind.SENDER_REFUSED),
        (Stage.MAIL, 530, "log in first", OutcomeKind.SENDER_REFUSED),
        (Stage.RCPT, 550, "5.7.13 user disabled", OutcomeKind.REFUSED),
        (Stage.RCPT, 450, "4.7.26 later", OutcomeKind.DEFERRED),
        (Stage.MAIL, 354, "", OutcomeKind.DEFERRED),
        (Stage.DATA, 250, "", OutcomeKind.DEFERRED),
        (Stage.DOT, 354, "", OutcomeKind.IN_DOUBT),
    ],
)
def test_a_reply_means_what_the_rfcs_say(stage: Stage, code: int, text: str, wanted: OutcomeKind | None) -> None:
    assert classify(stage, Reply(code, text)) is wanted


@pytest.mark.parametrize("code", ["5.7.1", "5.7.25", "5.7.26", "5.7.27", "5.7.28", "5.7.29", "5.7.515"])
def test_replies_about_the_sender_never_touch_the_reader(code: str) -> None:
    assert all(classify(stage, Reply(550, f"{code} no")) is OutcomeKind.SENDER_REFUSED for stage in Stage)
    assert not is_about_sender(Reply(550, f"5.1.1 {code}"))
    assert not is_about_sender(Reply(450, code))


@pytest.mark.parametrize(
    ("data", "wanted"),
    [
        (b".\r\n", b"..\r\n"),
        (b"a\r\n.b\r\n..\r\n", b"a\r\n..b\r\n...\r\n"),
        (b"a.\r\n\r\n", b"a.\r\n\r\n"),
        (b"\r\n.\r\n", b"\r\n..\r\n"),
    ],
)
def test_a_line_that_begins_with_a_dot_gets_another(data: bytes, wanted: bytes) -> None:
    message = letter(data=data)
    assert stuffed(message) == stuffed(replace(message, own=data)) == wanted
    assert stuffed(replace(message, own=b"a\r\n" + data)) == wanted


@pytest.mark.parametrize("own", [b"a\rb", b"a\nb", b"a\r\r\nb", b"\n", b"\r"])
def test_nothing_with_a_stray_line_end_is_handed_over(own: bytes) -> None:
    message = letter(data=b"Subject: a\r\n" + own + b"\r\n")
    with pytest.raises(ValueError, match="CRLF"):
        check_messages([message])
    with pytest.raises(ValueError, match="CRLF"):
        check_messages([replace(message, own=OWN.join([b"b", own, b"c"]))])


# Who says it, at which stage, what, and what it means. The words are the providers' own, their links left out.
REAL = [
    ("Gmail", Stage.RCPT, 550, "5.1.1 The email account that you tried to reach does not exist.", OutcomeKind.REFUSED),
    ("Gmail", Stage.RCPT, 452, "4.2.2 The email account that you tried to reach is over quota.", OutcomeKind.DEFERRED),
    (
        "Gmail",
        Stage.RCPT,
        450,
        "4.2.1 The user you are trying to contact is receiving mail at a rate that prevents",
        OutcomeKind.DEFERRED,
    ),
    (
        "Gmail",
        Stage.DOT,
        421,
        "4.7.28 Our system has detected an unusual rate of unsolicited mail originating from your",
        OutcomeKind.SLOWED,
    ),
    ("Gmail", Stage.DOT, 421, "4.7.0 Try again later, closing connection.", OutcomeKind.SLOWED),
    ("Gmail", Stage.DOT, 450, "4.7.28 Gmail has detected an unusual rate of mail.", OutcomeKind.SLOWED),
    (
        "Gmail",
        Stage.DOT,
        550,
        "5.7.26 This mail has been blocked because the sender is unauthenticated.",
        OutcomeKind.SENDER_REFUSED,
    ),
    (
        "Gmail",
        Stage.DOT,
        550,
        "5.7.1 Our system has detected that this message is likely unsolicited mail.",
        OutcomeKind.SENDER_REFUSED,
    ),
    (
        "Gmail",
        Stage.DOT,
        552,
        "5.7.0 This message was blocked because its content presents a potential security issue.",
        OutcomeKind.SENDER_REFUSED,
    ),
    ("Outlook", Stage.RCPT, 550, "5.5.0 Requested action not taken: mailbox unavailable.", OutcomeKind.REFUSED),
    ("Outlook", Stage.RCPT, 550, "5.4.1 Recipient address rejected: Access denied.", OutcomeKind.REFUSED),
    (
        "Outlook",
        Stage.RCPT,
        550,
        "5.7.515 Access denied, sending domain does not meet the required authentication level.",
        OutcomeKind.SENDER_REFUSED,
    ),
    (
        "Outlook",
        Stage.MAIL,
        550,
        "5.7.1 Unfortunately, messages from 192.0.2.1 weren't sent.",
        OutcomeKind.SENDER_REFUSED,
    ),
    (
        "Outlook",
        Stage.RCPT,
        451,
        "4.7.650 The mail server 192.0.2.1 has been temporarily rate limited due to IP reputation.",
        OutcomeKind.SLOWED,
    ),
    ("Outlook", Stage.RCPT, 451, "4.7.500 Server busy. Please try again later.", OutcomeKind.SLOWED),
    ("Exchange", Stage.RCPT, 550, "5.7.133 RESOLVER.RST.SenderNotAuthenticatedForGroup", OutcomeKind.REFUSED),
    ("Exchange", Stage.RCPT, 550, "5.7.606 Access denied, banned sending IP 192.0.2.1.", OutcomeKind.SENDER_REFUSED),
    (
        "Yahoo",
        Stage.RCPT,
        421,
        "4.7.0 [TSS04] Messages from 192.0.2.1 temporarily deferred due to unexpected volume or user complaints.",
        OutcomeKind.SLOWED,
    ),
    ("Yahoo", Stage.DOT, 554, "5.7.9 Message not accepted for policy reasons.", OutcomeKind.SENDER_REFUSED),
    (
        "Yahoo",
        Stage.DOT,
        554,
        "Message not allowed - Email not accepted for policy reasons.",
        OutcomeKind.SENDER_REFUSED,
    ),
    ("Yahoo", Stage.RCPT, 554, "delivery error: dd This user doesn't have a yahoo.com account", OutcomeKind.REFUSED),
    (
        "iCloud",
        Stage.RCPT,
        421,
        "4.7.1 Messages to reader@icloud.example deferred due to excessive volume. Try again later.",
        OutcomeKind.SLOWED,
    ),
    ("iCloud", Stage.DOT, 554, "5.7.1 [CS01] Message rejected due to local policy.", OutcomeKind.SENDER_REFUSED),
    (
        "GMX",
        Stage.RCPT,
        450,
        "Requested mail action not taken: mailbox unavailable. For explanation visit us",
        OutcomeKind.DEFERRED,
    ),
    ("GMX", Stage.RCPT, 550, "Requested action not taken: mailbox unavailable", OutcomeKind.REFUSED),
    ("GMX", Stage.MAIL, 554, "IP address is block listed.", OutcomeKind.SENDER_REFUSED),
    ("Orange", Stage.RCPT, 421, "Too many connections, slow down. OFR004_104", OutcomeKind.SLOWED),
    ("Comcast", Stage.RCPT, 452, "4.1.0 Too many recipients received this hour.", OutcomeKind.DEFERRED),
    (
        "Postfix",
        Stage.RCPT,
        450,
        "4.2.0 <spam@example.org>: Recipient address rejected: Greylisted, try again later",
        OutcomeKind.DEFERRED,
    ),
    ("Postfix", Stage.RCPT, 451, "4.7.1 Greylisting in action, please come back later", OutcomeKind.DEFERRED),
    ("Postfix", Stage.RCPT, 554, "5.7.1 <reader@example.org>: Relay access denied", OutcomeKind.SENDER_REFUSED),
    (
        "Postfix",
        Stage.RCPT,
        554,
        "5.7.1 Service unavailable; Client host [192.0.2.1] blocked using zen.spamhaus.org",
        OutcomeKind.SENDER_REFUSED,
    ),
    (
        "Postfix",
        Stage.RCPT,
        550,
        "5.1.1 <spam@example.org>: User unknown in virtual mailbox table",
        OutcomeKind.REFUSED,
    ),
    ("Exim", Stage.RCPT, 550, "Unrouteable address", OutcomeKind.REFUSED),
    ("Exim", Stage.RCPT, 550, "spam@example.org: no such user here", OutcomeKind.REFUSED),
    (
        "Exim",
        Stage.DOT,
        550,
        "This message was classified as SPAM and may not be delivered",
        OutcomeKind.SENDER_REFUSED,
    ),
    ("Exim", Stage.RCPT, 451, "Temporary local problem - please try later", OutcomeKind.DEFERRED),
]


@pytest.mark.parametrize(("who", "stage", "code", "text", "wanted"), REAL)
def test_what_mailbox_providers_say_is_understood(
    who: str, stage: Stage, code: int, text: str, wanted: OutcomeKind
) -> None:
    assert classify(stage, Reply(code, text)) is wanted, who


def test_a_word_inside_another_or_in_an_address_says_nothing() -> None:
    assert classify(Stage.RCPT, Reply(550, "crispfield.example refused it")) is OutcomeKind.REFUSED
    assert classify(Stage.RCPT, Reply(550, "<spam@spf.example> has left")) is OutcomeKind.REFUSED
