"""What readers asked for, what was promised to them, and whether a mail may go out.

The law, in the standard library only; it knows no clock, no chance and no table:

* ``cadence``, ``expectation``: what a topic states and what a subscriber asked for
* ``calendar``, ``history``: local days and periods, and the mails that were counted
* ``decision``: send, wait, digest, web or not sent, with its reason and evidence
* ``ranking``, ``delivery``, ``campaign``, ``digest``: what competes, what comes along, what is merged
* ``promise``, ``wording``: the terms as clauses, and the clauses as sentences; ``languages``: the words of each language
* ``unsubscribe``: leaving, with cause and route
* ``spread``: whose turn is when in a send that takes its time
* ``silence``: when something was promised and nothing came
* ``errors``: what is raised when a contract is broken

Around it:

* ``settings``: what an installation is told by its environment, read once
* ``links``: the tokens that stand in mails
* ``store``: the tables, and the only code that touches them
* ``audit``: the invariants, recomputed from the ledger with code of its own

``preferences`` imports neither ``mailer`` nor ``webapp``.
"""
