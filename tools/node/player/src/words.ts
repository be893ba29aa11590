// SPDX-License-Identifier: Apache-2.0
//
// Every word that the player itself says, in both languages.

export interface Words {
  player: string;
  broken: string;
  first: string;
  previous: string;
  play: string;
  pause: string;
  next: string;
  last: string;
  slider: string;
  keys: string;
  whatIfKey: string;
  step: (n: number, of: number) => string;
  sequence: string;
  to: string;
  kinds: Record<"call" | "return" | "syscall" | "message", string>;
  code: string;
  calledFrom: string;
  stepsOf: string;
  inside: string;
  colon: string;
  state: string;
  names: Record<string, string>;
  notYet: string;
  unreadable: string;
  seenAt: (n: number) => string;
  changed: string;
  was: string;
  gone: string;
  parts: Record<"consumed" | "readable" | "written" | "free", string>;
  bytes: (n: number) => string;
  cursors: (read: number, committed: number, written: number, room: number) => string;
  booked: string;
  cuts: Record<"read" | "committed" | "booked", string>;
  block: (n: number) => string;
  room: (n: number) => string;
  refs: (n: number) => string;
  given: string;
  fresh: string;
  empty: string;
  tree: string;
  range: (first: number, last: number) => string;
  piece: string;
  runs: string;
  asRecorded: string;
  whatIf: string;
  from: (step: number) => string;
  shared: (last: number) => string;
  pair: string;
  together: string;
  togetherTold: string;
  none: string;
  yes: string;
  no: string;
}

const en: Words = {
  player: "Step through the recorded run",
  broken:
    "This recording cannot be played: its data are missing or damaged. The picture and the list of steps stand below.",
  first: "First step",
  previous: "Previous step",
  play: "Play",
  pause: "Pause",
  next: "Next step",
  last: "Last step",
  slider: "Step",
  keys: "← → one step · Home End first and last · Space plays",
  whatIfKey: "W what if",
  step: (n, of) => `Step ${n} of ${of}`,
  sequence: "Sequence, one column a thread",
  to: "to",
  kinds: { call: "call", return: "return", syscall: "system call", message: "client" },
  code: "Source of the current step",
  calledFrom: "called from",
  stepsOf: "steps of this function",
  inside: "in",
  colon: ": ",
  state: "State, as last recorded",
  names: {
    input: "Input buffer",
    output: "Output buffer",
    life: "Lifecycle bits",
    refs: "References",
    epoll: "Watched by epoll",
  },
  notYet: "not recorded yet",
  unreadable: "could not be read in this recording",
  seenAt: (n) => `step ${n}`,
  changed: "changed",
  was: "was",
  gone: "gone",
  parts: {
    consumed: "read already",
    readable: "to be read",
    written: "not committed",
    free: "free",
  },
  bytes: (n) => (n === 1 ? "1 byte" : `${n} bytes`),
  cursors: (read, committed, written, room) =>
    `read to ${read}, committed to ${committed}` +
    (written > committed ? `, reserved to ${written}` : "") +
    `, room ${room}`,
  booked: "booked",
  cuts: { read: "read", committed: "committed", booked: "booked" },
  block: (n) => `Block ${n}`,
  room: (n) => `room ${n}`,
  refs: (n) => (n === 1 ? "1 reference" : `${n} references`),
  given: "its memory is given back",
  fresh: "new",
  empty: "no memory held",
  tree: "All steps as a tree of calls",
  range: (first, last) => (first === last ? `step ${first}` : `steps ${first}–${last}`),
  piece: "the code on this page",
  runs: "Runs of this scenario",
  asRecorded: "As it was",
  whatIf: "What if: ",
  from: (step) => `from step ${step}`,
  shared: (last) =>
    last === 0 ? "All is different from step 1 on." : `Up to step ${last} it is the same run (=).`,
  pair: "Two runs side by side",
  together: "Together",
  togetherTold:
    "The other run goes along, to the step that matches: the same functions, in the same order.",
  none: "none",
  yes: "yes",
  no: "no",
};

const zh: Words = {
  player: "逐步播放录下来的这次运行",
  broken: "这份录像放不了：数据缺失或已损坏。图和步骤列表在下面。",
  first: "第一步",
  previous: "上一步",
  play: "播放",
  pause: "暂停",
  next: "下一步",
  last: "最后一步",
  slider: "步骤",
  keys: "← → 前后一步 · Home End 首尾 · 空格播放",
  whatIfKey: "W 换一种情形",
  step: (n, of) => `第 ${n} 步，共 ${of} 步`,
  sequence: "时序，每个线程一列",
  to: "到",
  kinds: { call: "调用", return: "返回", syscall: "系统调用", message: "客户端" },
  code: "当前步骤的源码",
  calledFrom: "调用处",
  stepsOf: "这个函数的步骤",
  inside: "位于",
  colon: "：",
  state: "状态（最近一次的记录）",
  names: {
    input: "输入缓冲区",
    output: "输出缓冲区",
    life: "生命周期的位",
    refs: "引用计数",
    epoll: "epoll 关注",
  },
  notYet: "还没有记录",
  unreadable: "这份录像里没读出来",
  seenAt: (n) => `第 ${n} 步`,
  changed: "变了",
  was: "原为",
  gone: "已移除",
  parts: { consumed: "已读", readable: "可读", written: "未提交", free: "空闲" },
  bytes: (n) => `${n} 字节`,
  cursors: (read, committed, written, room) =>
    `读到 ${read}，提交到 ${committed}` +
    (written > committed ? `，预留到 ${written}` : "") +
    `，容量 ${room}`,
  booked: "预留",
  cuts: { read: "读到", committed: "提交到", booked: "预留到" },
  block: (n) => `块 ${n}`,
  room: (n) => `容量 ${n}`,
  refs: (n) => `引用 ${n}`,
  given: "内存已归还",
  fresh: "新",
  empty: "没有占用内存",
  tree: "全部步骤的调用树",
  range: (first, last) => (first === last ? `第 ${first} 步` : `第 ${first}–${last} 步`),
  piece: "本页的代码",
  runs: "这个场景的几次运行",
  asRecorded: "原样",
  whatIf: "假如：",
  from: (step) => `第 ${step} 步起`,
  shared: (last) => (last === 0 ? "从第 1 步起就不同。" : `到第 ${last} 步为止是同一次运行（=）。`),
  pair: "两次运行并排",
  together: "一起走",
  togetherTold: "另一边跟着走到对应的一步：同样的函数，同样的顺序。",
  none: "无",
  yes: "是",
  no: "否",
};

export function wordsFor(language: string): Words {
  return language.startsWith("zh") ? zh : en;
}
