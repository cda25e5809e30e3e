/* The demonstration: who holds which phone, what is unread, and the words worth trying. */
(function () {
  "use strict";

  const all = function (selector, inside) { return Array.prototype.slice.call((inside || document).querySelectorAll(selector)); };
  const phones = all(".phone");

  function holder(phone, as) { return all(".holder[data-as]", phone).filter(function (b) { return b.dataset.as === as; })[0]; }

  /* The phone in which that person sees that chat. */
  function phoneOf(as, room) {
    return phones.filter(function (phone) {
      return all(".chat", phone).some(function (c) { return c.dataset.chat === room && (room !== "" || c.dataset.as === as); });
    })[0];
  }

  /* Give the phone to that person; returns the conversation they see. */
  function hand(phone, as) {
    all(".holder[data-as]", phone).forEach(function (b) { b.setAttribute("aria-pressed", String(b.dataset.as === as)); });
    const button = holder(phone, as);
    if (button) button.classList.remove("unread");
    const holds = all(".hold", phone);
    if (holds.length) {
      holds.forEach(function (h) { h.hidden = h.dataset.as !== as; });
      const chat = holds.filter(function (h) { return !h.hidden; })[0].querySelector(".chat").chat;
      chat.toEnd();
      return chat;
    }
    const room = phone.querySelector(".chat").chat;
    if (room.root.dataset.as !== as) room.become(as, button.dataset.name);
    return room;
  }

  phones.forEach(function (phone) {
    all(".holder[data-as]", phone).forEach(function (button) { button.onclick = function () { hand(phone, button.dataset.as); }; });
  });

  document.addEventListener("mulin-heard", function (event) {
    const hold = event.target.parentNode;
    if (hold.hidden) holder(phoneOf(event.target.dataset.as, ""), event.target.dataset.as).classList.add("unread");
  });

  all(".hint").forEach(function (hint) {
    hint.onclick = function () {
      const phone = phoneOf(hint.dataset.as, hint.dataset.chat);
      const chat = hand(phone, hint.dataset.as);
      hint.classList.add("done");
      phone.classList.add("called");
      setTimeout(function () { phone.classList.remove("called"); }, 1600);
      phone.scrollIntoView({ behavior: "smooth", block: "nearest" });
      chat.write(hint.dataset.text);
    };
  });

  const tabs = all("[role=tab]");
  function open(tab) {
    tabs.forEach(function (t) {
      const chosen = t === tab;
      t.setAttribute("aria-selected", String(chosen));
      t.tabIndex = chosen ? 0 : -1;
      document.getElementById(t.getAttribute("aria-controls")).hidden = !chosen;
    });
  }
  tabs.forEach(function (tab, place) {
    tab.onclick = function () { open(tab); };
    tab.onkeydown = function (event) {
      const step = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? tabs.length - 1 : 0;
      if (!step) return;
      const next = tabs[(place + step) % tabs.length];
      open(next);
      next.focus();
    };
  });
})();
