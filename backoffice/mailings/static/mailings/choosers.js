/* Starts the choosers of a mailing's form: Wagtail's, which also show what is chosen and say what it fills in. */
(function () {
  function chooserClass() {
    return class extends window.Chooser {
      initHTMLElements(id) {
        super.initHTMLElements(id);
        this.shown = this.chooserElement.querySelector("[data-chooser-shown]");
        this.button = this.chooserElement.querySelector("[data-chooser-action-choose]");
      }

      renderState(state) {
        /* What is filled in has to be there before the change is told. */
        Object.assign(this.input.dataset, state.brings);
        this.shown.innerHTML = state.shown;
        this.button.textContent = this.opts.again;
        super.renderState(state);
      }

      renderEmptyState() {
        this.shown.replaceChildren();
        this.titleElement.textContent = "";
        this.button.textContent = this.opts.first;
        super.renderEmptyState();
        this.button.focus();
      }

      openChooserModal() {
        if (!this.modal) {
          this.modal = new this.chooserModalClass(this.opts.modalUrl);
          const { choose } = this.modal.onloadHandlers;
          this.modal.onloadHandlers = {
            ...this.modal.onloadHandlers,
            choose: (modal, answer) => {
              choose(modal, answer);
              this.opened(modal.container);
            },
          };
        }
        super.openChooserModal();
      }

      /* Wagtail's window has no name, and says of itself that it is hidden. */
      opened(container) {
        container.removeAttr("aria-hidden").attr({ "aria-labelledby": "choices-title", "aria-modal": "true" });
        container.one("shown.bs.modal", () => container.find("#id_q").trigger("focus"));
      }
    };
  }

  class ShowingChooserController extends window.StimulusModule.Controller {
    static values = { id: String, url: String, first: String, again: String };

    connect() {
      if (this.element.widget) return;
      const Kind = chooserClass();
      new Kind(this.idValue, { modalUrl: this.urlValue, first: this.firstValue, again: this.againValue });
    }
  }

  window.wagtail.app.register("showing-chooser", ShowingChooserController);
})();
