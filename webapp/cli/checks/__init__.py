"""What `troth doctor` looks at, one module for each; every look answers findings and changes nothing.

* ``finding``: what was found, how bad it is, and what to do
* ``here``: settings, data directory, key, address of the pages, disk
* ``ledger``: the database, its clock, restorations and processes
* ``ways_out``: the broker, and the mail server
* ``asking``: asking the DNS, within a time
* ``names``: SPF, DKIM, DMARC and the rest of what mailbox providers ask the DNS
"""
