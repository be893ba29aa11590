// SPDX-License-Identifier: Apache-2.0

// Types a query into the search box of a page, as a person does. Standard input: one JSON job
//   {"browser", "pages": [{"url", "query"}]}
// Standard output: for each page, the addresses that the box shows.

import puppeteer from "puppeteer";
import { readJob } from "./job.mjs";

const ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
  "--disable-background-networking", "--disable-component-update", "--disable-sync"];
const LINK = ".md-search-result__item a.md-search-result__link";
const job = await readJob();

// The theme listens to keyup; text that comes from an input method has none in this
// protocol, so End is pressed after it.
async function type(browser, { url, query }) {
  const tab = await browser.newPage();
  await tab.goto(url, { waitUntil: "load", timeout: 60_000 });
  await tab.focus("input.md-search__input");
  await tab.type("input.md-search__input", query);
  await tab.keyboard.press("End");
  await tab.waitForSelector(LINK, { timeout: 20_000 }).catch(() => {});
  const links = await tab.$$eval(LINK, (all) => all.map((link) => link.href));
  await tab.close();
  return links;
}

const browser = await puppeteer.launch({
  executablePath: job.browser, headless: true, args: ARGUMENTS,
});
const shown = [];
try {
  for (const page of job.pages) shown.push(await type(browser, page));
} finally {
  await browser.close();
}
process.stdout.write(JSON.stringify(shown));
