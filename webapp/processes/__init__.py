"""`troth web`, `troth worker`, `troth scheduler`: each in processes of its own, any number of them, on any machine.

They meet in one PostgreSQL database; a broker tells workers what is due. Part of the composition root.

* ``starting``: what begins each of them, and imports it only then
* ``web``, ``worker``, ``scheduler``: one kind of process each, which imports what it runs and nothing else
* ``parts``, ``queues``: what they are put together from
"""
