// SPDX-License-Identifier: Apache-2.0
//
// The step in the address of the page: #trace=echo&step=17.

export interface Address {
  trace: string;
  step: number;
}

/** What the part behind # names; undefined when it is about something else. */
export function read(hash: string): Address | undefined {
  const match = /^#trace=([\w-]+)(?:&step=(\d{1,6}))?$/.exec(hash);
  return match ? { trace: match[1]!, step: Number(match[2] ?? 1) } : undefined;
}

export function write({ trace, step }: Address): string {
  return `#trace=${trace}&step=${step}`;
}
