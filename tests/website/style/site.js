// What can be scrolled sideways must be reachable by keyboard (WCAG 2.2, 2.1.1). The theme makes such regions when
// the page is there already, and takes the attribute from some.
const REGIONS = ".md-typeset pre > code:not([tabindex]), .md-typeset__scrollwrap:not([tabindex])";

function letFocus() {
  for (const region of document.querySelectorAll(REGIONS)) region.tabIndex = 0;
}

new MutationObserver(letFocus).observe(document.body, {
  attributeFilter: ["tabindex"],
  childList: true,
  subtree: true,
});
letFocus();

// On a narrow screen site.css shows a table cell by cell: each but the first then begins with the head of its column.
// Roles keep it a table for who listens, whatever it is displayed as.
const ROLES = { table: "table", thead: "rowgroup", tbody: "rowgroup", tr: "row", th: "columnheader", td: "cell" };

for (const table of document.querySelectorAll(".md-typeset table:not([class])")) {
  for (const part of [table, ...table.querySelectorAll("*")]) {
    const role = ROLES[part.localName];
    if (role) part.setAttribute("role", role);
  }
  const heads = Array.from(table.tHead?.rows[0]?.cells ?? [], (cell) => cell.textContent.trim());
  for (const cell of table.querySelectorAll("td:not(:first-child)")) {
    if (heads[cell.cellIndex]) cell.dataset.label = heads[cell.cellIndex];
  }
}

// A long name in a table may be broken after a mark, never inside a word. (A <wbr> is not copied.)
for (const code of document.querySelectorAll(".md-typeset table code")) {
  for (const text of Array.from(code.childNodes).filter((node) => node.nodeType === Node.TEXT_NODE)) {
    const parts = text.data.split(/(?<=[_/.=:])(?=\w)/);
    text.replaceWith(...parts.flatMap((part, place) => (place ? [document.createElement("wbr"), part] : [part])));
  }
}
