"""Troth as several processes on one PostgreSQL and one broker, as an operator starts them."""
