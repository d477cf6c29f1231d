/* Keeps a part of a page fresh: fetches its HTML every few seconds, not while the tab is hidden, until the part says it has
   ended. What a part says by data-live-say is read out when it changes. */
(function () {
  class LiveController extends window.StimulusModule.Controller {
    static values = { url: String, seconds: { type: Number, default: 2 } };

    connect() {
      this.seen = () => document.visibilityState === "visible" && this.refresh();
      document.addEventListener("visibilitychange", this.seen);
      this.status = Object.assign(document.createElement("p"), { className: "w-sr-only", role: "status" });
      this.element.after(this.status);
      this.said = this.words();
      this.plan();
    }

    disconnect() {
      document.removeEventListener("visibilitychange", this.seen);
      clearTimeout(this.timer);
      this.status.remove();
      if (this.request) this.request.abort();
    }

    words() {
      const saying = this.element.querySelector("[data-live-say]");
      return saying ? saying.dataset.liveSay : "";
    }

    plan() {
      clearTimeout(this.timer);
      if (!this.element.querySelector("[data-live-ended]")) {
        this.timer = setTimeout(() => this.refresh(), this.secondsValue * 1000);
      }
    }

    /* Whoever stands on a button with the keyboard, or has scrolled a table aside, stays there. */
    replace(html) {
      const keys = [...this.element.querySelectorAll("[data-live-keep]")];
      const aside = new Map(keys.map((kept) => [kept.dataset.liveKeep, kept.scrollLeft]));
      const focused = this.element.contains(document.activeElement) && document.activeElement.dataset.liveKeep;
      this.element.innerHTML = html;
      for (const kept of this.element.querySelectorAll("[data-live-keep]")) {
        kept.scrollLeft = aside.get(kept.dataset.liveKeep) || 0;
        if (focused === kept.dataset.liveKeep) kept.focus({ preventScroll: true });
      }
      if (this.words() !== this.said) this.status.textContent = this.said = this.words();
    }

    async refresh() {
      if (document.visibilityState !== "visible") return;
      this.request = new AbortController();
      try {
        const answer = await fetch(this.urlValue, { signal: this.request.signal, headers: { "X-Requested-With": "fetch", "X-Unattended": "yes" } });
        if (answer.redirected || !answer.ok) throw new Error(answer.status);
        this.replace(await answer.text());
        if (this.element.querySelector("[data-live-reload]")) window.location.reload();
      } catch (error) {
        if (error.name === "AbortError") return;
      }
      this.plan();
    }
  }

  window.wagtail.app.register("live", LiveController);
})();
