// SPDX-License-Identifier: Apache-2.0

import { html, nothing, type TemplateResult } from "lit";

/** A call that a narrow column breaks behind `::` rather than inside a word. */
export function breakable(label: string): TemplateResult[] {
  return label.split(/(?<=::)/).map((part, i) => html`${i ? html`<wbr />` : nothing}${part}`);
}
