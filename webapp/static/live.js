// Lets the sentence follow each change of a form that is marked for it. Without scripts a button asks for the same.
"use strict";
{
  const form = document.querySelector("form[data-follow]");
  const there = () => document.querySelector(".promise[role=status]");
  let asked = 0;
  let timer = 0;

  async function follow() {
    const mine = ++asked;
    const fields = new FormData(form);
    const name = form.dataset.follow;
    fields.set(name, "show");
    fields.set("part", "promise");
    fields.delete("email");
    fields.delete("name");
    if (!fields.has("topic")) return;
    const answer = await fetch(form.action, { method: "POST", body: new URLSearchParams(fields) });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.querySelector(".promise[role=status]");
    if (mine !== asked || !answer.ok || !fresh) return;
    const old = there();
    if (!old) form.before(fresh);
    else if (old.textContent.trim() !== fresh.textContent.trim()) {
      old.replaceChildren(...fresh.children);
      old.classList.remove("is-new");
      void old.offsetWidth;
      old.classList.add("is-new");
    }
    // A long one scrolls in itself, with the keyboard too.
    const now = there();
    if (now.scrollHeight > now.clientHeight) now.tabIndex = 0;
  }

  if (form) {
    form.addEventListener("input", () => {
      clearTimeout(timer);
      timer = setTimeout(() => follow().catch(() => {}), 150);
    });
  }
}
