// Draws the frames of a map one after the other. All of them are here already: no frame asks the server for anything.
"use strict";

const $ = (id) => document.getElementById(id);
const map = $("map"), tip = $("tip"), play = $("play"), at = $("at"), when = $("when"), speed = $("speed"), mode = $("mode");
const pen = map.getContext("2d");
let reel = null, timer = null, sums = null, view = { scale: 1, left: 0, top: 0 };

function tell(type, more) {
  window.parent.postMessage({ isStreamlitMessage: true, type: "streamlit:" + type, ...more }, "*");
}

function cumulated(values) {
  const total = values[0].map(() => null);
  return values.map((frame) => frame.map((value, cell) => {
    if (value !== null) total[cell] = (total[cell] || 0) + value;
    return total[cell];
  }));
}

function frame() { return (mode.value === "1" ? sums : reel.values)[Number(at.value)]; }
function legend() { return reel.legends[mode.value === "1" ? 1 : 0]; }

function step(value, lows) {
  let place = 0;
  while (place < lows.length && value >= lows[place]) place += 1;
  return place;
}

function path(outline) {
  pen.beginPath();
  for (let i = 0; i < outline.length; i += 2) {
    pen.lineTo(view.left + outline[i] * view.scale, view.top + outline[i + 1] * view.scale);
  }
  pen.closePath();
}

function text(words, x, y, align) {
  pen.font = "600 13px system-ui, sans-serif";
  pen.textAlign = align;
  pen.lineWidth = 4;
  pen.lineJoin = "round";
  pen.strokeStyle = reel.ground;
  pen.fillStyle = reel.ink;
  pen.strokeText(words, x, y);
  pen.fillText(words, x, y);
}

function draw() {
  const ratio = window.devicePixelRatio || 1, wide = map.clientWidth, high = map.clientHeight;
  if (!reel || !wide) return;
  if (map.width !== Math.round(wide * ratio)) map.width = Math.round(wide * ratio);
  if (map.height !== Math.round(high * ratio)) map.height = Math.round(high * ratio);
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  pen.clearRect(0, 0, wide, high);
  const scale = Math.min(wide / 10000, high / reel.height);
  view = { scale, left: (wide - 10000 * scale) / 2, top: (high - reel.height * scale) / 2 };
  const found = legend();
  pen.globalAlpha = 0.82;
  frame().forEach((value, cell) => {
    pen.fillStyle = value === null ? reel.empty : "rgb(" + found.colours[step(value, found.lows)].join(",") + ")";
    path(reel.outlines[cell]);
    pen.fill();
  });
  pen.globalAlpha = 1;
  pen.strokeStyle = reel.ink;
  pen.lineWidth = 2;
  for (const ring of reel.border) {
    path(ring);
    pen.stroke();
  }
  for (const [x, y, name] of reel.names) text(name, view.left + x * scale, view.top + y * scale, "center");
  const [from, y, to, length] = reel.ruler;
  pen.fillStyle = reel.ink;
  pen.fillRect(view.left + from * scale, view.top + y * scale, (to - from) * scale, 2);
  text(length, view.left + ((from + to) / 2) * scale, view.top + y * scale - 6, "center");
  when.textContent = reel.titles[Number(at.value)];
  map.setAttribute("aria-label", reel.title + ", " + when.textContent);
}

function explain() {
  const found = legend();
  $("legend").replaceChildren();
  const title = document.createElement("b");
  title.textContent = reel.title + (mode.value === "1" ? ", up to then" : ", " + reel.each);
  $("legend").append(title);
  found.colours.forEach((colour, i) => {
    const one = document.createElement("span"), box = document.createElement("i");
    box.style.background = "rgb(" + colour.join(",") + ")";
    one.append(box, found.texts[i]);
    $("legend").append(one);
  });
}

function fit() {
  const wide = document.body.clientWidth;
  if (!reel || !wide) return;
  map.style.height = Math.round(Math.min(560, Math.max(260, wide * Math.min(reel.height / 10000, 1.1)))) + "px";
  draw();
  tell("setFrameHeight", { height: document.documentElement.offsetHeight + 4 });
}

function stop() {
  if (timer !== null) window.clearInterval(timer);
  timer = null;
  play.textContent = "Play";
}

function start() {
  stop();
  if (Number(at.value) >= reel.titles.length - 1) at.value = "0";
  play.textContent = "Pause";
  timer = window.setInterval(() => {
    if (Number(at.value) >= reel.titles.length - 1) { stop(); return; }
    at.value = String(Number(at.value) + 1);
    window.requestAnimationFrame(draw);
  }, 1000 / Number(speed.value));
  draw();
}

function taken(given) {
  const before = reel ? reel.titles.join() : "";
  reel = given;
  sums = cumulated(reel.values);
  at.max = String(reel.titles.length - 1);
  if (before !== reel.titles.join()) { stop(); at.value = "0"; }
  $("modes").hidden = reel.legends.length < 2;
  if (reel.legends.length < 2) mode.value = "0";
  const look = document.documentElement.style;
  for (const [name, colour] of [["--text", reel.ink], ["--ground", reel.ground], ["--line", reel.line], ["--accent", reel.accent],
      ["--page", reel.page]]) {
    look.setProperty(name, colour);
  }
  look.setProperty("color-scheme", reel.dark ? "dark" : "light");
  explain();
  fit();
}

play.addEventListener("click", () => (timer === null ? start() : stop()));
at.addEventListener("input", () => { stop(); draw(); });
speed.addEventListener("change", () => { if (timer !== null) start(); });
mode.addEventListener("change", () => { explain(); draw(); });
new ResizeObserver(fit).observe(document.body);

map.addEventListener("pointerleave", () => { tip.hidden = true; });
map.addEventListener("pointermove", (event) => {
  if (!reel) return;
  const edge = map.getBoundingClientRect(), ratio = window.devicePixelRatio || 1, values = frame(), found = legend();
  const x = event.clientX - edge.left, y = event.clientY - edge.top;
  const cell = reel.outlines.findIndex((outline, i) => {
    if (values[i] === null) return false;
    path(outline);
    return pen.isPointInPath(x * ratio, y * ratio);
  });
  tip.hidden = cell < 0;
  if (cell < 0) return;
  const plain = reel.plain ? values[cell].toLocaleString("en") : found.texts[step(values[cell], found.lows)];
  tip.textContent = reel.title + ": " + plain;
  tip.style.left = Math.min(x + 12, edge.width - tip.offsetWidth - 4) + "px";
  tip.style.top = Math.max(y - 30, 0) + "px";
});

window.addEventListener("message", (event) => {
  if (event.source === window.parent && event.data.type === "streamlit:render") taken(event.data.args.reel);
});
tell("componentReady", { apiVersion: 1 });
