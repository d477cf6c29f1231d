/* Below an input for names: the values that customers have, each with how many have it where that is known, to be switched
   on and off. Anything else can be typed. */
(function () {
  const SHOWN = 12;

  function pieces(text) {
    return text.split(/[,;]/).map((piece) => piece.trim()).filter(Boolean);
  }

  function same(one, other) {
    return one.toUpperCase() === other.toUpperCase();
  }

  class SuggestController extends window.StimulusModule.Controller {
    static targets = ["offers"];
    static values = { offers: { type: Object, default: {} }, by: String };

    connect() {
      this.input = this.element.querySelector("input");
      this.redraw = () => this.draw();
      this.input.addEventListener("input", this.redraw);
      this.element.addEventListener("focusin", this.redraw);
      /* Another choice beside it, such as of an attribute, changes what is on offer. */
      this.condition = this.element.closest(".criterion") || this.element;
      this.condition.addEventListener("change", this.redraw);
      /* Safari takes the focus away from the input when a button is pressed, which would close the list. */
      this.offersTarget.addEventListener("mousedown", (event) => event.preventDefault());
      this.offersTarget.addEventListener("click", (event) => this.pressed(event));
      this.element.addEventListener("keydown", (event) => this.key(event));
    }

    disconnect() {
      this.input.removeEventListener("input", this.redraw);
      this.element.removeEventListener("focusin", this.redraw);
      this.condition.removeEventListener("change", this.redraw);
    }

    offered() {
      const offers = this.wanted(JSON.parse(this.element.dataset.suggestOffersValue)).map((offer) => [].concat(offer));
      this.counts = new Map(offers);
      return [...this.counts.keys()];
    }

    wanted(offers) {
      if (Array.isArray(offers)) return offers;
      const prefix = this.input.name.slice(0, this.input.name.lastIndexOf("-") + 1);
      const chooser = this.input.form && this.input.form.elements[prefix + this.byValue];
      return (chooser && offers[chooser.value]) || [];
    }

    /* What is being typed after the last comma narrows the offers, unless it is one of them already. */
    draw() {
      const offers = this.offered();
      const chosen = pieces(this.input.value);
      const typed = this.input.value.split(/[,;]/).pop().trim();
      const isWhole = !typed || offers.some((offer) => same(offer, typed));
      const fitting = isWhole ? offers : offers.filter((offer) => offer.toUpperCase().includes(typed.toUpperCase()));
      const shown = fitting.slice(0, SHOWN);
      const drawn = JSON.stringify([shown, chosen]);
      if (drawn === this.drawn) return;
      this.drawn = drawn;
      const focused = document.activeElement && document.activeElement.dataset.offer;
      this.offersTarget.replaceChildren(...shown.map((offer) => this.button(offer, chosen)));
      if (focused) {
        const again = [...this.offersTarget.children].find((button) => button.dataset.offer === focused);
        if (again) again.focus();
      }
    }

    button(offer, chosen) {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "suggest__offer";
      button.textContent = offer;
      button.dataset.offer = offer;
      if (this.counts.get(offer)) {
        const count = document.createElement("span");
        count.className = "suggest__count";
        count.textContent = ` · ${this.counts.get(offer)}`;
        button.append(count);
      }
      button.setAttribute("aria-pressed", String(chosen.some((piece) => same(piece, offer))));
      return button;
    }

    pressed(event) {
      const button = event.target.closest("[data-offer]");
      if (!button) return;
      const offer = button.dataset.offer;
      let chosen = pieces(this.input.value);
      if (chosen.some((piece) => same(piece, offer))) {
        chosen = chosen.filter((piece) => !same(piece, offer));
      } else {
        const last = chosen[chosen.length - 1];
        const isUnfinished = last && !this.offered().some((each) => same(each, last)) && this.input.value.trim().endsWith(last)
          && offer.toUpperCase().includes(last.toUpperCase());
        chosen = [...(isUnfinished ? chosen.slice(0, -1) : chosen), offer];
      }
      this.input.value = chosen.join(", ");
      this.input.dispatchEvent(new Event("input", { bubbles: true }));
      this.input.dispatchEvent(new Event("change", { bubbles: true }));
    }

    /* Escape closes the offers: the input is left and keeps what it has. */
    key(event) {
      if (event.key === "Escape") document.activeElement.blur();
    }
  }

  window.wagtail.app.register("suggest", SuggestController);
})();
