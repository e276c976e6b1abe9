"""The store: the only code that touches tables.

database        transactions on SQLite or PostgreSQL          clock        what time it is
migrations      numbered, one head                            installation the one row about this database
tables          what is kept                                  publications topics
subscribers     people                                        expectations what they asked for, terms
histories       what was counted                              openings     the stored copy of when caps open
events          what else happened                            campaigns    drafts, content, schedule, status
plan forecast   set-based SQL over an audience                gate         claim, decide again and count, record
sweep           what expired, what wakes                      redecide     what waits, after a change
"""
