// What the learner does: keys, buttons, the scrub bar, stops, predictions.  The last of the page's scripts.

const stops = { nodes: new Set(), fanIn: false, nonFinite: false };
const answered = { at: -1, text: "" };
const score = { right: 0, asked: new Set() };
let timer = 0;

function go(to, keep) {
  const before = state.at;
  const was = asking() ? MOMENTS[before].parent : null;
  if (!keep) $("status").textContent = "";
  if (to !== before) answered.at = -1;
  const touched = move(to);
  const now = asking() ? MOMENTS[state.at].parent : null;
  if (before < SEED !== state.at < SEED) NODES.forEach((n) => touched.add(n));
  for (const node of [was, now]) if (node) touched.add(node);
  paint(touched);
  if (asking() && !timer) $("answer").focus({ preventScroll: true });
}

// To the next moment at which to stop, at once or, if playing, by one.
function advance(atOnce) {
  do {
    go(state.at + 1, false);
    const reason = reasonToStop(MOMENTS[state.at], stops);
    if (reason) $("status").textContent = `Stopped at ${reason}`;
    if (reason || asking() || state.at === LAST) return pause();
  } while (atOnce);
}

function play() {
  if (state.at === LAST) go(0);
  $("play").classList.add("playing");
  $("play").lastElementChild.textContent = "Pause";
  clearTimeout(timer);
  const tick = () => {
    timer = setTimeout(tick, 1200 / Number($("speed").value));
    advance(false);
  };
  timer = setTimeout(tick, 200);
}

function pause() {
  clearTimeout(timer);
  timer = 0;
  $("play").classList.remove("playing");
  $("play").lastElementChild.textContent = "Play";
  if (asking()) $("answer").focus({ preventScroll: true });
}

// To where a node is at work: in the pass that is being shown, and from there to the other pass.
function jump(node) {
  pause();
  const forward = node.moments.find((at) => at < SEED), backward = node.moments.find((at) => at >= SEED && MOMENTS[at].kind !== "seed");
  if (forward === undefined) return go(node.last ?? state.at);
  const inBackward = state.at >= SEED, here = MOMENTS[state.at].node === node;
  go(inBackward === here ? forward : backward);
}

// By a whole step of the list, whatever the number of its edges.
function leap(direction) {
  const step = MOMENTS[state.at].step;
  let at = state.at;
  while (at + direction >= 0 && at + direction <= LAST && MOMENTS[at].step === step) at += direction;
  go(at);
}

function predict(m, text) {
  const words = { nan: NaN, inf: Infinity, "-inf": -Infinity };
  const typed = text.trim().toLowerCase().replace("−", "-").replace(",", ".");
  const x = typed in words ? words[typed] : Number(typed);
  const readable = typed !== "" && (typed in words || !Number.isNaN(x));
  // Within one per cent, and where two large numbers cancel, within their rounding errors.
  const slack = Math.max(0.01 * Math.abs(m.after), 1e-12 * Math.abs(m.before));
  const right = Object.is(x, m.after) || x === m.after || (Number.isFinite(m.after) && Math.abs(x - m.after) <= slack);
  const verdict = $("verdict");
  if (!readable) {
    verdict.textContent = "Type a number.";
    return;
  }
  const first = !score.asked.has(m.at);
  score.asked.add(m.at);
  if (!right) {
    verdict.className = "wrong";
    verdict.textContent = `Not ${number(x)}. Multiply ${sides(m)}, then add it to ${number(m.before)}.`;
    $("answer").select();
    return;
  }
  if (first) score.right += 1;
  reveal(m, `Right! ${score.right} of ${score.asked.size} at first try.`);
}

function reveal(m, text) {
  state.revealed.add(m.at);
  Object.assign(answered, { at: m.at, text });
  paint([m.parent]);
  $("live").textContent = `${text} ${spoken(m)}`;
  $("next").focus({ preventScroll: true });
}

// --- events --------------------------------------------------------------------------------------------------------

const on = (id, type, act) => $(id).addEventListener(type, act);
const press = (id, act) =>
  on(id, "click", (event) => {
    act();
    if (event.detail && document.activeElement === event.currentTarget) event.currentTarget.blur(); // the space bar stays free to play
  });
const step = (by) => () => (pause(), go(state.at + by));

