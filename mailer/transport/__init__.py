"""Finished messages become outcomes.

* ``contract``: what every transport keeps: ``Transport``, ``Session``, ``TakesSeveral``, ``Lane``, ``Clock``
* ``outcome``: the kinds of outcome, and what a reply of a server means
* ``smtp``: a mail server; with ``connecting`` (setting a connection up), ``wire`` and ``reading`` (what is written and
  read), ``envelope`` (what is said around a message), ``transaction`` (one message), ``pipeline`` (one after another,
  in one round trip each), ``connection`` (one of either, kept) and ``relays`` (which server)
* ``lane``: several connections that one thread drives at once, by a ``hub``; ``one_by_one``: a lane over any session
* ``inbox``: the test inbox, from which nothing leaves the machine; ``memory``: the same for tests
"""

from mailer.transport.contract import Checked, Clock, HasLanes, Lane, Session, TakesSeveral, Transport
from mailer.transport.inbox import InboxTransport
from mailer.transport.memory import MemoryTransport
from mailer.transport.one_by_one import lane_of
from mailer.transport.outcome import Outcome, OutcomeKind
from mailer.transport.smtp import SmtpSession, SmtpTransport
from mailer.transport.wire import Timeouts

__all__ = [
    "Checked",
    "Clock",
    "HasLanes",
    "InboxTransport",
    "Lane",
    "MemoryTransport",
    "Outcome",
    "OutcomeKind",
    "Session",
    "SmtpSession",
    "SmtpTransport",
    "TakesSeveral",
    "Timeouts",
    "Transport",
    "lane_of",
]
