/* Keeps a part of a page fresh: fetches its HTML every few seconds, not while the tab is hidden, until the part says it has ended. */
(function () {
  class LiveController extends window.StimulusModule.Controller {
    static values = { url: String, seconds: { type: Number, default: 2 } };

    connect() {
      this.seen = () => document.visibilityState === "visible" && this.refresh();
      document.addEventListener("visibilitychange", this.seen);
      this.plan();
    }

    disconnect() {
      document.removeEventListener("visibilitychange", this.seen);
      clearTimeout(this.timer);
      if (this.request) this.request.abort();
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
    }

    async refresh() {
      if (document.visibilityState !== "visible") return;
      this.request = new AbortController();
      try {
        const answer = await fetch(this.urlValue, { signal: this.request.signal, headers: { "X-Requested-With": "fetch" } });
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
