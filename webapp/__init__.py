"""What people and programs see of Troth.

* ``pages``: sign up, confirm, my preferences, unsubscribe, the web version of a campaign
* ``console``: the test inbox, and what a marketer sees
* ``api``: the HTTP API
* ``forms``, ``access``, ``errors``: what comes in, who may, and what is said when it cannot be done
* ``runtime``, ``cli``: where an installation is put together and started; the only place that may start both sides

``webapp`` imports of the mailer nothing but ``mailer.compose``: what the preview shows is what is sent.
"""
