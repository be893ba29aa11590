// SPDX-License-Identifier: Apache-2.0
//
// Stands in front of the theme's search worker, in the same file, and reads a query
// before the worker does. It drops the words that carry nothing ("what", 为什么), cuts
// Chinese by the words that the index has, and asks for a whole word before it asks for
// one that only begins like it. `word^8` is the worker's own notation for a weight, and
// `word*` for a beginning; a backslash keeps it from cutting a Chinese word once more.
(() => {
  const SETUP = 0, QUERY = 2;
  const WHOLE = 8, BEGINS = 2, STEM = 1;
  const HAN = /[\u3400-\u9fff]/;
  const TOKEN = /[a-z0-9_]+|[\u3400-\u9fff]+/gi;
  const EMPTY = new Set(("does doing done happen happens mean means use used using happened if work works go goes gone come comes "
    + "的 了 是 在 和 与 或 吗 呢 吧 啊 么 怎么 怎样 怎么样 怎么办 如何 什么 为什么 为何 哪 哪个 哪里 哪些 哪种 谁 几 会 能 能不能 "
    + "可以 可不可以 要 应该 该 需要 用 有 没有 没 不 被 把 给 让 到 从 对 就 都 还 还是 也 再 又 只 个 一个 这个 那个 这 那 我 "
    + "我的 你 它 他 时候 什么时候 何时 请问 一下 到底 究竟 是否 怎 会不会 区别 是什么 多少").split(" "));
  const words = new Set();
  let sorted = [];
  let longest = 1;

  addEventListener("message", ({ data }) => {
    if (data.type === SETUP) learn(data.data);
    if (data.type === QUERY) data.data = terms(data.data).join(" ") || data.data;
  });

  function learn({ config, docs }) {
    const separator = new RegExp(config.separator);
    for (const doc of docs) {
      for (const field of Object.keys(config.fields)) {
        const text = String(doc[field] ?? "").replace(/<[^>]*>/g, " ").toLowerCase();
        for (const word of text.split(separator)) if (word) words.add(word);
      }
    }
    sorted = [...words].sort();
    longest = Math.max(...sorted.map((word) => (HAN.test(word) ? word.length : 1)));
  }

  // What the worker is to look for.
  function terms(query) {
    const found = [];
    for (const token of query.match(TOKEN) ?? []) {
      if (HAN.test(token)) found.push(...cut(token));
      else found.push(token);
    }
    const full = found.filter((word) => !isEmpty(word));
    return [...new Set((full.length ? full : found).flatMap(ask))];
  }

  function isEmpty(word) {
    const low = word.toLowerCase();
    return EMPTY.has(low) || (!HAN.test(low) && !lunr.stopWordFilter(low)) || low.length === 1 && !HAN.test(low);
  }

  function ask(word) {
    const low = word.toLowerCase();
    if (HAN.test(low)) return askChinese(low);
    const asked = forms(word).filter((form) => words.has(form)).map((form) => `${form}^${WHOLE}`);
    if (low.length > 2 && continues(low)) asked.push(`${low}*^${BEGINS}`);
    const stem = low.replace(/(ies|ing|ed|es|s|y|e)$/, "");
    if (stem.length > 3 && stem !== low && continues(stem)) asked.push(`${stem}*^${STEM}`);
    return asked.length ? asked : [`${low}*^${STEM}`];
  }

  // The ways to write a name: MallocAck, malloc_ack; timeouts, timeout.
  function forms(word) {
    const low = word.toLowerCase();
    const snake = word.replace(/([a-z0-9])([A-Z])/g, "$1_$2").toLowerCase();
    return [...new Set([low, snake, low.replaceAll("_", ""), low.replace(/s$/, "")])];
  }

  function askChinese(word) {
    const asked = [`${kept(word)}^${WHOLE}`];
    if (word.length > 1 && continues(word)) asked.push(`${kept(word)}*^${BEGINS}`);
    for (const part of partsOf(word)) asked.push(`${kept(part)}^${STEM}`);
    return asked;
  }

  function kept(word) {
    return [...word].join("\\");
  }

  function partsOf(word) {
    const parts = [];
    for (let from = 0; from < word.length; from++) {
      for (let to = from + 2; to <= word.length; to++) {
        const part = word.slice(from, to);
        if (part !== word && words.has(part) && !isEmpty(part)) parts.push(part);
      }
    }
    return parts;
  }

  function continues(beginning) {
    let low = 0, high = sorted.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (sorted[middle] <= beginning) low = middle + 1;
      else high = middle;
    }
    return low < sorted.length && sorted[low].startsWith(beginning);
  }

  // The cut with the longest words of the index; what is in none of them is left out.
  function cut(run) {
    const best = [{ worth: 0, words: [] }];
    for (let end = 1; end <= run.length; end++) {
      let here = best[end - 1];
      for (let from = Math.max(0, end - Math.max(longest, 4)); from < end; from++) {
        const word = run.slice(from, end);
        if (!words.has(word) && !EMPTY.has(word)) continue;
        const worth = best[from].worth + (end - from) ** 2;
        if (worth > here.worth) here = { worth, words: [...best[from].words, word] };
      }
      best.push(here);
    }
    return best[run.length].words;
  }
})();
