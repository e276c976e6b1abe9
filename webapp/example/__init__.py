"""The example publication: eight weeks of a small culture house, lived by the product itself on a driven clock.

What it is made of stands in ``templates/example``: the publication, its campaigns, the names of its readers.

* ``content``: reads that
* ``people``, ``wishes``: readers, and what they ask for
* ``post``: the mail server of the example, which answers as mail servers do
* ``house``: the publication with its mailer, and a clock that goes from one planned instant to the next
* ``beginning``, ``marketing``, ``joining``, ``reactions``, ``giving``, ``turns``: what happens in it, and when
* ``building``: all of it from a seed; the same seed gives the same ledger
* ``shipped``: the file that comes with Troth; ``inbox``: the last mails of it, made with one's own keys

It is part of the composition root: it may start both sides. Nothing imports it but the runtime and its command.
"""
