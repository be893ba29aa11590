// SPDX-License-Identifier: Apache-2.0

// Rows of long tables by what is typed: every word must be in the row. Without this
// script all rows are there, and the box is not.

(function () {
  const box = document.querySelector(".filter");
  if (!box) return;
  const input = box.querySelector("input");
  const count = box.querySelector("output");
  const groups = [...document.querySelectorAll(".mapped")].map((group) => ({
    group,
    heading: group.previousElementSibling,
    rows: [...group.querySelectorAll("tbody tr")].map((row) => ({
      row,
      text: row.textContent.toLowerCase(),
    })),
  }));

  function show() {
    const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    let left = 0;
    for (const { group, heading, rows } of groups) {
      let some = 0;
      for (const { row, text } of rows) {
        row.hidden = !words.every((word) => text.includes(word));
        if (!row.hidden) some += 1;
      }
      group.hidden = some === 0;
      if (heading && /^H[34]$/.test(heading.tagName)) heading.hidden = some === 0;
      left += some;
    }
    count.textContent = words.length ? String(left) : "";
  }

  box.hidden = false;
  input.addEventListener("input", show);
})();
