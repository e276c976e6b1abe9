// Follows what is just being sent: the marked parts of the page are read anew until nothing is sent any more.
// Without scripts the page itself is loaded again.
"use strict";
{
  const EVERY = 2000;

  async function look() {
    const answer = await fetch(location.href);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.querySelectorAll("[data-progress]");
    const shown = document.querySelectorAll("[data-progress]");
    if (!answer.ok) return;
    // Something begins or ends to be told: all of it is.
    if (fresh.length !== shown.length) location.reload();
    else shown.forEach((part, place) => part.replaceChildren(...fresh[place].children));
  }

  if (document.querySelector("[data-progress]")) {
    setInterval(() => look().catch(() => {}), EVERY);
  }
}
