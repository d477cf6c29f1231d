/* Starts Wagtail's own pickers and panels, which Wagtail starts by scripts within the page: our content security policy
   refuses those. Only what is named here is ever called. */
(function () {
  const BY_ID = ["initDateChooser", "initTimeChooser", "initDateTimeChooser"];
  const PANELS = ["InlinePanel"];
  const CHOOSERS = ["Chooser"];

  class WidgetController extends window.StimulusModule.Controller {
    static values = { kind: String, id: String, options: Object };

    connect() {
      if (this.element.dataset.started) return;
      this.element.dataset.started = "yes";
      const { kindValue: kind, idValue: id, optionsValue: options } = this;
      if (BY_ID.includes(kind)) window[kind](id, options);
      else if (PANELS.includes(kind)) new window[kind](options);
      else if (CHOOSERS.includes(kind)) new window[kind](id, options);
    }
  }

  window.wagtail.app.register("widget", WidgetController);
})();
