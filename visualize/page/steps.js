"use strict";
// What the page knows: the list of steps, cut into moments, and all gradients at the present moment.
//
// A moment is the least the page shows at once: the start; one forward step; the seed, ∂root/∂root = 1; one edge of a
// backward step. It computes no gradient: each `after` stands in the list of steps, and going back restores `before`.
// What does not live here: the document (view.js), keys and buttons (controls.js).

const $ = (id) => document.getElementById(id);
const DATA = JSON.parse($("data").textContent);
const real = (x) => (typeof x === "string" ? Number(x) : x); // JSON has no number for NaN and Infinity

const NODES = DATA.nodes.map(([name, leaf, equation, digits, value, takes, verdict, slope, row, short], id) => ({
  id, name, short, leaf, equation, digits, value: real(value), takes, verdict, slope: real(slope), row, due: 0, sent: [], moments: [],
}));
const ROOT = NODES[NODES.length - 1];
const MOMENTS = [{ kind: "start", step: 0 }];
const TERMS = new Map(); // edge id -> its moment
const LENGTH = DATA.forward.length + DATA.backward.length;

(function cut() {
  const gradient = NODES.map(() => 0);
  const add = (moment) => {
    moment.at = MOMENTS.push(moment) - 1;
    for (const node of moment.kind === "term" ? [moment.parent] : [moment.node]) node.last = moment.at;
    moment.node.moments.push(moment.at);
    return moment;
  };
  DATA.forward.forEach((id, i) => add({ kind: "forward", step: i + 1, node: NODES[id] }));
  add({ kind: "seed", step: DATA.forward.length, node: ROOT, before: 0, after: 1 });
  gradient[ROOT.id] = 1;
  DATA.backward.forEach(([id, terms], i) => {
    const node = NODES[id], step = DATA.forward.length + i + 1;
    if (!terms.length) add({ kind: "idle", step, node, upstream: gradient[id] });
    terms.forEach(([edge, to, partial, formula, contribution, after], k) => {
      const parent = NODES[to];
      const moment = add({
        kind: "term", step, node, parent, formula, k, of: terms.length, edge: `e${id}-${edge}`, earlier: parent.due++,
        upstream: gradient[id], partial: real(partial), contribution: real(contribution),
        before: gradient[to], after: real(after),
      });
      gradient[to] = moment.after;
      node.sent.push(moment);
      TERMS.set(moment.edge, moment);
    });
  });
})();
const SEED = MOMENTS.findIndex((m) => m.kind === "seed");
const LAST = MOMENTS.length - 1;

const state = {
  at: 0,
  computed: NODES.map((n) => n.leaf),
  gradient: NODES.map(() => 0),
  received: NODES.map(() => 0),
  predicting: false,
  revealed: new Set(), // moments whose question was answered
};

// The node whose number a moment changes.
const changed = (m) => (m.kind === "term" ? m.parent : m.kind === "forward" || m.kind === "seed" ? m.node : null);

// Go to a moment; gives the nodes whose numbers changed on the way.
function move(to) {
  const touched = new Set();
  const apply = (m, forth) => {
    const node = changed(m);
    if (!node) return;
    touched.add(node);
    if (m.kind === "forward") state.computed[node.id] = forth;
    else state.gradient[node.id] = forth ? m.after : m.before;
    if (m.kind === "term") state.received[node.id] += forth ? 1 : -1;
  };
  to = Math.max(0, Math.min(LAST, to));
  while (state.at < to) apply(MOMENTS[++state.at], true);
  while (state.at > to) apply(MOMENTS[state.at--], false);
  return touched;
}

// Whether the present moment is a question the learner has yet to answer.
const asking = (at = state.at) => state.predicting && MOMENTS[at].kind === "term" && !state.revealed.has(at);

// What may be shown of a node's gradient now.
const shown = (node) => {
  const m = MOMENTS[state.at];
  return asking() && m.parent === node ? m.before : state.gradient[node.id];
};
// Whether its gradient is final: all contributions are in; none at all is known only at the end.
const complete = (node) =>
  state.at >= (node.due || node === ROOT ? SEED : LAST) && state.received[node.id] === node.due && !(asking() && MOMENTS[state.at].parent === node);

// Python's "%.6g".
function number(x, digits = 6) {
  if (!Number.isFinite(x)) return Number.isNaN(x) ? "nan" : x > 0 ? "inf" : "-inf";
  if (x === 0) return Object.is(x, -0) ? "-0" : "0";
  const [mantissa, exponent] = x.toExponential(digits - 1).split("e");
  const e = Number(exponent);
  const trim = (text) => (text.includes(".") ? text.replace(/\.?0+$/, "") : text);
  if (e >= -4 && e < digits) return trim(x.toFixed(digits - 1 - e));
  return `${trim(mantissa)}e${e < 0 ? "-" : "+"}${String(Math.abs(e)).padStart(2, "0")}`;
}
// The sign to stand before `result`: rounded to six digits, an equation may no longer hold to the last of them.
const equals = (shown, result) =>
  Math.abs(shown - Number(number(result))) <= 1e-9 * Math.abs(result) || !Number.isFinite(result) ? "=" : "≈";

// Why to stop at a moment, as words; empty if there is no reason.
function reasonToStop(m, stops) {
  const node = changed(m);
  if (node && stops.nodes.has(node)) return `${node.name} changes`;
  if (stops.fanIn && m.kind === "term" && m.earlier) return `a fan-in: contribution ${m.earlier + 1} of ${m.parent.due} to ${m.parent.name}`;
  if (stops.nonFinite) {
    if (m.kind === "forward" && !Number.isFinite(m.node.value)) return `${m.node.name} is ${number(m.node.value)}`;
    if (m.kind === "term" && ![m.contribution, m.after].every(Number.isFinite)) return `the gradient of ${m.parent.name} is ${number(m.after)}`;
  }
  return "";
}
