"""How things are shown: values of the store as the documents that go out.

* ``decisions``: a decision with its evidence
* ``subscribers``, ``ledger``: people, and what happened to them
* ``campaigns``: campaigns and their deliveries
"""
