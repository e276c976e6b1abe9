// Fills in the time zone of this device where nobody has typed one, and shows it. Without scripts the publication's is assumed.
"use strict";
{
  const field = document.getElementById("zone");
  const shown = document.getElementById("zone-shown");
  const assumed = document.getElementById("zone-assumed");

  function show() {
    if (!field.value) return;
    if (shown) shown.textContent = field.value;
    if (assumed) assumed.hidden = true;
  }

  if (field) {
    if (!field.value) field.value = Intl.DateTimeFormat().resolvedOptions().timeZone || "";
    show();
    field.addEventListener("change", show);
  }
}
