// SPDX-License-Identifier: Apache-2.0

// Asks the search of a built site, without a browser: the worker and the indexes are the
// very files that the site ships. Standard input: one JSON job
//   {"worker": path, "searches": [{"index": path, "queries": ["…"]}]}
// Standard output: for each search, for each query, the groups of what was found
//   [[[["12-trace.html#close", …], …], …], …]
// A group is a page with its headings, the best first.

import { readFileSync } from "node:fs";
import vm from "node:vm";
import { readJob } from "./job.mjs";

const SETUP = 0, QUERY = 2, RESULT = 3;

class Worker {
  constructor(script) {
    this.listeners = [];
    this.answers = [];
    const scope = {
      addEventListener: (_, listener) => this.listeners.push(listener),
      postMessage: (message) => this.answers.shift()(message),
      importScripts: () => {},
      console,
    };
    scope.self = scope;
    vm.runInContext(script, vm.createContext(scope));
  }

  ask(data) {
    const answer = new Promise((done) => this.answers.push(done));
    for (const listener of this.listeners) listener({ data });
    return answer;
  }
}

async function search(script, { index, queries }) {
  const worker = new Worker(script);
  const { config, docs } = JSON.parse(readFileSync(index, "utf8"));
  await worker.ask({ type: SETUP, data: { config, docs, options: { suggest: true } } });
  const found = [];
  for (const query of queries) {
    const { type, data } = await worker.ask({ type: QUERY, data: query });
    if (type !== RESULT) throw new Error(`no result for ${query}`);
    found.push(data.items.map((group) => group.map((item) => item.location)));
  }
  return found;
}

const job = await readJob();
const script = readFileSync(job.worker, "utf8");
const answers = [];
for (const one of job.searches) answers.push(await search(script, one));
process.stdout.write(JSON.stringify(answers));
