// SPDX-License-Identifier: Apache-2.0
//
// Mermaid texts to SVG with one browser. Job in on standard input, as JSON:
// {browser, config, diagrams: [{id, source}]}; out: a JSON list of SVG texts.

import { renderMermaid } from "@mermaid-js/mermaid-cli";
import puppeteer from "puppeteer";
import { readJob } from "./job.mjs";

const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-dev-shm-usage",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--font-render-hinting=none",
];

const job = await readJob();
const browser = await puppeteer.launch({
  executablePath: job.browser,
  headless: true,
  args: FLAGS,
});
try {
  const pictures = [];
  for (const { id, source } of job.diagrams) {
    const { data } = await renderMermaid(browser, source, "svg", {
      backgroundColor: "transparent",
      mermaidConfig: job.config,
      svgId: id,
    });
    pictures.push(new TextDecoder().decode(data));
  }
  process.stdout.write(JSON.stringify(pictures));
} catch (error) {
  process.stderr.write(`${String(error.message ?? error).split("\n")[0]}\n`);
  process.exitCode = 1;
} finally {
  await browser.close();
}
