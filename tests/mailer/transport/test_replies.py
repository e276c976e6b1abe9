import pytest

from mailer.transport.envelope import stuffed
from mailer.transport.outcome import OutcomeKind, Reply, Stage, classify, is_about_sender


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
        (Stage.DOT, 554, "5.6.0 content", OutcomeKind.REFUSED),
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
    assert stuffed(data) == wanted
