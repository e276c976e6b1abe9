import pytest

from mailer.compose import HeaderValueError, NotDeliverableHere
from mailer.compose.addresses import parse_mailbox, wire_address
from tests.mailer.compose.cast import campaign, field_lines, reader


@pytest.mark.parametrize(
    ("address", "wanted"),
    [
        ("Anna.B+x@Example.ORG", "Anna.B+x@example.org"),
        ("anna@münchen.example", "anna@xn--mnchen-3ya.example"),
        ("anna@MÜNCHEN.Example", "anna@xn--mnchen-3ya.example"),
        ("anna@straße.example", "anna@xn--strae-oqa.example"),
        ("anna@xn--mnchen-3ya.example", "anna@xn--mnchen-3ya.example"),
        ("root@localhost", "root@localhost"),
    ],
)
def test_an_address_goes_on_the_wire_as_spelled_with_its_domain_as_a_label(address: str, wanted: str) -> None:
    assert wire_address(address) == wanted


@pytest.mark.parametrize(
    "address",
    ["", "anna", "@example.org", "anna@", "a b@example.org", "a@b@c d", "<a@example.org>", "a..b@example.org", ".a@example.org",
     "a@-x.example", "a@x..example", "a" * 65 + "@example.org", "a@" + "x." * 130 + "example", "a@exa mple.org", "a@\u2603\u200d.example"],
)  # fmt: skip
def test_what_cannot_be_sent_to_is_not_deliverable_here(address: str) -> None:
    with pytest.raises(NotDeliverableHere):
        wire_address(address)


@pytest.mark.parametrize("address", ["a@example.org\r\nRCPT TO:<b@example.org>", "a\n@example.org", "a@example.org\0"])
def test_no_address_ends_a_command(address: str) -> None:
    with pytest.raises(HeaderValueError):
        wire_address(address)
    with pytest.raises((HeaderValueError, NotDeliverableHere)):
        campaign().render(reader(email=address))


def test_a_local_part_outside_ascii_needs_a_server_that_takes_it() -> None:
    with pytest.raises(NotDeliverableHere, match="SMTPUTF8"):
        campaign().render(reader(email="änna@example.org"))
    message = campaign().render(reader(email="änna@münchen.example"), smtputf8=True)
    assert message.rcpt_to == "änna@xn--mnchen-3ya.example"
    assert field_lines(message.data, "To") == ["Anna <änna@xn--mnchen-3ya.example>".encode()]


def test_a_mailbox_is_a_name_and_an_address() -> None:
    box = parse_mailbox('"Grün, Grete" <Grete@Garden.Example>')
    assert (box.name, box.address, box.domain) == ("Grün, Grete", "Grete@garden.example", "garden.example")
    assert parse_mailbox("grete@garden.example").name == ""
