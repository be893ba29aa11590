// SPDX-License-Identifier: Apache-2.0

// Looks at slides in a real Chromium, 1280 by 720. Standard input: one JSON job
//   {"browser", "pages": ["http://…/slides.en.html", …], "seconds": 20}
// Standard output: one JSON answer
//   {"slides": 0, "faults": [{"page", "what", "slide", "title", "down", "right", "more"}]}

import puppeteer from "puppeteer";
import { readJob } from "./job.mjs";

const ARGUMENTS = [
  "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-quic", "--no-first-run",
  "--disable-background-networking", "--disable-component-update", "--disable-sync",
];
const SIZE = { width: 1280, height: 720 };
const job = await readJob();
const WAIT = { timeout: job.seconds * 1000, polling: 50 };  // for the speaker's window
const answer = { slides: 0, faults: [] };

// What of the slide that is shown lies outside its box.
const excess = (tab) =>
  tab.evaluate(() => {
    const box = document.querySelector(".slide.now .content");
    if (!box) return { title: "", down: 0, right: 0 };
    return { title: box.querySelector("h1").textContent,
      down: box.scrollHeight - box.clientHeight, right: box.scrollWidth - box.clientWidth };
  });
const shown = (tab) => tab.evaluate(() =>
  [...document.querySelectorAll(".slide")].flatMap((one, at) => (one.checkVisibility() ? [at] : [])).join());

// The speaker's window shows the notes of this slide, follows this window and leads it.
async function speaker(browser, tab, count, fault) {
  await tab.keyboard.press("Home");
  const opens = browser.waitForTarget((target) => target.opener() === tab.target(), { timeout: WAIT.timeout });
  await tab.keyboard.press("n");
  const notes = await (await opens).page();
  const at = (page, slide) => page.waitForFunction(
    (wanted) => document.querySelectorAll(".slide.now")[0]?.id === `slide-${wanted}`, WAIT, slide);
  try {
    await notes.waitForFunction(
      () => document.querySelector(".speaker .note.now")?.checkVisibility(), WAIT);
    await tab.keyboard.press("ArrowRight");
    await at(notes, 2);
    await notes.keyboard.press("End");
    await at(tab, count);
  } catch (error) {
    fault("speaker", { more: error.message });
  }
  await notes.close();
}

async function look(browser, url) {
  const page = new URL(url).pathname.slice(1);
  const fault = (what, more) =>
    answer.faults.push({ page, what, slide: 0, title: "", down: 0, right: 0, more: "", ...more });
  const tab = await browser.newPage();
  await tab.setViewport(SIZE);
  tab.on("request", (request) => {
    if (request.url().split("#")[0] !== url && !request.url().startsWith("data:")) fault("error", { more: request.url() });
  });
  tab.on("pageerror", (error) => fault("error", { more: error.message }));
  tab.on("console", (message) => message.type() === "error" && fault("error", { more: message.text() }));
  await tab.goto(url, { waitUntil: "load", timeout: 60_000 });
  await tab.evaluate(() => document.fonts.ready);
  const count = (await tab.$$(".slide")).length;
  for (let at = 0; at < count; at += 1) {
    const seen = await shown(tab);
    if (seen !== String(at)) fault("keys", { more: `${at + 1}: ${seen}` });
    const found = await excess(tab);
    if (found.down > 0 || found.right > 0) fault("overflow", { ...found, slide: at + 1 });
    answer.slides += 1;
    await tab.keyboard.press("ArrowRight");
  }
  for (let at = 1; at < count; at += 1) await tab.keyboard.press("ArrowLeft");
  if ((await shown(tab)) !== "0") fault("keys", { more: "←" });
  await speaker(browser, tab, count, fault);
  const pdf = Buffer.from(await tab.pdf({ preferCSSPageSize: true, printBackground: true })).toString("latin1");
  const pages = (pdf.match(/\/Type\s*\/Page\b/g) ?? []).length;
  if (pages !== count) fault("print", { more: String(pages) });
  await tab.close();
}

const browser = await puppeteer.launch({ executablePath: job.browser, headless: true, args: ARGUMENTS });
try {
  for (const url of job.pages) await look(browser, url);
} finally {
  await browser.close();
}
process.stdout.write(JSON.stringify(answer));
