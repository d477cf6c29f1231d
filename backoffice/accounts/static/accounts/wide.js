/* Tables that are wider than a narrow screen scroll within a region of their own, which the keyboard reaches and a screen
   reader names by its heading; an edge in shadow says that there is more. */
(function () {
  const NARROW = window.matchMedia("(max-width: 50em)");
  const REGIONS = ".parley-wide, #listing-results";
  const LEFT_ALONE = `${REGIONS}, .moment-input__calendar, .xdsoft_datetimepicker, [data-side-panel]`;

  function nameOf(region) {
    const table = region.querySelector("table");
    const caption = table && table.caption && table.caption.textContent.trim();
    const heading = document.querySelector("#main h2, h1");
    return caption || (heading && heading.textContent.trim()) || document.title;
  }

  function wrap(table) {
    const region = document.createElement("div");
    region.className = "parley-wide";
    table.replaceWith(region);
    region.append(table);
  }

  function look() {
    if (!NARROW.matches) return;
    for (const table of document.querySelectorAll("#main table")) {
      if (table.closest(LEFT_ALONE) || !table.parentElement) continue;
      if (table.getBoundingClientRect().right > document.documentElement.clientWidth) wrap(table);
    }
    for (const region of document.querySelectorAll(REGIONS)) {
      const isWider = region.scrollWidth > region.clientWidth + 1;
      region.classList.toggle("parley-wide--more", isWider);
      if (!isWider || region.hasAttribute("tabindex")) continue;
      region.tabIndex = 0;
      region.setAttribute("role", "region");
      if (!region.hasAttribute("aria-labelledby")) region.setAttribute("aria-label", nameOf(region));
    }
  }

  let isPlanned = false;
  function plan() {
    if (isPlanned) return;
    isPlanned = true;
    requestAnimationFrame(() => {
      isPlanned = false;
      look();
    });
  }

  document.addEventListener("DOMContentLoaded", () => {
    new MutationObserver(plan).observe(document.body, { childList: true, subtree: true });
    plan();
  });
  window.addEventListener("resize", plan);
})();
