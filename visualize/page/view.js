// What the page shows: paints the present moment into equation, graph, table and source.
// Every label comes in as text, never as markup.  What does not live here: keys and buttons (controls.js).

const SVG = "http://www.w3.org/2000/svg";
const h = (tag, name, ...children) => {
  const element = document.createElement(tag);
  if (name) element.className = name;
  element.append(...children.flat());
  return element;
};
const bdi = (text) => h("bdi", "code", text);
const data = (x, name = "") => {
  const element = h("data", name, number(x));
  element.value = element.title = String(x);
  return element;
};
const sign = (x) => (!Number.isFinite(x) ? "odd" : x > 0 ? "plus" : x < 0 ? "minus" : "");
const glyph = (x) => ({ odd: "! ", plus: "▲ ", minus: "▼ " })[sign(x)] ?? "";
const slope = (over, under) => h("span", "fraction", h("span", "", "∂", h("bdi", "", over.short)), h("span", "", "∂", h("bdi", "", under.short)));
const part = (name, caption, symbol, x) => h("div", `part ${name}`, h("small", "", caption), h("i", "", symbol), data(x));
const sides = (m) => `${number(m.upstream)} × ${number(m.partial)}`;

const VERDICTS = {
  agrees: ["ok", "✓", "agrees with a finite difference"],
  kink: ["ok", "✓", "a kink: lies between the slopes of its two sides"],
  differs: ["bad", "✗", "differs from the finite difference"],
  unknown: ["none", "?", "a finite difference says nothing here: a jump, a pole, a number that is not finite, or data changed since"],
  frozen: ["none", "–", "takes no gradient"],
  unchecked: ["none", "–", "not checked: the graph is too large"],
};

// --- made once ---------------------------------------------------------------------------------------------------

const svg = $("canvas").firstElementChild;
for (const node of NODES) {
  const g = (node.g = $(`n${node.id}`));
  for (const [name, x, y] of [["v", 10, 36], ["g", 10, 52], ["k", 98, 36]]) {
    const text = (node[name === "g" ? "d" : name] = g.appendChild(document.createElementNS(SVG, "text")));
    for (const [key, value] of Object.entries({ class: name, x, y })) text.setAttribute(key, value);
  }
  g.setAttribute("role", "button");
  g.setAttribute("aria-label", `node ${node.name}`);
  const name = h("button", "name", node.short);
  name.title = node.name;
  name.setAttribute("aria-label", `Go to ${node.name}`);
  name.type = "button";
  node.stop = h("button", "stop");
  node.stop.type = "button";
  node.stop.setAttribute("aria-label", `Stop when ${node.name} changes`);
  node.stop.setAttribute("aria-pressed", "false");
  node.cells = { v: h("td"), d: h("td", "gradient"), k: h("td") };
  node.tr = h("tr", "", h("td", "", name), Object.values(node.cells), h("td", "", node.stop));
  node.tr.node = g.node = name.node = node;
}
$("rows").append(...NODES.map((n) => n.tr));
for (const g of svg.querySelectorAll(".e")) {
  const hit = g.firstElementChild.cloneNode();
  hit.setAttribute("class", "hit");
  g.append(hit);
  const [, id] = /^e(\d+)-/.exec(g.id);
  (NODES[id].edges ??= []).push(g);
  g.setAttribute("role", "img");
  g.setAttribute("aria-label", `edge ${TERMS.has(g.id) ? `${TERMS.get(g.id).parent.name} ` : ""}to ${NODES[id].name}`);
  g.setAttribute("aria-describedby", "inspect");
}
const LINES = [];
for (const [title, rows] of DATA.source.length ? DATA.source : [["", NODES.map((n, i) => [i + 1, n.leaf ? `${n.name} = ${number(n.value)}` : `${n.name} = ${n.equation}`])]]) {
  if (title) $("lines").append(h("p", "", title));
  for (const [line, text] of rows) {
    const row = h("div", "", h("i", "", String(line)), h("bdi", "", text));
    LINES.push(row);
    $("lines").append(row);
  }
}
if (!DATA.source.length) $("code-title").textContent = "Computation";
$("root").textContent = ROOT.name;
$("steps").textContent = LENGTH;
$("scrub").max = LAST;

// --- the present moment --------------------------------------------------------------------------------------------

let lit = []; // [element, class] of what is highlighted

function light(element, ...names) {
  if (!element) return;
  element.classList.add(...names);
  lit.push([element, names]);
}

