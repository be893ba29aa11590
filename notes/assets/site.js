// SPDX-License-Identifier: Apache-2.0

// Code that scrolls sideways must be reachable by keyboard. The page says so; the
// theme takes it back on devices without a mouse, so it is put on again.

(function () {
  const keep = new MutationObserver(function (changes) {
    for (const { target } of changes) {
      if (!target.hasAttribute("tabindex")) target.tabIndex = 0;
    }
  });
  for (const code of document.querySelectorAll("pre > code[tabindex]")) {
    keep.observe(code, { attributeFilter: ["tabindex"] });
  }
})();

// The theme wraps a wide table so that it scrolls sideways, after this script has
// run; that too must be reachable by keyboard.

(function () {
  const content = document.querySelector(".md-content");
  if (!content) return;
  new MutationObserver(function () {
    for (const wrap of content.querySelectorAll(
      ".md-typeset__scrollwrap:not([tabindex])",
    )) {
      wrap.tabIndex = 0;
    }
  }).observe(content, { childList: true, subtree: true });
})();

// Switching the language keeps the place: headings have the same ids in both
// languages, so the link takes along the last heading above the reader's eye; or
// the step of a player, while the player is what the reader looks at.

(function () {
  function stepInView() {
    for (const player of document.querySelectorAll("trace-player")) {
      const { top, bottom } = player.getBoundingClientRect();
      const middle = window.innerHeight / 2;
      const own = "#trace=" + player.getAttribute("record") + "&";
      if (top < middle && bottom > middle && location.hash.startsWith(own)) {
        return location.hash;
      }
    }
    return "";
  }

  function headingInView() {
    const headings = document.querySelectorAll(
      ".md-content :is(h2, h3, h4)[id]",
    );
    let last = null;
    for (const heading of headings) {
      if (heading.getBoundingClientRect().top > window.innerHeight / 3) break;
      last = heading;
    }
    return last ? "#" + last.id : "";
  }

  document.addEventListener("click", function (event) {
    const link = event.target.closest("a.md-select__link[hreflang]");
    if (link) link.hash = stepInView() || headingInView();
  });
})();

// What stands folded until it is tried is printed; browsers that know the style for it
// (front.css) do so without this.

window.addEventListener("beforeprint", function () {
  for (const folded of document.querySelectorAll("details.try-first")) {
    folded.open = true;
  }
});
