// Knows the time zone of this device: fills it in where none stands, offers it where another does, and suggests names.
// Without scripts the publication's zone is assumed, and any name can be typed.
"use strict";
{
  const field = document.getElementById("zone");
  const here = Intl.DateTimeFormat().resolvedOptions().timeZone || "";
  const offer = document.querySelector("[data-zone-here]");
  const shown = document.getElementById("zone-shown");
  const assumed = document.getElementById("zone-assumed");

  function tell() {
    if (shown && field.value) shown.textContent = field.value;
    if (assumed && field.value) assumed.hidden = true;
    if (offer) offer.hidden = !here || field.value === here;
  }

  if (field) {
    if (!field.value && here) field.value = here;
    if (offer) {
      offer.firstChild.textContent = offer.firstChild.textContent.replace("{zone}", here);
      offer.querySelector("button").addEventListener("click", () => {
        field.value = here;
        field.dispatchEvent(new Event("input", { bubbles: true }));
        field.focus();
      });
    }
    field.addEventListener("input", tell);
    field.addEventListener("focus", () => {
      if (!field.list || field.list.options.length || !Intl.supportedValuesOf) return;
      field.list.append(...Intl.supportedValuesOf("timeZone").map((name) => new Option(name, name)));
    }, { once: true });
    tell();
  }
}
