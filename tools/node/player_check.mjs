// SPDX-License-Identifier: Apache-2.0

// Walks through every step of every player of the built site by keyboard, in a real
// Chromium. Standard input: one JSON job
//   {"browser", "base", "players": [{"page", "record", "steps": ["sentence", …], "walk": true, "look": ["light", 360],
//    "branches": [{"id", "fork", "steps"}]}], "pairs": [{"page", "records": [a, b], "length", "matches", "look"}]}
// Standard output: one JSON answer
//   {"faults": [{"page", "theme", "width", "step", "what", "more"}], "walked": 0}

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import puppeteer from "puppeteer";
import { readJob } from "./job.mjs";

const ARGUMENTS = [
  "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-quic",
  "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync",
];
const AXE_EVERY = 25; // steps
const TAB_STOPS = 20; // of a player; its tree is one, however long
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const job = await readJob();
const answer = { faults: [], walked: 0 };

async function open(browser, look) {
  const tab = await browser.newPage();
  await tab.setViewport({ width: look.width, height: 800 });
  await tab.emulateMediaFeatures([
    { name: "prefers-color-scheme", value: look.theme },
    { name: "prefers-reduced-motion", value: "reduce" },
  ]);
  const fault = (step, what, more = "") =>
    answer.faults.push({ page: look.page, theme: look.theme, width: look.width, step, what, more: String(more) });
  tab.on("request", (request) => {
    const url = request.url();
    if (!/^(data|blob|about):/.test(url) && !url.startsWith(job.base + "/")) fault(0, "off_host", url);
  });
  tab.on("pageerror", (error) => fault(0, "error", error.message));
  return { tab, fault };
}

const go = (tab, look, step) =>
  tab.goto(`${job.base}/${look.page}#trace=${look.record}&step=${step}`, { waitUntil: "networkidle0" });

// What a reader sees of the player now.
const seen = (tab, selector) =>
  tab.evaluate((name) => {
    const player = document.querySelector(name);
    const root = player?.shadowRoot;
    if (!root?.querySelector(".player")) return undefined;
    const all = (what) => [...root.querySelectorAll(what)];
    const inside = (item, box) => {
      const [a, b] = [item?.getBoundingClientRect(), root.querySelector(box)?.getBoundingClientRect()];
      return Boolean(a && b && a.top >= b.top - 1 && a.top < b.bottom);
    };
    const top = root.querySelector(".player").getBoundingClientRect().top;
    return {
      step: Number.parseInt(root.querySelector(".count").textContent, 10),
      fn: root.querySelector(".where .fn").textContent,
      said: root.querySelector("[aria-live] p").textContent.trim(),
      current: [".row", ".line", ".call"].map((what) => all(`${what}[aria-current]`).length).join(),
      inView: [[".line", ".code"], [".row", ".sequence"], [".call", ".tree"]].every(([what, box]) =>
        inside(all(`${what}[aria-current]`)[0], box)),
      onScreen: top >= 0 && top < innerHeight / 2,
      scroll: scrollY,
      hash: location.hash,
      wide: document.documentElement.scrollWidth - document.documentElement.clientWidth,
      shared: all(".row.shared").length,
      offers: all(".runs button").length,
      left: root.querySelector(".player").getBoundingClientRect().left,
    };
  }, selector);

// A player that is there by itself, and one of two side by side.
const own = (record) => `trace-player[record="${record}"]:not([paired])`;
const paired = (record) => `trace-player[record="${record}"][paired]`;

async function violations(tab, selector) {
  const report = await tab.evaluate(
    (name) => window.axe.run(name, { resultTypes: ["violations"] }),
    selector,
  );
  return report.violations.filter(({ impact }) => impact === "serious" || impact === "critical");
}