function within(box, element) {
  const a = box.getBoundingClientRect(), b = element.getBoundingClientRect();
  const by = (low, high, from, to) => (from < low ? from - low : to > high ? Math.min(to - high, from - low) : 0);
  const left = by(a.left + 12, a.right - 12, b.left, b.right), top = by(a.top + 30, a.bottom - 12, b.top, b.bottom);
  if (left || top) box.scrollBy(left, top);
}

function paintNode(node) {
  const d = shown(node), [verdict, mark, words] = VERDICTS[node.verdict], done = complete(node);
  const known = state.computed[node.id], begun = state.at >= SEED && node.takes;
  for (const g of [node.g, ...(node.edges ?? [])]) g.classList.toggle("wait", !known);
  node.v.textContent = known ? number(node.value, 5) : "·";
  node.d.textContent = begun ? glyph(d) + number(d, 5) : "";
  node.d.setAttribute("class", `g ${begun ? sign(d) : ""}`);
  node.k.textContent = done ? mark : "";
  node.k.setAttribute("class", `k ${verdict}`);
  node.cells.v.textContent = known ? number(node.value) : "";
  node.cells.d.replaceChildren(data(d, sign(d)));
  const says = Number.isFinite(node.slope) ? `${words}, ${number(node.slope)}` : words;
  const badge = h("span", verdict, mark, h("span", "unseen", ` ${says}`));
  badge.title = says;
  node.cells.k.replaceChildren(...(done ? [badge] : []));
}

function paint(touched) {
  for (const node of touched) paintNode(node);
  for (const [element, names] of lit) element.classList.remove(...names);
  lit = [];
  const m = MOMENTS[state.at];
  const target = changed(m) || m.node;
  if (m.node) light(m.node.g, "active"), light(m.node.tr, "active"), light(LINES[m.node.row], "on");
  if (m.kind === "forward") for (const edge of m.node.edges ?? []) light(edge, "hot");
  if (m.kind === "term") {
    light(m.parent.g, "gets"), light(m.parent.tr, "gets");
    light($(m.edge), "hot", "flow");
  }
  $("phase").textContent = !m.node ? "Start" : state.at === LAST ? "Done" : state.at < SEED ? "Forward" : "Backward";
  $("step").textContent = m.step;
  $("term").textContent = m.of > 1 ? `edge ${m.k + 1} of ${m.of}` : "";
  $("scrub").value = state.at;
  paintStage(m);
  $("scrub").setAttribute("aria-valuetext", `step ${m.step} of ${LENGTH}`);
  $("live").textContent = `Step ${m.step} of ${LENGTH}. ${$("what").textContent} ${spoken(m)}`;
  for (const [box, element] of [[$("canvas"), m.node?.g], [$("canvas"), target?.g], [$("rows").closest(".scroll"), target?.tr], [$("lines"), LINES[m.node?.row]]])
    if (element && (box.scrollHeight > box.clientHeight || box.scrollWidth > box.clientWidth)) within(box, element);
  inspect(inspected);
}

function spoken(m) {
  if (m.kind === "forward") return `${m.node.name} = ${number(m.node.value)}`;
  if (m.kind !== "term") return "";
  if (asking()) return `${sides(m)}, added to ${number(m.before)}: what is the gradient of ${m.parent.name}?`;
  return `${sides(m)} = ${number(m.contribution)}; gradient of ${m.parent.name}: ${number(m.before)} + ${number(m.contribution)} = ${number(m.after)}`;
}

