"""Mails: a hand-over becomes a finished message, from templates that are compiled once for each revision."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from threading import Lock

from mailer.compose import CompiledCampaign, CompiledDigest, compile_campaign, compile_digest
from mailer.desk import Desk, campaign_content, digest_content
from mailer.notes import occasions
from mailer.office import Office
from mailer.phrases import Phrases
from preferences.expectation import Arrives
from preferences.store.contents import ContentRow, content_of, publication_and_topics
from preferences.store.hand_overs import HandOver
from preferences.store.publications import PublicationRow
from preferences.store.topics import TopicRow

# More revisions than are ever sent at once; beyond, everything is compiled anew.
_KEPT = 200


class Mails:
    """Makes messages and keeps what was compiled; threads share it."""

    def __init__(self, office: Office) -> None:
        self._office = office
        self._lock = Lock()
        self._compiled: dict[tuple[PublicationRow, TopicRow | None, int, int], CompiledCampaign] = {}
        self._contents: dict[tuple[int, int], ContentRow] = {}
        self._phrases = Phrases()

    def desk(self, publication_id: int, mails: Sequence[HandOver]) -> Desk:
        """What one group of mails of a publication is made with: publication and topics as they are now."""
        with self._office.database.look() as connection:
            publication, topics = publication_and_topics(connection, publication_id)
            there = occasions(connection, publication_id, mails)
        return Desk(self._office, publication, topics, self.content, self.compiled, self.digest, there, self._phrases)

    def content(self, campaign_id: int, revision: int) -> ContentRow:
        """The content of one revision, read once."""
        key = (campaign_id, revision)
        found = self._contents.get(key)
        if found is None:
            with self._office.database.look() as connection:
                found = content_of(connection, campaign_id, revision)
            with self._lock:
                if len(self._contents) >= _KEPT:
                    self._contents.clear()
                self._contents[key] = found
        return found

    def digest(self, publication: PublicationRow, rhythm: Arrives | None) -> CompiledDigest:
        """The compiled digest of a publication as it is now."""
        return _compiled_digest(publication, rhythm, self._office.list_host, self._office.base_url)

    def compiled(
        self, publication: PublicationRow, topic: TopicRow | None, campaign_id: int, revision: int
    ) -> CompiledCampaign:
        """The compiled mail of one revision for one charged topic, as both are now. Raises `TemplateError`."""
        key = (publication, topic, campaign_id, revision)
        found = self._compiled.get(key)
        if found is None:
            content = self.content(campaign_id, revision)
            found = compile_campaign(
                campaign_content(publication, topic, content, self._office.list_host, self._office.base_url)
            )
            with self._lock:
                if len(self._compiled) >= _KEPT:
                    self._compiled.clear()
                self._compiled[key] = found
        return found


@lru_cache(maxsize=64)
def _compiled_digest(
    publication: PublicationRow, rhythm: Arrives | None, list_host: str, base_url: str
) -> CompiledDigest:
    return compile_digest(digest_content(publication, rhythm, list_host, base_url))
