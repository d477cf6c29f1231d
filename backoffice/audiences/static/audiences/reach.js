/* Beside the audience editor: posts the conditions after each change and shows how many customers fit, an estimate at
   first, then the exact number, then exactly what each condition does. */
(function () {
  const DELAY_MS = 300;
  const FRAMES = 60;

  class ReachController extends window.StimulusModule.Controller {
    static targets = ["number", "details", "rest", "status", "purpose", "who", "verdict"];
    static values = { countUrl: String, exactUrl: String, breakdownUrl: String, whyUrl: String, page: String, add: String };

    connect() {
      this.form = document.querySelector("[data-edit-form]");
      if (!this.form) return;
      this.last = null;
      this.asked = 0;
      this.owesErrors = false;
      /* What was found wrong when saving stays until it is mended. */
      this.showErrors = Boolean(this.form.querySelector(".error-message, .help-critical"));
      this.form.style.setProperty("--add-condition", JSON.stringify(this.addValue));
      /* Conditions in which somebody has typed; those that are shown as wrong were saved so. */
      this.touched = new WeakSet(Array.from(this.form.querySelectorAll(".criterion")).filter(
        (criterion) => criterion.querySelector(".error-message, .help-critical")));
      this.typed = (event) => this.changed(this.touch(event.target));
      this.form.addEventListener("input", this.typed);
      this.form.addEventListener("change", this.typed);
      this.picked = (event) => this.focusPicker(event.target.closest(".c-sf-add-button"), FRAMES);
      this.form.addEventListener("click", this.picked);
      this.observer = new MutationObserver(() => this.changed(false));
      this.observer.observe(this.form, { childList: true, subtree: true });
      if (document.readyState === "complete") this.open();
      else window.addEventListener("load", () => this.open(), { once: true });
      this.changed(false);
    }

    /* The picker of conditions opens some frames later; one goes on typing what one looks for. */
    focusPicker(button, frames) {
      if (!button) return;
      const search = button.parentElement.querySelector(".w-combobox [role=combobox]");
      if (search) search.focus();
      const isThere = search && document.activeElement === search;
      if (!isThere && frames) requestAnimationFrame(() => this.focusPicker(button, frames - 1));
    }

    /* Wagtail listens for this only once the page has loaded. On a narrow screen the panel would cover the form. */
    open() {
      const panel = this.element.closest("[data-side-panel]");
      if (panel && window.matchMedia("(min-width: 800px)").matches) panel.dispatchEvent(new CustomEvent("open"));
    }

    disconnect() {
      if (!this.form) return;
      this.form.removeEventListener("input", this.typed);
      this.form.removeEventListener("change", this.typed);
      this.form.removeEventListener("click", this.picked);
      this.observer.disconnect();
      clearTimeout(this.timer);
      if (this.request) this.request.abort();
    }

    /* Remembers the condition that a field belongs to, and those around it. False for what is no field of one. */
    touch(field) {
      const own = field.type === "hidden" ? null : field.closest(".criterion");
      for (let one = own; one; one = one.parentElement.closest(".criterion")) this.touched.add(one);
      return Boolean(own);
    }

    /* Errors are shown only after typing: a condition that was just added is empty and nobody's fault. */
    changed(isTyping) {
      this.showErrors = this.showErrors || isTyping;
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.count(), DELAY_MS);
    }

    purposeChanged() {
      this.count();
    }

    conditions() {
      const kept = new URLSearchParams();
      for (const [name, value] of new FormData(this.form)) {
        if (name === "match" || name === "csrfmiddlewaretoken" || name.startsWith("rules-")) kept.append(name, value);
      }
      kept.append("purpose", this.purposeTarget.value);
      return kept;
    }

    async count() {
      const body = this.conditions();
      if (body.toString() === this.last) return;
      this.last = body.toString();
      /* Somebody may type on before the answer comes: then the next answer shows its errors, too. */
      this.owesErrors = this.owesErrors || this.showErrors;
      this.showErrors = false;
      if (this.request) this.request.abort();
      this.request = new AbortController();
      const signal = this.request.signal;
      this.say("counting");
      this.element.setAttribute("aria-busy", "true");
      try {
        const answer = await this.ask(this.countUrlValue, body, signal);
        if (!answer) return;
        this.show(answer);
        this.element.setAttribute("aria-busy", "false");
        if (this.hasVerdictTarget && this.verdictTarget.hasChildNodes()) this.why();
        if (answer.more) {
          this.say("exactly");
          const exact = await this.ask(this.exactUrlValue, body, signal);
          this.showExact(exact);
          if (exact && exact.more) {
            this.say("breakdown");
            this.showExact(await this.ask(this.breakdownUrlValue, body, signal));
          }
        }
      } catch (error) {
        if (error.name === "AbortError") return;
        this.last = null;
        this.say("failed");
        this.element.setAttribute("aria-busy", "false");
      }
    }

    /* The answer, or null where the server gave up because this page has asked something newer. */
    async ask(url, conditions, signal) {
      const body = new URLSearchParams(conditions);
      if (signal) {
        this.asked += 1;
        body.append("page", this.pageValue);
        body.append("number", String(this.asked));
      }
      const response = await fetch(url, {
        method: "POST",
        body,
        headers: { "X-Requested-With": "XMLHttpRequest" },
        signal,
      });
      if (response.status === 204) return null;
      if (!response.ok || response.redirected) throw new Error(String(response.status));
      return response.json();
    }

    say(what) {
      this.statusTarget.textContent = what ? this.statusTarget.dataset[what] : "";
    }

    show(answer) {
      this.numberTarget.innerHTML = answer.number;
      this.detailsTarget.innerHTML = answer.details;
      this.restTarget.innerHTML = answer.rest;
      this.say("");
      if (!this.owesErrors) return;
      this.clearErrors();
      const panel = window.wagtail.editHandler && window.wagtail.editHandler.getPanelByName("rules");
      const widget = panel && panel.getBoundWidget();
      if (widget && answer.errors) widget.setError(answer.errors);
      for (const criterion of this.form.querySelectorAll(".criterion")) {
        if (!this.touched.has(criterion)) this.clearErrors(criterion);
      }
      this.owesErrors = false;
    }

    showExact(answer) {
      if (!answer) return;
      if (answer.number) this.numberTarget.innerHTML = answer.number;
      if (answer.details) this.detailsTarget.innerHTML = answer.details;
      if (answer.rest) this.restTarget.innerHTML = answer.rest;
      this.statusTarget.textContent = answer.problem;
    }

    async why() {
      if (!this.whoTarget.value.trim()) {
        this.verdictTarget.replaceChildren();
        this.whoTarget.focus();
        return;
      }
      const body = this.conditions();
      body.append("customer", this.whoTarget.value);
      try {
        const answer = await this.ask(this.whyUrlValue, body);
        this.verdictTarget.innerHTML = answer.html;
      } catch (error) {
        this.verdictTarget.textContent = this.verdictTarget.dataset.failed;
      }
    }

    /* Wagtail's setError adds errors to conditions but never takes them away. */
    clearErrors(within = this.form) {
      const messages = within === this.form ? ".criterion > .help-critical" : ":scope > .help-critical";
      within.querySelectorAll(messages).forEach((message) => message.remove());
      for (const field of within.querySelectorAll(within === this.form ? ".criterion .w-field--error" : ".w-field--error")) {
        field.classList.remove("w-field--error");
        field.querySelectorAll(".error-message").forEach((message) => message.remove());
        field.querySelectorAll("[aria-invalid]").forEach((input) => input.removeAttribute("aria-invalid"));
        const icon = field.querySelector(".w-field__errors-icon");
        if (icon) icon.setAttribute("hidden", "true");
      }
    }
  }

  window.wagtail.app.register("reach", ReachController);
})();
