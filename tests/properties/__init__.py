"""Every statement of the law, held against answers worked out from its wording alone."""
