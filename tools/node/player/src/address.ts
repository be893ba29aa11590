// SPDX-License-Identifier: Apache-2.0
//
// The steps in the address of the page: #trace=echo&step=17, or of a branch,
// #trace=echo+eintr&step=18; of two runs side by side one after the other.

export interface Address {
  trace: string;
  step: number;
}

const ONE = /trace=([\w+-]+)(?:&step=(\d{1,6}))?/;
const ALL = new RegExp(`^#${ONE.source}(?:&${ONE.source})*$`);

/** What the part behind # names; nothing when it is about something else. */
export function read(hash: string): Address[] {
  if (!ALL.test(hash)) return [];
  const found = hash.matchAll(new RegExp(ONE, "g"));
  return [...found].map((match) => ({ trace: match[1]!, step: Number(match[2] ?? 1) }));
}

export function write(...steps: Address[]): string {
  return `#${steps.map(({ trace, step }) => `trace=${trace}&step=${step}`).join("&")}`;
}

/** Puts it into the address bar, and into no history. */
export function show(...steps: Address[]): void {
  try {
    history.replaceState(history.state, "", write(...steps));
  } catch {
    // Some browsers allow only so many a minute; the player works without.
  }
}

/** A click on a link to the step that the address names already: it changes no address. */
export function isHere(click: Event): boolean {
  const link = (click.target as Element | null)?.closest?.('a[href^="#trace="]');
  return link?.getAttribute("href") === location.hash;
}
