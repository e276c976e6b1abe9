import pytest

from mailer.compose import (
    VALUES,
    AlongItem,
    CompiledDigest,
    DigestContent,
    RenderError,
    ServiceKind,
    compile_digest,
    compile_service,
)
from tests.mailer.compose.cast import EVENT, GARDEN, assert_clean, envelope, field_lines, opened, part_of, reader

ITEMS = tuple(
    AlongItem(title=f"Text {n} <ü>", summary=f"Sum {n}", url=f"https://garden.example/w/{n}", topic_name="Events")
    for n in range(1, 60)
)
SERVICE_VALUES = {
    "confirm_url": "https://garden.example/c/1",
    "ended": "everything",
    "return_url": "https://garden.example/r/1",
    "fresh_url": "https://garden.example/f/1",
    "answer_url": "https://garden.example/new-address/1",
    "address": "anna.new@garden.example",
    "address_url": "https://garden.example/a/1",
}


def digest() -> CompiledDigest:
    return compile_digest(DigestContent(**GARDEN, title="Events of the week"))


def test_a_digest_holds_the_whole_list_in_its_order() -> None:
    data = digest().render(reader(), ITEMS).data
    assert_clean(data)
    for part in (part_of(data, "html"), part_of(data, "plain")):
        places = [part.index(item.url) for item in ITEMS]
        assert places == sorted(places)
        assert [item.summary for item in ITEMS if item.summary not in part] == []
        assert "once a week. Nothing else." in part
        assert "https://garden.example/u/k1" in part


def test_a_digest_names_its_first_text_and_says_how_many_more() -> None:
    assert str(opened(digest().render(reader(), ITEMS).data)["Subject"]) == "Events of the week: Text 1 <ü> and 58 more"
    assert str(opened(digest().render(reader(), ITEMS[:1]).data)["Subject"]) == "Events of the week: Text 1 <ü>"


def test_a_digest_of_nothing_is_no_mail() -> None:
    with pytest.raises(ValueError, match="without items"):
        digest().render(reader(), ())


def test_a_campaign_may_come_along_in_a_digest() -> None:
    html = digest().preview(reader(along=(EVENT,)), ITEMS[:2]).html
    assert html.index("Text 2") < html.index("Seed swap") < html.index("Unsubscribe")


def test_a_digest_is_automatic_and_can_be_stopped() -> None:
    data = digest().render(reader(), ITEMS).data
    assert field_lines(data, "Auto-Submitted") == [b"auto-generated"]
    assert field_lines(data, "X-Auto-Response-Suppress") == [b"OOF, AutoReply"]
    assert len(field_lines(data, "List-Unsubscribe")) == len(field_lines(data, "List-Unsubscribe-Post")) == 1


@pytest.mark.parametrize("kind", list(ServiceKind))
def test_a_service_mail_is_automatic_whole_and_carries_nothing_else(kind: ServiceKind) -> None:
    data = compile_service(kind, envelope()).render(reader(along=(EVENT,)), SERVICE_VALUES).data
    assert_clean(data)
    assert field_lines(data, "Auto-Submitted") == [b"auto-generated"]
    assert field_lines(data, "List-Unsubscribe") == field_lines(data, "List-Id") == []
    for part in (part_of(data, "html"), part_of(data, "plain")):
        assert "Seed swap" not in part
        assert "Hedge Lane 3" in part
        assert [name for name in VALUES[kind] if SERVICE_VALUES[name] not in part] == []
        assert part.count("once a week. Nothing else.") == (
            1 if kind in {ServiceKind.CONFIRM, ServiceKind.CHANGED} else 0
        )


@pytest.mark.parametrize("kind", [kind for kind in ServiceKind if VALUES[kind]])
def test_a_service_mail_without_what_it_is_for_is_not_sent(kind: ServiceKind) -> None:
    with pytest.raises(RenderError, match=VALUES[kind][0]):
        compile_service(kind, envelope()).render(reader(), {})


def test_a_confirmation_needs_no_links_of_a_subscriber() -> None:
    stranger = reader(preferences_url=None, unsubscribe_url=None, web_url=None, name=None)
    data = compile_service(ServiceKind.CONFIRM, envelope()).render(stranger, SERVICE_VALUES).data
    assert "Unsubscribe" not in part_of(data, "plain")
    assert part_of(data, "plain").index("once a week") < part_of(data, "plain").index("https://garden.example/c/1")
