// Offers the share sheet of the device, or else to copy, beside a link that stands there as text in any case.
"use strict";
for (const place of document.querySelectorAll("[data-share]")) {
  const field = place.querySelector("input");
  const button = place.querySelector("button[hidden]");
  const shares = typeof navigator.share === "function";
  if (field && button && (shares || navigator.clipboard)) {
    button.textContent = shares ? button.dataset.share : button.dataset.copy;
    button.hidden = false;
    button.addEventListener("click", async () => {
      try {
        if (shares) {
          await navigator.share({ title: place.dataset.share, url: field.value });
        } else {
          await navigator.clipboard.writeText(field.value);
          button.textContent = button.dataset.done;
        }
      } catch {
        field.select();
      }
    });
  }
}
