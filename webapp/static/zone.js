// Fills in the time zone of this device where nobody has typed one. Without scripts the publication's is assumed.
"use strict";
{
  const field = document.getElementById("zone");
  if (field && !field.value) field.value = Intl.DateTimeFormat().resolvedOptions().timeZone || "";
}
