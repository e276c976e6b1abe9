"""What comes in and what goes out, as the document at /api/v1/openapi.json describes it.

* ``common``: what all share; ``expectations``: what a subscriber asks for
* ``publications``, ``subscribers``, ``campaigns``, ``decisions``: by what they are about
"""