function paintStage(m) {
  const what = $("what"), product = $("product"), sum = $("sum");
  const sign = (text) => h("span", "", text);
  sum.replaceChildren();
  if (m.kind === "start") {
    const any = { short: "node" }, operand = { short: "operand" };
    what.replaceChildren("First forward: each node is computed from its operands. Then backward: the chain rule, one edge at a time.");
    product.replaceChildren(
      part("upstream", "upstream gradient", [slope(ROOT, any)], 0), sign("×"), part("local", "local derivative", [slope(any, operand)], 0),
      sign("="), part("gives", "contribution", ["to ", slope(ROOT, operand)], 0),
    );
    for (const number of product.querySelectorAll("data")) number.remove();
    sum.replaceChildren(h("span", "", "Press → or Next."));
  } else if (m.kind === "forward") {
    what.replaceChildren(bdi(m.node.name), " is computed from its operands, and its local derivatives are noted on its edges.");
    const digits = part("whole", "operands", [h("code", "", m.node.equation)], 0);
    digits.lastChild.replaceWith(h("data", "", m.node.digits));
    product.replaceChildren(digits, sign("="), part("upstream", "result", [h("code", "", m.node.name)], m.node.value));
    sum.replaceChildren(...m.node.sent.slice(0, 3).map((t) => h("span", "note local", slope(t.node, t.parent), "=", h("code", "", t.formula), "=", data(t.partial))));
  } else if (m.kind === "seed") {
    what.replaceChildren("Backward starts at the result, ", bdi(ROOT.name), ", which changes exactly as fast as itself.");
    product.replaceChildren(part("upstream", "seed", [slope(ROOT, ROOT)], 1));
  } else if (m.kind === "idle") {
    what.replaceChildren(bdi(m.node.name), m.upstream ? " has no operand that takes a gradient." : " has gradient 0, and sends nothing back.");
    product.replaceChildren(part("upstream", "upstream gradient", [slope(ROOT, m.node)], m.upstream));
  } else {
    const hidden = asking();
    what.replaceChildren(bdi(m.node.name), " passes its gradient on to ", bdi(m.parent.name), m.parent.due > 1 ? `, whose ${m.parent.due} contributions add up.` : ".");
    const gives = part("gives", "contribution", [`to `, slope(ROOT, m.parent)], m.contribution);
    if (hidden) gives.lastChild.replaceWith(h("data", "", "?"));
    product.replaceChildren(
      part("upstream", "upstream gradient", [slope(ROOT, m.node)], m.upstream), sign("×"),
      part("local", "local derivative", [slope(m.node, m.parent), "=", h("code", "", m.formula)], m.partial),
      sign(hidden ? "=" : equals(Number(number(m.upstream)) * Number(number(m.partial)), m.contribution)), gives,
    );
    paintSum(m, hidden);
  }
  fitProduct();
}

// The numbers as large as the line has room for.
function fitProduct() {
  const product = $("product");
  product.classList.toggle("words", !product.querySelector("data"));
  const characters = [...product.querySelectorAll(".part")].reduce((sum, p) => sum + Math.max(p.lastChild.textContent.length, 3), 0);
  product.style.setProperty("--fit", Math.min(5.6, 150 / (characters + 3)));
}

function paintSum(m, hidden) {
  const name = h("bdi", "name", `${m.parent.short}.grad`);
  const before = h("b", "", data(m.before, "before"));
  if (!hidden) {
    const verdict = state.at === answered.at ? h("output", "right", answered.text) : "";
    if (verdict) verdict.id = "verdict";
    const mark = equals(Number(number(m.before)) + Number(number(m.contribution)), m.after);
    $("sum").replaceChildren(name, before, h("span", "", "+"), h("b", "gives", data(m.contribution, "contribution")), h("span", "", mark), h("b", "", data(m.after, "after")), verdict);
    return;
  }
  const input = h("input");
  input.id = "answer";
  input.inputMode = "decimal";
  input.setAttribute("aria-label", `${m.parent.name}.grad after this contribution`);
  const button = (id, text, type) => Object.assign(h("button", "", text), { id, type });
  const verdict = h("output");
  verdict.id = "verdict";
  $("sum").replaceChildren(name, before, h("span", "", "+ ? ="), input, button("try", "Check", "submit"), button("reveal", "Reveal", "button"), verdict);
}

// --- the term of an edge, and the number of a node, on hover and focus -----------------------------------------------

let inspected = null;

function inspect(g) {
  inspected = g;
  const line = $("inspect"), node = g?.node, m = g && TERMS.get(g.id);
  if (!g) line.replaceChildren("← → step, space plays, ↑ ↓ visit the graph. Point at an edge to see its term; click a node to go to it.");
  else if (node) {
    const rest = [state.computed[node.id] ? ` = ${number(node.value)}` : " is not computed yet"];
    if (state.at >= SEED && node.takes) rest.push(`; gradient ${number(shown(node))}`, complete(node) ? `, which ${VERDICTS[node.verdict][2]}` : ", so far");
    line.replaceChildren(bdi(node.leaf ? node.name : `${node.name} = ${node.equation}`), rest.join(""));
  } else if (!m) line.replaceChildren("Along this edge nothing is sent back.");
  else {
    line.replaceChildren(bdi(m.parent.name), " → ", bdi(m.node.name), ":  ", h("span", "local", `∂${m.node.name}/∂${m.parent.name} = ${m.formula}${state.computed[m.node.id] ? ` = ${number(m.partial)}` : ""}`));
    line.append(m.at <= state.at && !(m.at === state.at && asking()) ? `;  upstream × local = ${sides(m)} = ${number(m.contribution)}` : "; its upstream gradient is still to come");
  }
}
