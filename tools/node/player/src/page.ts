// SPDX-License-Identifier: Apache-2.0
//
// What the page around the player shows: sections, and pieces of code.

/** The address of the section of this name, give-back or giveback; undefined when the
    page has none. */
export function section(slug: string): string | undefined {
  const isHeading = (id: string) => /^H[1-6]$/.test(document.getElementById(id)?.tagName ?? "");
  const found = slug && [slug, slug.replaceAll("-", "")].find(isHeading);
  return found ? `#${found}` : undefined;
}

/** The functions that the page shows: of each the link in its piece's caption. */
export function shownFunctions(): Map<string, HTMLElement> {
  const found = new Map<string, HTMLElement>();
  for (const link of document.querySelectorAll<HTMLElement>("a[data-ran]")) {
    if (!found.has(link.dataset["ran"]!)) found.set(link.dataset["ran"]!, link);
  }
  return found;
}

/** Goes to the code above the caption; the focus is on the caption's link back. */
export function visit(link: HTMLElement): void {
  const caption = link.closest("p, figcaption, div");
  (caption?.previousElementSibling ?? link).scrollIntoView({ block: "start" });
  link.focus({ preventScroll: true });
}

export function isCalm(): boolean {
  return matchMedia("(prefers-reduced-motion: reduce)").matches;
}