async function walk(browser, look) {
  const { tab, fault } = await open(browser, look);
  const middle = Math.ceil(look.steps.length / 2);
  await go(tab, look, middle);
  const linked = await seen(tab, own(look.record));
  if (!linked) fault(0, "absent");
  else if (linked.step !== middle || !linked.onScreen) fault(middle, "deep_link", linked.step);
  if (linked && look.walk) {
    await tab.evaluate(axe);
    // Shown code outside the player would only cost axe time.
    await tab.$$eval(":is(.highlight, .piece) pre", (all) => all.forEach((pre) => pre.replaceChildren()));
    await tab.keyboard.press("Home");
    const start = await seen(tab, own(look.record));
    for (let n = 1; n <= look.steps.length; n++) {
      const now = await seen(tab, own(look.record));
      if (now.step !== n) fault(n, "key", now.step);
      if (now.said !== look.steps[n - 1]) fault(n, "sentence", now.said);
      if (now.current !== "1,1,1") fault(n, "current", now.current);
      if (!now.inView) fault(n, "line_hidden");
      if (now.scroll !== start.scroll) fault(n, "page_moved", now.scroll - start.scroll);
      if (now.hash !== `#trace=${look.record}&step=${n}`) fault(n, "address", now.hash);
      if (now.wide > 0) fault(n, "wide", now.wide);
      if (n % AXE_EVERY === 1) {
        for (const { id, nodes } of await violations(tab, own(look.record))) {
          fault(n, "axe", `${id} ${nodes[0].target.flat().join(" ")}`);
        }
      }
      answer.walked += 1;
      await tab.keyboard.press("ArrowRight");
    }
    await whatIf(tab, look, fault);
    await others(tab, look, fault);
  }
  await tab.close();
}

// Each branch by key and by address: it opens where it parts, and leads back there.
async function whatIf(tab, look, fault) {
  const hash = (id, step) => `#trace=${id}&step=${step}`;
  await tab.keyboard.press("Home");
  const { offers } = await seen(tab, own(look.record));
  const due = look.branches.length ? look.branches.length + 1 : 0;
  if (offers !== due) fault(1, "what_if", `${offers} buttons instead of ${due}`);
  for (const { id, fork, steps } of look.branches) {
    const parts = Math.min(fork, steps.length);
    await tab.keyboard.press("w");
    const first = await seen(tab, own(look.record));
    if (first.hash !== hash(id, parts)) fault(parts, "what_if", `${id}: ${first.hash}`);
    if (first.said !== steps[parts - 1]) fault(parts, "what_if", `${id}: ${first.said}`);
    if (first.shared !== fork - 1) fault(parts, "what_if", `${id}: ${first.shared} shared`);
    for (const at of await violations(tab, own(look.record))) fault(parts, "axe", at.id);
    await tab.keyboard.press("End");
    const last = await seen(tab, own(look.record));
    if (last.said !== steps.at(-1)) fault(steps.length, "what_if", `${id}: ${last.said}`);
    if (last.wide > 0) fault(steps.length, "wide", last.wide);
  }
  if (look.branches.length === 0) return;
  await tab.keyboard.press("w");
  const back = await seen(tab, own(look.record));
  const parted = Math.min(look.branches.at(-1).fork, look.steps.length);
  if (back.hash !== hash(look.record, parted)) fault(parted, "what_if", `back: ${back.hash}`);
  const { id, steps } = look.branches[0];
  await tab.goto("about:blank");
  await go(tab, { ...look, record: id }, steps.length);
  const linked = await seen(tab, own(look.record));
  const opened = linked?.hash === hash(id, steps.length) && linked.said === steps.at(-1);
  if (!opened || !linked.onScreen) fault(steps.length, "what_if", `by address: ${linked?.said}`);
}

