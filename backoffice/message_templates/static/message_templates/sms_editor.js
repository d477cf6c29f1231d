/* The text editor: buttons that insert merge fields, marks in each text, a line under it that counts its parts, and the
   phone beside it. */
(function () {
  if (window.parleySmsEditor) return; /* both the field and the panel bring this file */
  window.parleySmsEditor = true;
  const DELAY_MS = 250;
  /* What decides where a word stands in its field. */
  const SHAPE = ["fontFamily", "fontSize", "fontWeight", "lineHeight", "letterSpacing", "textAlign", "borderTopWidth",
    "borderLeftWidth", "paddingTop", "paddingRight", "paddingBottom", "paddingLeft"];

  /* What is pasted loses what nobody sees, as it does when the text is kept: then places are the same here and there. */
  const INVISIBLE = /[\u0000-\u0008\u000e-\u001f\u007f-\u009f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\u3164\ue000-\uf8ff\ufeff\uffa0\ufff0-\ufffc]/g;
  const BLANKS = /[\t\u00a0\u1680\u2000-\u200a\u202f\u205f\u2800\u3000]/g;
  const BREAKS = /\r\n?|[\u000b\u000c\u0085\u2028\u2029]/g;
  function oneForm(words) {
    return words.replace(BREAKS, "\n").replace(BLANKS, " ").replace(INVISIBLE, "").normalize("NFC");
  }

  /* Like typing: the cursor stays and Ctrl+Z works. */
  function type(area, words) {
    area.focus();
    if (!document.execCommand("insertText", false, words)) {
      area.setRangeText(words, area.selectionStart, area.selectionEnd, "end");
      area.dispatchEvent(new Event("input", { bubbles: true }));
    }
    area.dispatchEvent(new Event("change", { bubbles: true }));
  }

  class SmsEditorController extends window.StimulusModule.Controller {
    static targets = ["meter", "marks"];

    connect() {
      this.marked = { characters: "", wrong: [] };
      this.typed = () => this.mark({ ...this.marked, wrong: [] });
      this.area.addEventListener("input", this.typed);
      this.pasted = (event) => this.paste(event);
      this.area.addEventListener("paste", this.pasted);
      this.area.addEventListener("scroll", () => this.follow());
      new ResizeObserver(() => this.follow()).observe(this.area);
    }

    disconnect() {
      this.area.removeEventListener("input", this.typed);
      this.area.removeEventListener("paste", this.pasted);
    }

    paste(event) {
      const words = event.clipboardData ? event.clipboardData.getData("text/plain") : "";
      if (!words) return;
      event.preventDefault();
      type(this.area, oneForm(words));
    }

    get area() {
      return this.element.querySelector("textarea");
    }

    /* Draws the text once more behind itself, unseen except for what is marked. Places are counted in characters. */
    mark(marked) {
      this.marked = marked;
      const characters = new Set(marked.characters);
      const behind = document.createDocumentFragment();
      let plain = "";
      Array.from(this.area.value).forEach((character, place) => {
        const isWrong = marked.wrong.some(([start, end]) => start <= place && place < end);
        if (!isWrong && !characters.has(character)) {
          plain += character;
          return;
        }
        behind.append(plain);
        plain = "";
        const mark = document.createElement("mark");
        mark.className = isWrong ? "sms-mark sms-mark--wrong" : "sms-mark";
        mark.textContent = character;
        behind.append(mark);
      });
      behind.append(plain, "\n");
      this.marksTarget.replaceChildren(behind);
      this.follow();
    }

    /* Keeps the marks exactly behind their words. */
    follow() {
      const shape = window.getComputedStyle(this.area);
      for (const name of SHAPE) this.marksTarget.style[name] = shape[name];
      this.marksTarget.style.width = `${this.area.clientWidth + 2 * this.area.clientLeft}px`;
      this.marksTarget.scrollTop = this.area.scrollTop;
    }

    write(event) {
      type(this.area, event.currentTarget.dataset.smsEditorWordsParam);
    }

    insert(event) {
      type(this.area, `{${event.params.field}}`);
    }

    replace(event) {
      this.area.select();
      type(this.area, event.currentTarget.dataset.smsEditorPlainParam);
    }
  }

  class SmsPhoneController extends window.StimulusModule.Controller {
    static targets = ["sample", "audience", "cost", "screen", "status"];
    static values = { url: String };

    connect() {
      this.form = document.querySelector("[data-edit-form]");
      if (!this.form) return;
      this.typed = () => this.changed();
      this.form.addEventListener("input", this.typed);
      this.form.addEventListener("change", this.typed);
      this.observer = new MutationObserver(() => this.changed());
      this.observer.observe(this.form, { childList: true, subtree: true });
      if (document.readyState === "complete") this.open();
      else window.addEventListener("load", () => this.open(), { once: true });
      this.changed();
    }

    disconnect() {
      if (!this.form) return;
      this.form.removeEventListener("input", this.typed);
      this.form.removeEventListener("change", this.typed);
      this.observer.disconnect();
      clearTimeout(this.timer);
      if (this.request) this.request.abort();
    }

    /* Wagtail listens for this only once the page has loaded. On a narrow screen the panel would cover the form. */
    open() {
      const panel = this.element.closest("[data-side-panel]");
      if (panel && window.matchMedia("(min-width: 800px)").matches) panel.dispatchEvent(new CustomEvent("open"));
    }

    changed() {
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.show(), DELAY_MS);
    }

    texts() {
      const body = new URLSearchParams({ sample: this.sampleTarget.value });
      const token = this.form.querySelector("[name=csrfmiddlewaretoken]");
      if (token) body.append("csrfmiddlewaretoken", token.value);
      if (this.hasAudienceTarget) body.append("audience", this.audienceTarget.value);
      for (const name of ["purpose", "sender"]) {
        if (this.form.elements[name]) body.append(name, this.form.elements[name].value);
      }
      for (const area of this.form.querySelectorAll("[data-controller~='sms-editor'] textarea")) {
        const prefix = area.name.replace(/text$/, "");
        const removed = prefix && this.form.elements[`${prefix}DELETE`];
        if (removed && removed.value) continue;
        const language = prefix && this.form.elements[`${prefix}language`];
        body.append("field", area.name);
        body.append("language", language ? language.value : "");
        body.append("text", area.value);
      }
      return body;
    }

    async show() {
      const body = this.texts();
      if (body.toString() === this.last) return;
      this.last = body.toString();
      if (this.request) this.request.abort();
      this.request = new AbortController();
      try {
        const response = await fetch(this.urlValue, {
          method: "POST",
          body,
          headers: { "X-Requested-With": "XMLHttpRequest" },
          signal: this.request.signal,
        });
        if (!response.ok) throw new Error(String(response.status));
        this.fill(await response.json());
        this.statusTarget.textContent = "";
      } catch (error) {
        if (error.name === "AbortError") return;
        this.last = null;
        this.statusTarget.textContent = this.statusTarget.dataset.failed;
      }
    }

    fill(answer) {
      this.screenTarget.innerHTML = answer.phone;
      if (this.hasCostTarget && this.costTarget.innerHTML !== answer.cost) this.costTarget.innerHTML = answer.cost;
      for (const area of this.form.querySelectorAll("[data-controller~='sms-editor'] textarea")) {
        const meter = area.closest(".sms-editor").querySelector(".sms-editor__meter");
        const html = answer.meters[area.name];
        if (html !== undefined && meter.innerHTML !== html) meter.innerHTML = html;
        const editor = window.wagtail.app.getControllerForElementAndIdentifier(area.closest(".sms-editor"), "sms-editor");
        if (editor && answer.marks[area.name]) editor.mark(answer.marks[area.name]);
      }
    }
  }

  window.wagtail.app.register("sms-editor", SmsEditorController);
  window.wagtail.app.register("sms-phone", SmsPhoneController);
})();
