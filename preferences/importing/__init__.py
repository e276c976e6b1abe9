"""From a file of another system to subscribers: what its bytes, columns and rows mean. Opens no file, asks no clock.

* ``encoding``: which encoding the bytes are in
* ``table``: delimiter, header and rows of any dialect of CSV, with the line each began in
* ``instants``: times as exports write them
* ``targets``: what a column can be, and the words by which exports name it
* ``standings``: what a status, a flag or a reason for leaving means here
* ``formats``: which system a file comes from, and what each of its columns is
* ``rows``: one row as a subscriber, or why it is refused
* ``refusals``: refused rows as a file that no spreadsheet executes
"""