press("home", () => (pause(), go(0)));
press("back", step(-1));
press("next", step(1));
press("end", () => (pause(), go(LAST)));
press("play", () => (timer ? pause() : play()));
press("run", () => (pause(), state.at < LAST && advance(true)));
press("theme", () => {
  const dark = $("theme").getAttribute("aria-pressed") !== "true";
  document.documentElement.dataset.theme = dark ? "dark" : "light";
  $("theme").setAttribute("aria-pressed", dark);
});
on("scrub", "input", () => (pause(), go(Number($("scrub").value))));
on("predict", "change", () => {
  state.predicting = $("predict").checked;
  state.revealed = new Set([state.at]); // what stands there is known; all that follows is asked
  pause();
  go(state.at);
  $("status").textContent = state.predicting ? "You will be asked for each gradient" : "";
});
on("fan-in", "change", () => (stops.fanIn = $("fan-in").checked));
on("non-finite", "change", () => (stops.nonFinite = $("non-finite").checked));
on("sum", "submit", (event) => {
  event.preventDefault();
  if (asking()) predict(MOMENTS[state.at], $("answer").value);
});
on("sum", "click", (event) => {
  if (event.target.id === "reveal") score.asked.add(state.at), reveal(MOMENTS[state.at], "Revealed.");
});
on("rows", "click", (event) => {
  const button = event.target.closest("button"), node = button?.closest("tr").node;
  if (!node) return;
  if (button !== node.stop) return jump(node);
  const stop = !stops.nodes.delete(node);
  if (stop) stops.nodes.add(node);
  button.setAttribute("aria-pressed", stop);
  node.g.classList.toggle("stop", stop);
});

// The graph is one stop of the tab key; within it, up and down go from item to item.
const ITEMS = [...svg.querySelectorAll(".n, .e")];
let item = 0;
ITEMS.forEach((g, i) => g.setAttribute("tabindex", i ? "-1" : "0"));
const under = (event) => event.target.closest?.(".n, .e");
svg.addEventListener("click", (event) => under(event)?.node && jump(under(event).node));
svg.addEventListener("pointerover", (event) => under(event) && inspect(under(event)));
svg.addEventListener("pointerleave", () => inspect(ITEMS.includes(document.activeElement) ? document.activeElement : null));
svg.addEventListener("focusin", (event) => inspect(under(event)));
svg.addEventListener("focusout", () => inspect(null));
svg.addEventListener("keydown", (event) => {
  const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (by) {
    ITEMS[item].setAttribute("tabindex", "-1");
    item = (Math.max(0, ITEMS.indexOf(under(event))) + by + ITEMS.length) % ITEMS.length;
    ITEMS[item].setAttribute("tabindex", "0");
    ITEMS[item].focus();
    event.preventDefault();
  } else if (event.key === "Enter" && under(event)?.node) jump(under(event).node);
});

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const at = event.target;
  if (at.matches?.("select") || (at.id === "answer" && (at.value || event.key === " "))) return;
  if (event.key === " " && at.matches?.("button, input")) return;
  const keys = {
    ArrowRight: event.shiftKey ? () => (pause(), leap(1)) : step(1),
    ArrowLeft: event.shiftKey ? () => (pause(), leap(-1)) : step(-1),
    Home: () => (pause(), go(0)),
    End: () => (pause(), go(LAST)),
    " ": () => (timer ? pause() : play()),
  };
  if (!keys[event.key]) return;
  event.preventDefault();
  keys[event.key]();
});

function fit() {
  const { width, height } = svg.viewBox.baseVal, box = $("canvas");
  const whole = $("whole").getAttribute("aria-pressed") === "true";
  const tall = !whole && matchMedia("(max-width: 60rem)").matches ? Infinity : (box.clientHeight - 18) / height;
  const all = Math.min((box.clientWidth - 18) / width, tall, 1.6);
  svg.style.width = `${width * (whole ? all : Math.max(all, 0.7))}px`;
  svg.classList.toggle("whole", whole);
  $("whole").hidden = all >= 0.7;
}
press("whole", () => {
  $("whole").setAttribute("aria-pressed", $("whole").getAttribute("aria-pressed") !== "true");
  fit();
  paint([]);
});
addEventListener("resize", fit);
$("theme").setAttribute("aria-pressed", matchMedia("(prefers-color-scheme: dark)").matches);
fit();
paint(NODES);
