// SPDX-License-Identifier: Apache-2.0
//
// Turns the slides. The address ends in #3 on the third slide, and in #notes-3 in the
// speaker's window, which follows the other window and leads it as well.
"use strict";
const WIDTH = 1280, HEIGHT = 720;
const slides = [...document.querySelectorAll(".slide")];
const notes = [...document.querySelectorAll(".note")];
const root = document.documentElement;
let now = 0;
let other = null; // the other of the two windows, when there is one
let began = 0;

const address = () => /^#(notes-)?(\d+)$/.exec(location.hash);
const speaker = () => root.classList.contains("speaker");

function fit() {
  const room = speaker() ? innerHeight * 0.46 : innerHeight;
  const scale = Math.min(innerWidth / WIDTH, room / HEIGHT);
  root.style.setProperty("--scale", scale);
  root.style.setProperty("--left", `${(innerWidth - WIDTH * scale) / 2}px`);
  root.style.setProperty("--top", `${(room - HEIGHT * scale) / 2}px`);
  root.classList.toggle("narrow", innerWidth < 900);
}

function show(number, tell = true) {
  now = Math.max(0, Math.min(slides.length - 1, number));
  for (const all of [slides, notes]) all.forEach((one, at) => one.classList.toggle("now", at === now));
  document.getElementById("count").textContent = `${now + 1} / ${slides.length}`;
  document.getElementById("next-title").textContent = notes[now + 1]?.dataset.title ?? "–";
  history.replaceState(null, "", `#${speaker() ? "notes-" : ""}${now + 1}`);
  if (tell && other && !other.closed) other.postMessage({ slide: now }, "*");
}

// Without leave for a window of its own the notes stand below the slide.
function openNotes() {
  if (speaker()) return;
  const url = location.href.replace(/#.*$/, "");
  const opened = window.open(`${url}#notes-${now + 1}`, "speaker", "popup,width=900,height=800");
  if (opened) other = opened;
  else speak();
}

function speak() {
  root.classList.add("speaker");
  began = Date.now();
  setInterval(() => {
    const seconds = Math.floor((Date.now() - began) / 1000);
    const text = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
    document.getElementById("clock").textContent = text;
  }, 1000);
  fit();
}

const ACTS = {
  next: () => show(now + 1),
  previous: () => show(now - 1),
  first: () => show(0),
  last: () => show(slides.length - 1),
  notes: openNotes,
};
const KEYS = {
  ArrowRight: "next", ArrowDown: "next", PageDown: "next", " ": "next",
  ArrowLeft: "previous", ArrowUp: "previous", PageUp: "previous",
  Home: "first", End: "last", n: "notes",
};

addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === " " && event.target instanceof HTMLButtonElement) return;
  const act = KEYS[event.key];
  if (!act) return;
  event.preventDefault();
  ACTS[act]();
});
for (const button of document.querySelectorAll("button")) {
  button.addEventListener("click", () => ACTS[button.dataset.go]());
}
addEventListener("message", (event) => {
  if (event.source !== other || !Number.isInteger(event.data?.slide)) return;
  show(event.data.slide, false);
});
addEventListener("resize", fit);
addEventListener("hashchange", () => address() && show(Number(address()[2]) - 1));

if (address()?.[1]) {
  other = window.opener;
  speak();
}
fit();
show(address() ? Number(address()[2]) - 1 : 0, false);
