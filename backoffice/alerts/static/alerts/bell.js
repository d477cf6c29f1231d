/* The number of alerts on the menu's bell, asked every 10 s while somebody looks, and said to screen readers when it grows. */
(function () {
  const SECONDS = 10;
  const KEPT = "parley:alerts";

  class AlertBellController extends window.StimulusModule.Controller {
    static values = { url: String };

    connect() {
      this.voice = document.createElement("div");
      this.voice.className = "w-sr-only";
      this.voice.setAttribute("role", "status");
      document.body.append(this.voice);
      this.count = Number(sessionStorage.getItem(KEPT) || 0);
      this.show();
      this.seen = () => document.visibilityState === "visible" && this.ask();
      document.addEventListener("visibilitychange", this.seen);
      this.ask();
    }

    disconnect() {
      document.removeEventListener("visibilitychange", this.seen);
      clearTimeout(this.timer);
      this.voice.remove();
    }

    async ask() {
      clearTimeout(this.timer);
      if (document.visibilityState !== "visible") return;
      try {
        const answer = await fetch(this.urlValue, {
          headers: { "X-Requested-With": "XMLHttpRequest", "X-Unattended": "yes" },
        });
        if (answer.ok && !answer.redirected) {
          const news = await answer.json();
          if (news.count > this.count) this.voice.textContent = news.sentence;
          this.count = news.count;
          sessionStorage.setItem(KEPT, news.count);
          this.show();
        }
      } catch (error) {
        /* The next question may be answered. */
      }
      this.timer = setTimeout(() => this.ask(), SECONDS * 1000);
    }

    show() {
      if (this.count) this.element.dataset.alerts = this.count > 99 ? "99+" : this.count;
      else delete this.element.dataset.alerts;
    }
  }

  window.wagtail.app.register("alert-bell", AlertBellController);
})();
