// SPDX-License-Identifier: Apache-2.0

// What is true of the cards of a page: which of them an identifier has, and in which
// words it is shown. Knows no page.

export type Card = [declaration: string, sentence: string, label?: string, more?: string];

export interface Cards {
  words: Record<string, string>;
  pages: Record<string, string>; // file name of a chapter's page -> its title
  cards: Record<string, Card>;
}

export interface Shown {
  declaration: string;
  sentence: string;
  more: string; // "guards: a, b"
  where: string; // the title of the chapter that explains it
}

const isText = (value: unknown) => typeof value === "string";
const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const isCard = (value: unknown) => Array.isArray(value) && value.length >= 2 && value.every(isText);

// The data of a page, or nothing if they are broken, or did not come.
export function parse(told: unknown): Cards | undefined {
  if (!isRecord(told)) return undefined;
  const { words, pages, cards } = told;
  const good = isRecord(words) && isRecord(pages) && isRecord(cards) &&
    [...Object.values(words), ...Object.values(pages)].every(isText) &&
    Object.values(cards).every(isCard);
  return good ? (told as unknown as Cards) : undefined;
}

// The card of a link with this address and this word.
export function shown(data: Cards, href: string, word: string): Shown | undefined {
  const card = data.cards[`${href} ${word}`] ?? data.cards[href];
  if (!card) return undefined;
  const [declaration, sentence, label, more] = card;
  const told = label && more ? `${data.words[label] ?? label}: ${more}` : "";
  return { declaration, sentence, more: told, where: where(data, href) };
}

function where(data: Cards, href: string): string {
  const page = href.split("#")[0]!.replace(/^(\.\.\/)+/, "");
  const words = data.words;
  if (page === "") return words["here"] ?? "";
  return data.pages[page] ?? words["source"] ?? "";
}

export type Move = "next" | "previous" | "first" | "last" | "down" | "up";

export const KEYS: Record<string, Move> = {
  ArrowRight: "next", ArrowLeft: "previous", Home: "first", End: "last",
  ArrowDown: "down", ArrowUp: "up",
};

// Which identifier comes after `at`; -1 is none yet. `lines`: the line of each.
export function moved(lines: readonly number[], at: number, move: Move): number {
  const last = lines.length - 1;
  if (at < 0) return move === "last" ? last : 0;
  switch (move) {
    case "next": return Math.min(at + 1, last);
    case "previous": return Math.max(at - 1, 0);
    case "first": return 0;
    case "last": return last;
    case "down": {
      const found = lines.findIndex((line) => line > lines[at]!);
      return found < 0 ? at : found;
    }
    case "up": {
      const above = lines.filter((line) => line < lines[at]!).at(-1);
      return above === undefined ? at : lines.indexOf(above);
    }
  }
}
