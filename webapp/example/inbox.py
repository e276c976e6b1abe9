"""The test inbox of a fresh example: its last mails, made anew, so that every link in them is signed with one's own key.

The shipped file holds no mail and no link: the ledger says what each mail was made from.
"""

from __future__ import annotations

from mailer.compose import ComposeError
from mailer.mails import Mails
from mailer.office import Office
from preferences.store.captured import count_captured
from preferences.store.last_mails import keep_captured, last_hand_overs
from preferences.store.publications import publications

# A letter goes to more than a thousand: some of each campaign are more to look at than the last of all.
KEPT, OF_EACH = 150, 12


def fill_inbox(office: Office) -> int:
    """Keep the last mails of the ledger in the test inbox, all of them or none; answers how many.

    Nothing happens where a mail is there already, so that it may be called again after any interruption.
    """
    with office.database.read() as connection:
        if count_captured(connection):
            return 0
        publication_id = publications(connection)[0].id
        mails = last_hand_overs(connection, publication_id, KEPT, OF_EACH)
    desk = Mails(office).desk(publication_id, mails)
    made = []
    for mail in mails:
        try:
            made.append((mail, desk.message(mail)))
        except ComposeError:
            continue  # made from what is stored now: one that cannot be made any more is left out
    with office.database.write() as connection:
        if count_captured(connection):
            return 0
        keep_captured(connection, made)
    return len(made)
