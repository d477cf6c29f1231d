/* Dragging a mailing to another day leads to the page that says what the move changes; its link does the same without a mouse. */
(function () {
  class MailingCalendarController extends window.StimulusModule.Controller {
    static targets = ["entry", "day"];

    entryTargetConnected(entry) {
      entry.addEventListener("dragstart", (event) => {
        this.url = entry.dataset.url;
        event.dataTransfer.effectAllowed = "move";
        event.dataTransfer.setData("text/plain", entry.dataset.url);
      });
      entry.addEventListener("dragend", () => this.mark(null));
    }

    dayTargetConnected(day) {
      day.addEventListener("dragover", (event) => {
        if (!this.url) return;
        event.preventDefault();
        this.mark(day);
      });
      day.addEventListener("drop", (event) => {
        event.preventDefault();
        if (this.url) window.location.assign(`${this.url}?day=${day.dataset.day}`);
      });
    }

    mark(chosen) {
      for (const day of this.dayTargets) day.classList.toggle("calendar__day--aim", day === chosen);
      if (!chosen) this.url = "";
    }
  }

  window.wagtail.app.register("mailing-calendar", MailingCalendarController);
})();
