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
