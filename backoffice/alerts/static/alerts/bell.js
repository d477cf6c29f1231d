/* The numbers on the menu's bell, of alerts that wait for somebody and of unread information, asked every 10 s while somebody looks, and said to screen readers when it grows. */
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
      [this.count, this.unread] = (sessionStorage.getItem(KEPT) || "0 0").split(" ").map(Number);
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
          if (news.count > this.count || news.unread > this.unread) this.voice.textContent = news.sentence;
          [this.count, this.unread] = [news.count, news.unread];
          sessionStorage.setItem(KEPT, `${news.count} ${news.unread}`);
          this.show();
        }
      } catch (error) {
        /* The next question may be answered. */
      }
      this.timer = setTimeout(() => this.ask(), SECONDS * 1000);
    }

    show() {
      this.mark("alerts", this.count);
      this.mark("news", this.unread);
    }

    mark(name, count) {
      if (count) this.element.dataset[name] = count > 99 ? "99+" : count;
      else delete this.element.dataset[name];
    }
  }

  window.wagtail.app.register("alert-bell", AlertBellController);
})();
