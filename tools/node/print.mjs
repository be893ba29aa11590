// SPDX-License-Identifier: Apache-2.0

// Prints one page to a PDF. Standard input: one JSON job
//   {"browser", "page": "file://…", "output", "title", "seconds"}

import puppeteer from "puppeteer";
import { readJob } from "./job.mjs";

const job = await readJob();
const browser = await puppeteer.launch({
  executablePath: job.browser,
  args: [
    "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
    "--disable-background-networking", "--allow-file-access-from-files",
  ],
  protocolTimeout: job.seconds * 1000,
});
try {
  const tab = await browser.newPage();
  await tab.goto(job.page, { waitUntil: "load", timeout: job.seconds * 1000 });
  await tab.pdf({
    path: job.output,
    format: "A4",
    printBackground: true,
    preferCSSPageSize: true,
    outline: true,
    tagged: true,
    displayHeaderFooter: true,
    headerTemplate: "<span></span>",
    footerTemplate:
      '<div style="font-size:8px;width:100%;text-align:center">' +
      '<span class="pageNumber"></span></div>',
    timeout: job.seconds * 1000,
  });
} finally {
  await browser.close();
}
