/* Draws the figures of a report in the colours of the theme, and again when the theme changes. */
(function () {
  const DARK = window.matchMedia("(prefers-color-scheme: dark)");

  class ReportController extends window.StimulusModule.Controller {
    static targets = ["plot", "status"];
    static values = { url: String, failed: String };

    async connect() {
      this.redraw = () => this.draw();
      DARK.addEventListener("change", this.redraw);
      this.observer = new MutationObserver(this.redraw);
      this.observer.observe(document.documentElement, { attributes: true, attributeFilter: ["class"] });
      try {
        const response = await fetch(this.urlValue, { headers: { Accept: "application/json" } });
        if (!response.ok || response.redirected) throw new Error(String(response.status));
        this.figures = await response.json();
        this.draw();
      } catch (error) {
        this.statusTarget.textContent = this.failedValue;
      }
    }

    disconnect() {
      DARK.removeEventListener("change", this.redraw);
      this.observer.disconnect();
      this.plotTargets.forEach((plot) => window.Plotly.purge(plot));
    }

    /* A probe reads a colour as the browser computes it: variables may be made of other variables. */
    colour(name) {
      this.probe = this.probe || this.element.appendChild(Object.assign(document.createElement("span"), { hidden: true }));
      this.probe.style.color = `var(--report-${name})`;
      return getComputedStyle(this.probe).color;
    }

    draw() {
      if (!this.figures) return;
      const text = this.colour("text");
      const grid = this.colour("grid");
      for (const plot of this.plotTargets) {
        const figure = this.figures[plot.dataset.name];
        const data = figure.data.map((trace) => this.painted(trace));
        const layout = {
          ...figure.layout,
          height: Number(plot.dataset.height),
          paper_bgcolor: "rgba(0,0,0,0)",
          plot_bgcolor: "rgba(0,0,0,0)",
          font: { color: text, family: getComputedStyle(document.body).fontFamily, size: 13 },
          xaxis: { ...figure.layout.xaxis, gridcolor: grid, zerolinecolor: grid, linecolor: grid, title: { ...figure.layout.xaxis.title, font: { size: 13 } } },
          yaxis: { ...figure.layout.yaxis, gridcolor: grid, zerolinecolor: grid, linecolor: grid, title: { ...figure.layout.yaxis.title, font: { size: 13 } } },
        };
        window.Plotly.react(plot, data, layout, {
          responsive: true,
          displaylogo: false,
          locale: document.documentElement.lang.slice(0, 2),
          modeBarButtonsToRemove: ["lasso2d", "select2d", "autoScale2d"],
        });
      }
    }

    painted(trace) {
      const meta = trace.meta || {};
      const colour = meta.colours ? meta.colours.map((name) => this.colour(name)) : this.colour(meta.colour);
      const marker = { ...trace.marker, color: colour };
      return trace.type === "scatter" ? { ...trace, marker, line: { ...trace.line, color: colour } } : { ...trace, marker };
    }
  }

  window.wagtail.app.register("report", ReportController);
})();
