/* Beside the audience editor: posts the conditions after each change and shows how many customers fit. */
(function () {
  const DELAY_MS = 400;

  class ReachController extends window.StimulusModule.Controller {
    static targets = ["answer", "status"];
    static values = { url: String, add: String };

    connect() {
      this.form = document.querySelector("[data-edit-form]");
      if (!this.form) return;
      this.last = null;
      this.form.style.setProperty("--add-condition", JSON.stringify(this.addValue));
      this.typed = () => this.changed(true);
      this.form.addEventListener("input", this.typed);
      this.form.addEventListener("change", this.typed);
      this.observer = new MutationObserver(() => this.changed(false));
      this.observer.observe(this.form, { childList: true, subtree: true });
      if (document.readyState === "complete") this.open();
      else window.addEventListener("load", () => this.open(), { once: true });
      this.changed(false);
    }

    /* Wagtail listens for this only once the page has loaded. */
    open() {
      const panel = this.element.closest("[data-side-panel]");
      if (panel) panel.dispatchEvent(new CustomEvent("open"));
    }

    disconnect() {
      if (!this.form) return;
      this.form.removeEventListener("input", this.typed);
      this.form.removeEventListener("change", this.typed);
      this.observer.disconnect();
      clearTimeout(this.timer);
      if (this.request) this.request.abort();
    }

    /* Errors are shown only after typing: a condition that was just added is empty and nobody's fault. */
    changed(isTyping) {
      this.showErrors = this.showErrors || isTyping;
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.count(), DELAY_MS);
    }

    conditions() {
      const kept = new URLSearchParams();
      for (const [name, value] of new FormData(this.form)) {
        if (name === "match" || name === "csrfmiddlewaretoken" || name.startsWith("rules-")) kept.append(name, value);
      }
      return kept;
    }

    async count() {
      const body = this.conditions();
      if (body.toString() === this.last) return;
      this.last = body.toString();
      if (this.request) this.request.abort();
      this.request = new AbortController();
      this.statusTarget.textContent = this.statusTarget.dataset.counting;
      this.element.setAttribute("aria-busy", "true");
      try {
        const response = await fetch(this.urlValue, {
          method: "POST",
          body,
          headers: { "X-Requested-With": "XMLHttpRequest" },
          signal: this.request.signal,
        });
        if (!response.ok) throw new Error(String(response.status));
        this.show(await response.json());
        this.statusTarget.textContent = "";
      } catch (error) {
        if (error.name === "AbortError") return;
        this.last = null;
        this.statusTarget.textContent = this.statusTarget.dataset.failed;
      }
      this.element.setAttribute("aria-busy", "false");
    }

    show(answer) {
      this.answerTarget.innerHTML = answer.html;
      this.clearErrors();
      const panel = window.wagtail.editHandler && window.wagtail.editHandler.getPanelByName("rules");
      const widget = panel && panel.getBoundWidget();
      if (widget && answer.errors && this.showErrors) widget.setError(answer.errors);
      this.showErrors = false;
    }

    /* Wagtail's setError adds errors to conditions but never takes them away. */
    clearErrors() {
      for (const field of this.form.querySelectorAll(".criterion .w-field--error")) {
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
