// Follows what is just being sent: the marked part of the page is read anew until nothing is sent any more.
// Without scripts the page itself is loaded again.
"use strict";
{
  const EVERY = 2000;

  async function look() {
    const answer = await fetch(location.href);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.querySelector("[data-progress]");
    if (!answer.ok) return;
    if (!fresh) location.reload();
    else document.querySelector("[data-progress]").replaceChildren(...fresh.children);
  }

  if (document.querySelector("[data-progress]")) {
    setInterval(() => look().catch(() => {}), EVERY);
  }
}
