"""Planning and forecasting as set-based SQL.

* `plan`: `plan_campaign` fixes the audience of a campaign and decides about everybody in it
* `forecast`: `forecast` answers what that would give, and changes nothing
* `rules`: the ordered rules as SQL, held to `decide()` by a property test
* `members`: what was decided about each, and the rows that follow
* `audience`: who is in it, and the charged topic of each
* `moments`: what the law says about zones, days, hours and slots, once for each distinct pattern
* `spreading`: the slot of each reader where a send is spread
* `writing`, `pieces`: what a planned decision was made from, as text
* `affected`, `rehearsal`, `stage`: to whom something else happens first, and what
* `outlook`, `witness`: when and with what it reaches each reader, whose promise binds, and what it pushes out
* `question`: the campaign that is asked about
* `statistics`: what the server knows of the tables that are read
"""

from preferences.store.planning.forecast import Forecast, forecast
from preferences.store.planning.outlook import Outlook, outlook
from preferences.store.planning.plan import plan_campaign
from preferences.store.planning.question import planned_instants

__all__ = ["Forecast", "Outlook", "forecast", "outlook", "plan_campaign", "planned_instants"]
