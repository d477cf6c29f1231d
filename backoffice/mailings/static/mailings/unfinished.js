/* Keeps what is typed into the form of a mailing, a moment after the last key, apart from the mailing itself. The answer says
   when it was kept, and what the six steps say now. One request at a time, so that the last one is the latest. */
(function () {
  const DELAY_MS = 800;
  const RETRY_MS = 10000;

  class UnfinishedController extends window.StimulusModule.Controller {
    static targets = ["said"];
    static values = { failed: String };

    connect() {
      this.form = this.element.closest("form");
      this.steps = document.querySelector("[data-mailing-steps]");
      this.kept = this.typed().toString();
      this.changed = (event) => {
        if (event.target.name === "template") this.follow(event.target);
        this.plan(DELAY_MS);
      };
      this.leaving = () => document.visibilityState === "hidden" && this.keep(true);
      this.saving = () => this.stop();
      for (const name of ["input", "change", "focusout"]) this.form.addEventListener(name, this.changed);
      this.form.addEventListener("submit", this.saving);
      document.addEventListener("visibilitychange", this.leaving);
      /* What is kept is not lost, so nobody has to be asked before leaving. */
      this.form.dataset.action += " unfinished:kept->w-unsaved#clear";
    }

    disconnect() {
      this.stop();
      for (const name of ["input", "change", "focusout"]) this.form.removeEventListener(name, this.changed);
      this.form.removeEventListener("submit", this.saving);
      document.removeEventListener("visibilitychange", this.leaving);
    }

    stop() {
      this.isOver = true;
      clearTimeout(this.timer);
    }

    plan(delay) {
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.keep(false), delay);
    }

    typed() {
      return new URLSearchParams(new FormData(this.form));
    }

    /* A text says what it is for and from whom it comes; a mailing with another purpose or sender would be refused. */
    follow(chosen) {
      const { purpose, sender } = chosen.dataset;
      if (purpose) this.form.elements.purpose.value = purpose;
      if (sender) this.form.elements.sender.value = sender;
    }

    async keep(isLeaving) {
      const typed = this.typed();
      const words = typed.toString();
      if (this.isOver || words === this.kept) return;
      if (this.isAsking && !isLeaving) {
        this.isBehind = true;
        return;
      }
      typed.append("keep", "1");
      this.isAsking = true;
      try {
        this.told(words, await this.send(typed, isLeaving));
      } catch (error) {
        this.say(this.failedValue);
        this.isBehind = false;
        if (!this.isOver) this.plan(RETRY_MS);
      }
      this.isAsking = false;
      if (this.isBehind) this.plan(0);
      this.isBehind = false;
    }

    async send(body, isLeaving) {
      const headers = { "X-Requested-With": "XMLHttpRequest" };
      const answer = await fetch(this.form.action, { method: "POST", body, headers, keepalive: isLeaving });
      if (answer.redirected || !(answer.headers.get("Content-Type") || "").includes("json")) throw new Error(answer.status);
      return answer.json();
    }

    told(words, answer) {
      this.kept = words;
      this.say(answer.said);
      if (answer.steps && !this.steps.contains(document.activeElement)) this.steps.innerHTML = answer.steps;
      if (answer.is_kept) this.form.dispatchEvent(new CustomEvent("unfinished:kept"));
    }

    say(words) {
      if (!this.isOver && this.saidTarget.textContent !== words) this.saidTarget.textContent = words;
    }
  }

  window.wagtail.app.register("unfinished", UnfinishedController);
})();
