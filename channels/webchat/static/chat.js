/* One conversation on a page. What is said gets an id of its own here and is kept until the server says that it is stored;
   after a reconnect everything unacknowledged is said again with the same id, so nothing is lost and nothing counts twice.
   Written for old phones: no modules, nothing newer than 2016. */
(function () {
  "use strict";

  const words = JSON.parse(document.body.dataset.words);
  const PHOTO_LIMIT = 10 * 1024 * 1024;
  const TEXT_LIMIT = 20000;      // the server keeps less and says so; this only keeps frames small
  const PATIENCE = 10000;        // ms without an acknowledgement before the line is taken for dead
  const LONGEST_WAIT = 30000;    // ms between attempts to reconnect
  const PAUSE_SHOWN = 5 * 60000; // ms of silence after which the time is shown

  function make(tag, className, text) {
    const element = document.createElement(tag);
    if (className) element.className = className;
    if (text) element.textContent = text;
    return element;
  }

  function newId() {
    const bytes = crypto.getRandomValues(new Uint8Array(12));
    return Array.prototype.map.call(bytes, function (b) { return ("0" + b.toString(16)).slice(-2); }).join("");
  }

  /* Half an emoji, left over by a cut, would be no text at all to the server. */
  function whole(text) {
    return text.slice(0, TEXT_LIMIT).replace(/[\uD800-\uDBFF][\uDC00-\uDFFF]|[\uD800-\uDFFF]/g, function (c) { return c.length === 2 ? c : "\uFFFD"; });
  }

  function clock(date) {
    const two = function (n) { return ("0" + n).slice(-2); };
    const time = two(date.getHours()) + ":" + two(date.getMinutes());
    if (date.toDateString() === new Date().toDateString()) return time;
    return date.toLocaleDateString(document.documentElement.lang, { month: "long", day: "numeric" }) + " " + time;
  }

  /* What was said and not yet acknowledged; survives a reload. */
  class Waiting {
    constructor(key) {
      this.key = "mulin:waiting:" + key;
      this.items = [];
      try { this.items = JSON.parse(localStorage.getItem(this.key)) || []; } catch (_) { /* storage is off: memory only */ }
      this.items.forEach(function (i) { i.local = ""; }); // a picture of the page before this one
    }
    save() {
      try {
        if (this.items.length) localStorage.setItem(this.key, JSON.stringify(this.items));
        else localStorage.removeItem(this.key);
      } catch (_) { /* the same */ }
    }
    add(item) { this.items.push(item); this.save(); }
    drop(id) {
      const found = this.items.filter(function (i) { return i.id === id; })[0];
      this.items = this.items.filter(function (i) { return i.id !== id; });
      this.save();
      return found;
    }
  }

  class Chat {
    constructor(root) {
      this.root = root;
      this.log = root.querySelector(".chat-log");
      this.form = root.querySelector(".chat-form");
      this.input = root.querySelector("textarea");
      this.file = root.querySelector("input[type=file]");
      this.state = root.querySelector(".chat-state");
      this.empty = root.querySelector(".chat-empty");
      this.become(root.dataset.as, root.dataset.name);
      this.listen();
    }

    /* Speak as this person from now on (in the demonstration; on the chat page it is always the same one). */
    become(as, name) {
      this.root.dataset.as = as;
      this.name = name;
      this.room = this.root.dataset.chat;
      this.waiting = new Waiting(as + ":" + this.room);
      this.bubbles = {};
      this.lastAt = 0;
      this.tries = 0;
      Array.prototype.slice.call(this.log.querySelectorAll(".bubble, .chat-time")).forEach(function (e) { e.remove(); });
      this.empty.hidden = false;
      this.connect();
    }

    address(path) {
      const asked = [];
      if (this.root.dataset.as) asked.push("as=" + encodeURIComponent(this.root.dataset.as));
      if (this.room) asked.push("chat=" + encodeURIComponent(this.room));
      if (this.root.dataset.lang) asked.push("lang=" + this.root.dataset.lang);
      return path + (asked.length ? "?" + asked.join("&") : "");
    }

    /* --- the line ------------------------------------------------------------------------------------------------ */

    connect() {
      clearTimeout(this.retry);
      if (this.socket) { this.socket.onclose = null; this.socket.close(); }
      const scheme = location.protocol === "https:" ? "wss://" : "ws://";
      const socket = this.socket = new WebSocket(scheme + location.host + this.address("/chat/ws"));
      this.ready = false;
      socket.onmessage = (event) => { if (socket === this.socket) this.hear(JSON.parse(event.data)); };
      socket.onclose = () => { if (socket === this.socket) this.lost(); };
    }

    lost() {
      this.ready = false;
      clearTimeout(this.steady);
      this.tries += 1;
      if (this.tries > 1) this.tell(words.lost);
      const wait = Math.min(LONGEST_WAIT, 400 * Math.pow(2, this.tries)) * (0.6 + Math.random() * 0.4);
      clearTimeout(this.retry);
      this.retry = setTimeout(() => {
        const again = () => this.connect();
        if (this.tries % 4 === 3 && !this.root.dataset.as) fetch(location.href, { credentials: "same-origin" }).then(again, again); // a new cookie
        else again();
      }, wait);
    }

    wake() {
      if (!this.ready && this.socket.readyState !== WebSocket.CONNECTING) { this.tries = 0; this.connect(); }
    }

    hear(word) {
      if (word.messages) this.opened(word.messages);
      else if (word.message) this.show(word.message, true);
      else if (word.ack) this.acknowledged(word.ack, word.note);
      else if (word.refused) this.refused(word.refused, word.note);
      else if (word.again) this.later(word.again);
    }

    opened(messages) {
      this.ready = true;
      this.steady = setTimeout(() => { this.tries = 0; }, PATIENCE); // a line that breaks at once again is not tried ever faster
      this.tell("");
      messages.forEach((message) => {
        if (this.waiting.drop(message.id)) this.settle(message.id);
        this.show(message, false);
      });
      this.waiting.items.forEach((item) => { this.draw(item); this.post(item); });
      this.toEnd();
      this.root.dataset.ready = "1";
    }

    post(item) {
      if (!this.ready) return;
      this.socket.send(JSON.stringify({ id: item.id, text: item.text, choice: item.choice, question: item.question, photo: item.photo }));
      clearTimeout(this.watch);
      this.watch = setTimeout(() => { if (this.waiting.items.length && this.ready) this.socket.close(); }, PATIENCE);
    }

    later(seconds) {
      this.tell(words.busy);
      clearTimeout(this.watch);
      clearTimeout(this.again);
      this.again = setTimeout(() => { this.tell(""); this.waiting.items.forEach((item) => this.post(item)); }, seconds * 1000);
    }

    acknowledged(id, note) {
      this.waiting.drop(id);
      this.tries = 0;
      const pressed = this.settle(id).pressed;
      if (note) this.tell(note, 6000);
      else if (pressed) this.tell(words.got, 2000);
    }

    settle(id) {
      const bubble = this.bubbles[id] || {};
      if (bubble.pressed) bubble.pressed.classList.add("pressed");
      if (bubble.element) this.mark(bubble.element, "bubble-waiting", "");
      return bubble;
    }

    refused(id, note) {
      this.waiting.drop(id);
      const bubble = this.bubbles[id];
      if (bubble && bubble.element) this.mark(bubble.element, "bubble-refused", words.refused);
      this.tell(note, 6000);
    }

    tell(text, forMs) {
      clearTimeout(this.untell);
      this.state.textContent = text;
      this.state.hidden = !text;
      if (forMs) this.untell = setTimeout(() => this.tell(""), forMs);
    }

    /* --- saying something ---------------------------------------------------------------------------------------- */

    say(item) {
      item.id = newId();
      item.text = whole(item.text || "");
      item.choice = item.choice || "";
      item.question = item.question || "";
      item.photo = item.photo || "";
      item.at = new Date().toISOString();
      this.waiting.add(item);
      this.draw(item);
      this.post(item);
      this.toEnd();
      return item;
    }

    /* A press in a group is not shown as a bubble: what somebody chose is nobody else's business. */
    press(button, message, key) {
      const item = this.say({ text: button.text, choice: button.payload, question: message.id });
      if (this.room) this.bubbles[item.id] = { pressed: key };
    }

    sendPhoto(file) {
      if (!/^image\//.test(file.type)) return this.tell(words.photo_kind, 6000);
      if (file.size > PHOTO_LIMIT) return this.tell(words.photo_big, 6000);
      const caption = this.input.value.trim();
      this.input.value = "";
      this.fit();
      return fetch(this.address("/chat/photo"), { method: "POST", body: file, credentials: "same-origin", headers: { "Content-Type": file.type } })
        .then((answer) => { if (!answer.ok) throw new Error(answer.status); return answer.json(); })
        .then((answer) => { this.say({ text: caption, photo: answer.photo, local: URL.createObjectURL(file) }); })
        .catch(() => { this.input.value = this.input.value || caption; this.tell(words.photo_failed, 6000); });
    }

    /* --- showing ------------------------------------------------------------------------------------------------- */

    draw(item) {
      if (this.room && item.choice) return;
      this.show({ id: item.id, from: this.room ? this.name : "me", text: item.text, at: item.at, picture: item.local || "" }, false);
      const bubble = this.bubbles[item.id];
      if (bubble && bubble.element) this.mark(bubble.element, "bubble-waiting", words.sending);
    }

    show(message, fresh) {
      if (this.bubbles[message.id]) return;
      const mine = this.room ? message.from === this.name : message.from === "me";
      const bot = message.from === "bot";
      const near = this.log.scrollHeight - this.log.scrollTop - this.log.clientHeight < 160;
      const element = make("div", "bubble " + (mine ? "bubble-mine" : bot ? "bubble-bot" : "bubble-other"));
      element.dataset.id = message.id;
      if (message.large) element.classList.add("bubble-large");
      if (fresh) element.classList.add("bubble-new");
      if (this.room && !mine) element.appendChild(make("span", "bubble-name", bot ? words.bot : message.from));
      if (message.picture) this.picture(element, message.picture);
      if (message.text) this.linked(element.appendChild(make("div", "bubble-text")), message.text);
      if (message.buttons && message.buttons.length) this.buttons(element, message);
      this.bubbles[message.id] = { element: element };
      this.time(new Date(message.at));
      this.empty.hidden = true;
      this.log.appendChild(element);
      if (fresh && !mine) this.root.dispatchEvent(new CustomEvent("mulin-heard", { bubbles: true }));
      if (fresh && (near || mine)) this.toEnd();
    }

    time(at) {
      if (at.getTime() - this.lastAt > PAUSE_SHOWN) this.log.appendChild(make("p", "chat-time", clock(at)));
      this.lastAt = Math.max(this.lastAt, at.getTime());
    }

    picture(element, source) {
      const image = make("img", "bubble-picture");
      image.alt = words.photo;
      image.onload = () => { if (this.log.scrollHeight - this.log.scrollTop - this.log.clientHeight < 500) this.toEnd(); };
      image.src = source;
      element.appendChild(image);
    }

    linked(element, text) {
      text.split(/(https?:\/\/[^\s，。；：！？、（）《》【】“”"'<>]+)/).forEach((part, place) => {
        if (place % 2) element.appendChild(this.link(part, part, "")); else if (part) element.appendChild(document.createTextNode(part));
      });
    }

    link(text, url, className) {
      const link = make("a", className, text);
      if (/^(https?:\/\/|\/)/.test(url)) link.href = url;
      link.target = this.root.dataset.tab;
      link.rel = "noopener";
      return link;
    }

    buttons(element, message) {
      const row = element.appendChild(make("div", "bubble-buttons"));
      message.buttons.forEach((button) => {
        if (button.url) { row.appendChild(this.link(button.text, button.url, button.aside ? "button-aside" : "button-link")).title = words.opens; return; }
        const key = row.appendChild(make("button", button.aside ? "button-aside" : "", button.text));
        key.type = "button";
        key.onclick = () => this.press(button, message, key);
      });
    }

    mark(element, className, text) {
      element.classList.remove("bubble-waiting", "bubble-refused");
      const old = element.querySelector(".bubble-state");
      if (old) old.remove();
      if (!text) return;
      element.classList.add(className);
      element.appendChild(make("span", "bubble-state", text));
    }

    toEnd() { this.log.scrollTop = this.log.scrollHeight; }

    /* --- hands --------------------------------------------------------------------------------------------------- */

    listen() {
      this.form.addEventListener("submit", (event) => { event.preventDefault(); this.submit(); });
      this.input.addEventListener("input", () => this.fit());
      this.input.addEventListener("keydown", (event) => {
        if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return; // 229: a Chinese word is being chosen
        event.preventDefault();
        this.submit();
      });
      this.root.querySelector(".chat-photo").onclick = () => this.file.click();
      this.file.onchange = () => { if (this.file.files[0]) this.sendPhoto(this.file.files[0]); this.file.value = ""; };
      Array.prototype.forEach.call(this.root.querySelectorAll("[data-say]"), (button) => {
        button.onclick = () => this.say({ text: button.dataset.say });
      });
      const size = this.root.querySelector(".chat-size");
      size.onclick = () => {
        size.setAttribute("aria-pressed", String(this.root.classList.toggle("chat-large")));
        this.fit();
        this.toEnd();
      };
      window.addEventListener("online", () => this.wake());
      document.addEventListener("visibilitychange", () => { if (!document.hidden) this.wake(); });
    }

    submit() {
      const text = this.input.value.trim();
      if (!text) return;
      this.input.value = "";
      this.fit();
      this.say({ text: text });
    }

    fit() {
      this.input.style.height = "auto";
      this.input.style.height = this.input.value ? this.input.scrollHeight + 2 + "px" : "";
    }

    /* Put these words into the input, ready to be sent. */
    write(text) {
      this.input.value = text;
      this.fit();
      this.input.focus({ preventScroll: true });
    }
  }

  Array.prototype.forEach.call(document.querySelectorAll(".chat"), function (root) { root.chat = new Chat(root); });

  /* A slip's QR opens /chat?start=CODE: the code stands ready and is said by the reader's own tap. */
  const code = /[?&]start=(\d{8})(&|$)/.exec(location.search);
  const only = document.querySelectorAll(".chat");
  if (code && only.length === 1) {
    only[0].chat.write(code[1].slice(0, 4) + " " + code[1].slice(4));
    history.replaceState(null, "", location.pathname);
  }
})();
