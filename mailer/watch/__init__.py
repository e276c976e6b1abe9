"""What an operator watches: whether a process can do its work, and figures for Prometheus. Ids and numbers only.

* ``measures``: what this process counts as it happens
* ``figures``: what the database says, asked when somebody looks, and not more often than every some seconds
* ``health``: what is missing, in words
* ``port``: `/healthz`, `/readyz` and `/metrics` on a port of their own
"""
