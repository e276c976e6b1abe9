"""From a scheduled campaign to a mail that was handed over, and to the record of it.

* ``compose``: a campaign and a recipient become bytes; a leaf, without database, broker or network
* ``transport``: bytes become an outcome; SMTP, or the test inbox
* ``schedule``, ``send``, ``digest``: plan, claim, decide again and count, hand over, record
* ``sweep``: what was left lying is taken up again, and what is over is finished
* ``retention``: what is kept for a time goes when its time is over
* ``scheduler``, ``tickets``: one process plans, sweeps, and writes tickets of some hundred subscribers each
* ``worker``, ``actors``, ``brokers``, ``sessions``: any number of processes take them; ``embedded``: both in one
* ``lease``, ``rest``: who may hand over, and when nothing may begin
* ``watch``: health, figures and metrics

``mailer`` never imports ``webapp``; the two meet in the database.
"""
