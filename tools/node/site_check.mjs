// SPDX-License-Identifier: Apache-2.0

// Looks at the built site in a real Chromium. Standard input: one JSON job
//   {"browser", "base", "pages": [{"page", "looks": [["light", 360], …], "code": true}], "samples": [...]}
// Standard output: one JSON answer
//   {"offHost": [...], "console": [...], "axe": [...], "overflow": [...]}
// `samples` are pages looked at for requests only: the API reference is not ours to style.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import puppeteer from "puppeteer";
import { readJob } from "./job.mjs";

const ARGUMENTS = [
  "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-quic",
  "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync",
];
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const job = await readJob();
const found = { offHost: [], console: [], axe: [], overflow: [] };

async function open(browser, page, { theme = "light" } = {}) {
  const tab = await browser.newPage();
  await tab.setViewport({ width: 1280, height: 800 });
  await tab.emulateMediaFeatures([{ name: "prefers-color-scheme", value: theme }]);
  tab.on("request", (request) => {
    const url = request.url();
    if (/^(data|blob|about):/.test(url) || url.startsWith(job.base + "/")) return;
    found.offHost.push({ page, url });
  });
  tab.on("console", (message) => {
    // Asked for by the browser itself where a page names no icon.
    if (message.location().url?.endsWith("/favicon.ico")) return;
    if (message.type() === "error") found.console.push({ page, text: message.text() });
  });
  tab.on("pageerror", (error) => found.console.push({ page, text: String(error.message) }));
  await tab.goto(`${job.base}/${page}`, { waitUntil: "networkidle0", timeout: 60_000 });
  return tab;
}

// One look at a page: is anything wider than it, and what does axe find? `code`: axe
// examines shown code too.
async function look(browser, { page, code }, theme, width) {
  const tab = await open(browser, page, { theme });
  await tab.evaluate(axe);
  await tab.addStyleTag({ content: "* { transition: none !important; animation: none !important }" });
  await tab.setViewport({ width, height: 800 });
  await tab.evaluate(() => new Promise((done) => requestAnimationFrame(() => setTimeout(done, 300))));
  const excess = await tab.evaluate(
    () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
  );
  if (excess > 0) found.overflow.push({ page, theme, width, excess });
  // Not `exclude`: axe would build its tree of all the excluded nodes as well.
  if (!code) await tab.$$eval(":is(.highlight, .piece) pre", (all) => all.forEach((pre) => pre.replaceChildren()));
  const report = await tab.evaluate(() =>
    window.axe.run(document, { resultTypes: ["violations"] }),
  );
  for (const { id, impact, help, nodes } of report.violations) {
    if (impact !== "serious" && impact !== "critical") continue;
    const at = nodes[0].target.join(" ");
    found.axe.push({ page, theme, width, id, impact, help, nodes: nodes.length, at });
  }
  await tab.close();
}

const browser = await puppeteer.launch({
  executablePath: job.browser, headless: true, args: ARGUMENTS,
});
try {
  for (const page of job.pages) {
    for (const [theme, width] of page.looks) await look(browser, page, theme, width);
  }
  for (const page of job.samples) await (await open(browser, page)).close();
} finally {
  await browser.close();
}
process.stdout.write(JSON.stringify(found));
