// SPDX-License-Identifier: Apache-2.0

// The names in shown code. A piece is one tab stop: → and ← move among its names, ↓ and
// ↑ among its lines, Enter follows, Esc closes the card. The card of a name comes with
// the pointer or the focus, and describes the link to a screen reader. Without this
// script the names are plain links; so they are without the cards, which another script
// has put into the page before (tools/learn/site/cards.py).

import { KEYS, moved, parse, shown, type Cards } from "./cards.js";

declare global {
  var codeCards: unknown;
}

const CARD = "code-card";
const WAIT_MS = 150; // a pointer that passes by opens nothing

export function start(page: Document): void {
  const data = parse(globalThis.codeCards);
  if (!data) return;
  const card = new CardBox(page, data);
  for (const code of page.querySelectorAll<HTMLElement>(".piece > pre > code")) wire(code, card, data);
  page.addEventListener("keydown", ({ key }) => {
    if (key === "Escape") card.close();
  });
}

function wire(code: HTMLElement, card: CardBox, data: Cards): void {
  const links = [...code.querySelectorAll<HTMLAnchorElement>("i a:not(.owner, .n, .go)")];
  if (links.length === 0) return;
  for (const link of links) link.tabIndex = -1;
  code.tabIndex = 0;
  code.setAttribute("role", "group");
  code.setAttribute("aria-label", data.words["piece"] ?? "");
  const rows = [...code.children];
  const lines = links.map((link) => rows.indexOf(link.closest("i")!));
  code.addEventListener("keydown", (event) => {
    const move = KEYS[event.key];
    if (!move || event.ctrlKey || event.altKey || event.metaKey || event.shiftKey) return;
    const at = links.indexOf(event.target as HTMLAnchorElement);
    if (at < 0 && move !== "next") return; // the page scrolls
    event.preventDefault();
    const link = links[moved(lines, at, move)]!;
    card.open(link); // first: a screen reader reads the description as the focus comes
    link.focus({ preventScroll: false });
  });
  const linkOf = (event: Event) => (event.target as Element).closest<HTMLAnchorElement>("i a:not(.owner, .n, .go)");
  code.addEventListener("focusin", (event) => {
    const link = linkOf(event);
    if (link) card.open(link);
  });
  code.addEventListener("focusout", () => card.close());
  code.addEventListener("pointerover", (event) => {
    const link = linkOf(event);
    if (link && event.pointerType !== "touch") card.openSoon(link);
  });
  code.addEventListener("pointerout", (event) => {
    if (linkOf(event)) card.closeSoon();
  });
}

class CardBox {
  private readonly box: HTMLElement;
  private link: HTMLAnchorElement | undefined;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly page: Document, private readonly data: Cards) {
    this.box = page.createElement("div");
    this.box.id = CARD;
    this.box.className = CARD;
    this.box.setAttribute("role", "tooltip");
    this.box.hidden = true;
    this.box.addEventListener("pointerenter", () => clearTimeout(this.timer));
    this.box.addEventListener("pointerleave", () => this.closeSoon());
    page.body.append(this.box);
  }

  openSoon(link: HTMLAnchorElement): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.open(link), WAIT_MS);
  }

  closeSoon(): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.close(), WAIT_MS);
  }

  open(link: HTMLAnchorElement): void {
    clearTimeout(this.timer);
    if (this.link === link) return;
    this.close();
    const told = shown(this.data, link.getAttribute("href") ?? "", link.textContent ?? "");
    if (!told) return;
    this.box.replaceChildren();
    this.line("code", told.declaration);
    this.line("p", told.sentence);
    this.line("p", told.more);
    this.line("small", told.where);
    this.link = link;
    link.classList.add("shown");
    link.setAttribute("aria-describedby", CARD);
    this.box.hidden = false;
    this.place(link);
  }

  close(): void {
    clearTimeout(this.timer);
    this.box.hidden = true;
    this.link?.classList.remove("shown");
    this.link?.removeAttribute("aria-describedby");
    this.link = undefined;
  }

  private line(tag: string, text: string): void {
    if (!text) return;
    const line = this.page.createElement(tag);
    line.textContent = text;
    this.box.append(line);
  }

  // Below the name; above it where there is no room; never outside the window.
  private place(link: HTMLElement): void {
    const view = this.page.defaultView!;
    const at = link.getClientRects()[0] ?? link.getBoundingClientRect();
    const size = this.box.getBoundingClientRect();
    const room = this.page.documentElement.clientWidth - size.width - 8;
    const above = at.bottom + size.height + 8 > view.innerHeight && at.top > size.height + 8;
    this.box.style.left = `${Math.max(8, Math.min(at.left, room)) + view.scrollX}px`;
    this.box.style.top = `${(above ? at.top - size.height - 4 : at.bottom + 4) + view.scrollY}px`;
  }
}

start(document);