// Two side by side: by address, one by key, both together, two columns or one.
async function beside(browser, look) {
  const { tab, fault } = await open(browser, look);
  const both = async () => Promise.all(look.records.map((record) => seen(tab, paired(record))));
  const at = (a, b) => `#trace=${look.records[0]}&step=${a}&trace=${look.records[1]}&step=${b}`;
  await tab.goto(`${job.base}/${look.page}${at(2, 2)}`, { waitUntil: "networkidle0" });
  let [one, other] = await both();
  if (!one || !other) fault(0, "absent");
  else {
    const told = () => `steps ${one.step} and ${other.step}, ${one.hash}`;
    if (one.step !== 2 || other.step !== 2 || !one.onScreen) fault(2, "pair", told());
    if (one.left < other.left !== look.width >= 900) fault(2, "pair", `${one.left} ${other.left}`);
    await tab.keyboard.press("ArrowRight");
    [one, other] = await both();
    if (one.step !== 3 || other.step !== 2 || one.hash !== at(3, 2)) fault(3, "pair", told());
    await tab.evaluate(() => document.querySelector("trace-beside").shadowRoot.querySelector("button").click());
    await tab.keyboard.press("Home");
    const matched = new Set();
    for (let n = 1; n <= look.length; n++) {
      const before = other.step;
      [one, other] = await both();
      if (one.step !== n || one.hash !== at(n, other.step)) fault(n, "pair", told());
      if (n > 1 && other.step < before) fault(n, "pair", told());
      if (other.fn === one.fn) matched.add(other.step);
      if (one.wide > 0) fault(n, "wide", one.wide);
      await tab.keyboard.press("ArrowRight");
    }
    if (matched.size !== look.matches) fault(0, "pair", `${matched.size} steps match, not ${look.matches}`);
    await tab.evaluate(axe);
    for (const { id } of await violations(tab, "trace-beside")) fault(3, "axe", id);
  }
  await tab.close();
}

// The slider, Space, the tab stops, and paper.
async function others(tab, look, fault) {
  const step = async () => (await seen(tab, own(look.record))).step;
  await tab.keyboard.press("Home");
  const stops = await tab.evaluate((name) => {
    const root = document.querySelector(name).shadowRoot;
    return [...root.querySelectorAll("button, input, [tabindex]")].filter((one) => one.tabIndex >= 0).length;
  }, own(look.record));
  if (stops > TAB_STOPS) fault(1, "tab_stops", stops);
  await tab.keyboard.press(" ");
  for (let i = 0; i < 40 && (await step()) === 1; i++) await new Promise((done) => setTimeout(done, 100));
  await tab.keyboard.press(" ");
  if ((await step()) !== 2) fault(1, "play", await step());
  for (let i = 0; i < 6; i++) await tab.keyboard.press("Tab"); // five buttons, then the slider
  await tab.keyboard.press("ArrowRight");
  if ((await step()) !== 3) fault(2, "slider", await step());
  await tab.emulateMediaType("print");
  if (!(await printed(tab, look.record))) fault(0, "print");
}

// On paper are the lanes with all rows, and no control.
const printed = (tab, record) =>
  tab.evaluate((name) => {
    const root = document.querySelector(name).shadowRoot;
    const height = (one) => one.getBoundingClientRect().height;
    const lanes = root.querySelector(".sequence");
    const whole = [...lanes.querySelectorAll(".row")].every((row) => height(row) > 0);
    return whole && lanes.scrollHeight <= lanes.clientHeight + 1 && !height(root.querySelector(".controls"));
  }, own(record));

// Without a script the picture is there.
const drawn = (tab, record) =>
  tab.evaluate((name) => {
    const player = document.querySelector(name);
    const height = (one) => one?.getBoundingClientRect().height ?? 0;
    return height(player.querySelector(".trace-picture img")) > 100 && !height(player.shadowRoot?.querySelector(".player"));
  }, own(record));

async function withoutScript(browser, look) {
  const { tab, fault } = await open(browser, look);
  await tab.setJavaScriptEnabled(false);
  await go(tab, look, 1);
  if (!(await drawn(tab, look.record))) fault(0, "no_script");
  await tab.close();
}

const browser = await puppeteer.launch({ executablePath: job.browser, headless: true, args: ARGUMENTS });
try {
  for (const player of job.players) {
    const [theme, width] = player.look;
    await walk(browser, { ...player, theme, width });
    await withoutScript(browser, { ...player, theme: "light", width: 1280 });
  }
  for (const pair of job.pairs ?? []) {
    await beside(browser, { ...pair, theme: pair.look[0], width: pair.look[1] });
  }
} finally {
  await browser.close();
}
process.stdout.write(JSON.stringify(answer));
