/* Tables that are wider than a narrow screen: a list stands there as one block for each row, each cell beside its heading.
   What cannot be read so scrolls within a region of its own, which the keyboard reaches and a screen reader names by its
   heading; an edge in shadow says that there is more. */
(function () {
  const NARROW = window.matchMedia("(max-width: 50em)");
  const REGIONS = ".parley-wide, #listing-results";
  const LEFT_ALONE = `${REGIONS}, .moment-input__calendar, .xdsoft_datetimepicker, [data-side-panel]`;
  /* Tables to be compared column by column, and those whose columns are the point. */
  const NEVER_STACKED = ".parley-look, .calendar, .moment-input__calendar table, .xdsoft_datetimepicker table, [data-side-panel] table";
  const MOST_COLUMNS = 12;

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

  function isWider(table) {
    const region = table.closest(REGIONS);
    return region
      ? region.scrollWidth > region.clientWidth + 1
      : table.getBoundingClientRect().right > document.documentElement.clientWidth;
  }

  /* The headings of the columns; none where the table has no one row of them. */
  function headingsOf(table) {
    if (!table.tHead || table.tHead.rows.length !== 1) return [];
    const found = [];
    for (const cell of table.tHead.rows[0].cells) {
      const shown = [...cell.childNodes].filter((node) => !(node.classList && node.classList.contains("w-sr-only")));
      const words = shown.map((node) => node.textContent).join(" ").trim().replace(/\s+/g, " ");
      for (let one = 0; one < cell.colSpan; one += 1) found.push(words);
    }
    return found;
  }

  /* Its parts say what they are, as their own roles go with their place in a table. */
  function stack(table) {
    const headings = headingsOf(table);
    if (headings.length < 2 || headings.length > MOST_COLUMNS || table.querySelector("[rowspan]")) return false;
    table.classList.add("parley-stack");
    table.setAttribute("role", "table");
    for (const row of table.rows) {
      row.setAttribute("role", "row");
      let column = 0;
      for (const cell of row.cells) {
        const isHeading = cell.tagName === "TH";
        cell.setAttribute("role", isHeading ? (cell.closest("thead") ? "columnheader" : "rowheader") : "cell");
        const isTitle = isHeading || column === 0 || cell.classList.contains("title");
        if (!isTitle && cell.colSpan === 1 && headings[column]) cell.dataset.label = headings[column];
        column += cell.colSpan;
      }
    }
    return true;
  }

  function look() {
    for (const table of NARROW.matches ? document.querySelectorAll("#main table") : []) {
      if (!table.matches(NEVER_STACKED) && (table.matches(".parley-stack") || isWider(table)) && stack(table)) continue;
      if (table.closest(LEFT_ALONE) || !table.parentElement) continue;
      if (isWider(table)) wrap(table);
    }
    for (const region of document.querySelectorAll(REGIONS)) {
      const hasMore = region.scrollWidth > region.clientWidth + 1;
      region.classList.toggle("parley-wide--more", hasMore);
      if (!hasMore || region.hasAttribute("tabindex")) continue;
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
