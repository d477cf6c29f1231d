/* The calendar beside a text input for a day or a moment. It opens below the input and pushes down what follows, so it covers
   nothing; weeks begin on Monday, and today is the company's. It only ever writes a day that somebody chose: what was typed is
   for the server to understand or to refuse. */
(function () {
  const DAY_MS = 86400000;
  const TYPED_DAY = /^\s*(?:(\d{1,2})\.\s?(\d{1,2})\.\s?(\d{4})|(\d{4})-(\d{2})-(\d{2}))/;
  const TYPED_TIME = /(\d{1,2}[:.]\d{2})(?!\d*\.)(?:\s*[+-]\d{2}:?\d{2})?\s*$/;
  /* 4 January 2021 was a Monday. */
  const A_MONDAY = Date.UTC(2021, 0, 4);

  class MomentController extends window.StimulusModule.Controller {
    static targets = ["button", "calendar"];
    static values = { today: String, time: String };

    connect() {
      this.input = this.element.querySelector("input");
      this.keys = (event) => this.key(event);
      if (this.hasCalendarTarget) this.calendarTarget.addEventListener("keydown", this.keys);
    }

    disconnect() {
      if (this.hasCalendarTarget) this.calendarTarget.removeEventListener("keydown", this.keys);
    }

    toggle() {
      if (this.calendarTarget.hidden) this.open();
      else this.close();
    }

    open() {
      this.calendarTarget.hidden = false;
      this.buttonTarget.setAttribute("aria-expanded", "true");
      this.draw(this.typed() || new Date(`${this.todayValue}T00:00Z`));
    }

    close() {
      this.calendarTarget.hidden = true;
      this.buttonTarget.setAttribute("aria-expanded", "false");
      this.buttonTarget.focus();
    }

    typed() {
      const found = TYPED_DAY.exec(this.input.value);
      if (!found) return null;
      const [year, month, day] = found[3] ? [found[3], found[2], found[1]] : [found[4], found[5], found[6]];
      const read = new Date(Date.UTC(Number(year), Number(month) - 1, Number(day)));
      return read.getUTCDate() === Number(day) && read.getUTCMonth() === Number(month) - 1 ? read : null;
    }

    words(day, options) {
      const language = document.documentElement.lang || "en";
      return day.toLocaleDateString(language, { timeZone: "UTC", ...options });
    }

    made(name, text, attributes = {}) {
      const element = document.createElement(name);
      element.textContent = text;
      for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
      return element;
    }

    draw(chosen) {
      this.chosen = chosen;
      const first = new Date(Date.UTC(chosen.getUTCFullYear(), chosen.getUTCMonth(), 1));
      this.calendarTarget.replaceChildren(this.head(first), this.table(first));
      this.calendarTarget.querySelector("[tabindex='0']").focus();
    }

    head(first) {
      const head = this.made("div", "", { class: "moment-input__head" });
      const step = (months) => () => this.draw(this.months(months));
      for (const [name, sign, months] of [["before", "‹", -1], ["after", "›", 1]]) {
        const button = this.made("button", sign, { type: "button", "aria-label": this.calendarTarget.dataset[name] });
        button.className = "button button-secondary button-small";
        button.addEventListener("click", step(months));
        head.append(button);
      }
      const name = this.made("span", this.words(first, { month: "long", year: "numeric" }), { "aria-live": "polite" });
      head.insertBefore(name, head.lastChild);
      return head;
    }

    table(first) {
      const table = this.made("table", "");
      const names = table.createTHead().insertRow();
      for (let number = 0; number < 7; number += 1) {
        const day = new Date(A_MONDAY + number * DAY_MS);
        const words = { scope: "col", abbr: this.words(day, { weekday: "long" }) };
        names.append(this.made("th", this.words(day, { weekday: "short" }), words));
      }
      const body = table.createTBody();
      const begins = first.getTime() - ((first.getUTCDay() + 6) % 7) * DAY_MS;
      const weeks = Math.ceil(((first.getUTCDay() + 6) % 7 + this.length(first)) / 7);
      for (let week = 0; week < weeks; week += 1) {
        const row = body.insertRow();
        for (let number = 0; number < 7; number += 1) {
          row.insertCell().append(this.day(new Date(begins + (week * 7 + number) * DAY_MS), first));
        }
      }
      return table;
    }

    day(day, first) {
      const iso = day.toISOString().slice(0, 10);
      const isChosen = day.getTime() === this.chosen.getTime();
      const attributes = { type: "button", tabindex: isChosen ? "0" : "-1", "data-day": iso };
      attributes["aria-label"] = this.words(day, { weekday: "long", day: "numeric", month: "long", year: "numeric" });
      if (iso === this.todayValue) attributes["aria-current"] = "date";
      if (isChosen) attributes["aria-pressed"] = "true";
      if (day.getUTCMonth() !== first.getUTCMonth()) attributes["data-other"] = "";
      const button = this.made("button", String(day.getUTCDate()), attributes);
      button.addEventListener("click", () => this.choose(day));
      return button;
    }

    length(first) {
      return new Date(Date.UTC(first.getUTCFullYear(), first.getUTCMonth() + 1, 0)).getUTCDate();
    }

    /* The same day some months later; the last one of a shorter month. */
    months(count) {
      const month = new Date(Date.UTC(this.chosen.getUTCFullYear(), this.chosen.getUTCMonth() + count, 1));
      month.setUTCDate(Math.min(this.chosen.getUTCDate(), this.length(month)));
      return month;
    }

    choose(day) {
      const [year, month, number] = day.toISOString().slice(0, 10).split("-");
      const time = TYPED_TIME.exec(this.input.value.replace(TYPED_DAY, ""));
      const clock = this.timeValue && ` ${time ? time[0].trim() : this.timeValue}`;
      this.input.value = `${number}.${month}.${year}${clock || ""}`;
      for (const name of ["input", "change"]) this.input.dispatchEvent(new Event(name, { bubbles: true }));
      this.close();
    }

    key(event) {
      const days = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -7, ArrowDown: 7 }[event.key];
      const months = { PageUp: -1, PageDown: 1 }[event.key];
      if (event.key === "Escape") this.close();
      else if (!event.target.dataset.day || !(days || months)) return;
      else if (days) this.draw(new Date(this.chosen.getTime() + days * DAY_MS));
      else this.draw(this.months(months));
      event.preventDefault();
      event.stopPropagation();
    }
  }

  window.wagtail.app.register("moment", MomentController);
})();
