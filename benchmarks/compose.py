"""What one mail costs to compose, against the plain way to make the same mail, and against encoding it and nothing else.

CPU time, one thread: 2,000 readers of a campaign that is compiled once, each with a name, a field, links of their own and
the promise below, in about 10 kB.
"""

from __future__ import annotations

import binascii
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from time import process_time

from benchmarks import Result
from mailer.compose import CompiledCampaign, Recipient, compile_campaign
from mailer.compose.content import CampaignContent
from mailer.compose.mime import alternative_body

READERS = 2_000
ROUNDS = 5
AGAINST_PLAIN, AGAINST_ENCODING = 0.3, 1.0
SITE = "https://news.garden.example"
PARAGRAPH = (
    "Some lines that somebody wrote about **spring**, with [a link](https://garden.example/page/{0}) and what else "
    "there is to say about the garden, the weather and the people in it.\n\n"
)
MARKDOWN = "# Hello {{ name }}\n\n" + "".join(map(PARAGRAPH.format, range(3))) + "See you in {{ fields.city }}.\n"


def run() -> list[Result]:
    """The claims about composing."""
    compiled, readers = campaign(), [reader(number) for number in range(READERS)]
    quickly, plainly, encoded = each(
        (compiled.render, lambda one: plain(compiled, one), encoding(compiled, readers[0])), readers
    )
    octets = len(compiled.render(readers[0]).data)
    said = f"{quickly:.0f} µs for one mail of {octets / 1000:.1f} kB"
    return [
        Result(
            claim="composing a mail from pieces",
            ratio=quickly / plainly,
            bar=AGAINST_PLAIN,
            measured=said,
            reference=f"{plainly:.0f} µs for the same from texts",
        ),
        Result(
            claim="composing a mail, whole",
            ratio=quickly / encoded,
            bar=AGAINST_ENCODING,
            measured=said,
            reference=f"{encoded:.0f} µs for its quoted-printable alone, in C",
        ),
    ]


def campaign() -> CompiledCampaign:
    """The campaign, compiled."""
    content = CampaignContent(
        publication="The Garden", sender="Grete Grün <grete@garden.example>", postal_address="Hedge Lane 3\n12345 Gardenham",
        subject="Spring is here, {{ name }}", title="Spring", markdown=MARKDOWN, list_id="t7.garden.example",
        list_name="Garden Letter", feedback_id="c42:t7:p1:news",
    )  # fmt: skip
    return compile_campaign(content)


def reader(number: int) -> Recipient:
    """One reader, with tokens as long as real ones."""
    token = f"EAc3AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHy{number:06}"
    return Recipient(
        email=f"reader-{number}@example.org", name=f"Kim {number}", fields={"city": "Bonn"}, language="en",
        message_token=f"aebagbafaydqqcikbmga2dqpca{number}", date=datetime(2026, 3, 3, 9, tzinfo=UTC),
        promise="You get the Garden Letter once a week, usually on Tuesdays. Nothing else.",
        count_line="1 of at most 1 this week", why="You asked for the Garden Letter, each message.",
        preferences_url=f"{SITE}/me/{token}", unsubscribe_url=f"{SITE}/u/{token}", one_click_url=f"{SITE}/u1/{token}",
        web_url=f"{SITE}/r/{token}", history_url=f"{SITE}/h/{token}", pass_on_url=f"{SITE}/r/{token}/pass-on",
        answer_url=f"{SITE}/r/{token}/answer", return_domain="bounces.garden.example",
    )  # fmt: skip


def plain(compiled: CompiledCampaign, one: Recipient) -> bytes:
    """The body of the same mail, made as texts and encoded as a whole."""
    read = compiled.preview(one)
    return alternative_body(read.text, read.html)


def encoding(compiled: CompiledCampaign, one: Recipient) -> Callable[[Recipient], object]:
    """Encoding the two parts of one mail, and nothing else."""
    read = compiled.preview(one)
    octets = f"{read.text}{read.html}".replace("\n", "\r\n").encode()
    return lambda _: binascii.b2a_qp(octets, istext=True)


def each(make: Sequence[Callable[[Recipient], object]], readers: Sequence[Recipient]) -> list[float]:
    """Microseconds of CPU time that each way takes for one reader: the best of some rounds, one way after the other."""
    best = [float("inf")] * len(make)
    for _ in range(ROUNDS):
        for number, way in enumerate(make):
            began = process_time()
            for one in readers:
                way(one)
            best[number] = min(best[number], (process_time() - began) / len(readers) * 1e6)
    return best


if __name__ == "__main__":
    results = run()
    for result in results:
        print(result)
    sys.exit(not all(result.is_kept for result in results))
