"use strict";
// The page of the scoring service: what each model is, a form made from what it takes, and its prediction with what each column did.
// Everything shown comes as text (textContent), never as markup: cards, names and categories are somebody's input.

const main = document.getElementById("main");
let key = sessionStorage.getItem("key") ?? "";

function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === true) element.setAttribute(name, "");
    else if (value !== undefined && value !== null && value !== false) element.setAttribute(name, value);
  }
  element.append(...children.filter(child => child !== null && child !== undefined));
  return element;
}

async function ask(path, options = {}) {
  const answer = await fetch(path, { ...options, headers: { ...options.headers, ...(key ? { "X-API-Key": key } : {}) } });
  const json = await answer.json().catch(() => ({ error: `${answer.status} ${answer.statusText}` }));
  if (!answer.ok) throw Object.assign(new Error(json.error ?? `${answer.status}`), { status: answer.status });
  return { json, id: answer.headers.get("X-Request-Id") };
}

const number = value => value === null ? "none" : Number(value).toLocaleString("en", { maximumSignificantDigits: 5 });

function keyForm(message) {
  const input = make("input", { type: "password", id: "key", autocomplete: "off", required: true });
  const form = make("form", {}, make("p", { class: key ? "error" : null, role: "status" }, key ? "This key is not known here." : message), make("label", { for: "key" }, "Key", input), make("div", { class: "actions" }, make("button", { class: "first" }, "Open")));
  form.addEventListener("submit", event => { event.preventDefault(); key = input.value; sessionStorage.setItem("key", key); start(); });
  main.replaceChildren(make("section", {}, form));
  input.focus();
}

async function start() {
  try {
    const { json } = await ask("/about");
    window.onhashchange = () => show(json.models);
    show(json.models);
  } catch (problem) {
    if (problem.status === 401) keyForm(problem.message);
    else main.replaceChildren(make("p", { class: "error", role: "alert" }, problem.message));
  }
}

async function show(models) {
  const named = decodeURIComponent(location.hash.slice(1));
  const current = models.find(model => model.name === named) ?? models[0];
  document.title = `${current.name} ${current.version}`;
  document.getElementById("title").textContent = `${current.name} ${current.version}`;
  document.getElementById("models").replaceChildren(...(models.length < 2 ? [] : models.map(model => make("a", { href: `#${encodeURIComponent(model.name)}`, "aria-current": model === current ? "page" : null }, model.name))));
  const { json: about } = await ask(`/about/${encodeURIComponent(current.name)}`);
  const answer = make("section", { "aria-live": "polite", "aria-label": "Prediction" }, make("h2", {}, "Prediction"), make("p", { class: "hint" }, "Fill in the form and ask."));
  main.replaceChildren(...[
    make("p", { class: "lead" }, facts(about)),
    make("div", { class: "columns" }, make("section", {}, make("h2", {}, "Ask it"), form(about, answer)), answer),
    about.card ? null : metrics(about),
    about.card ? make("section", {}, make("details", { open: true }, make("summary", {}, "Model card"), ...card(about.card))) : null,
    make("section", {}, make("h2", {}, "For programs"), make("p", {}, "Open Inference Protocol at ", make("a", { href: `/v2/models/${encodeURIComponent(about.name)}` }, `/v2/models/${about.name}`), ", rows at ", make("code", {}, `POST /score/${about.name}`), ", all of it in ", make("a", { href: "/openapi.json" }, "/openapi.json"), ", measurements at ", make("a", { href: "/metrics" }, "/metrics"), "."))
  ].filter(part => part));
}

function facts(about) {
  return [`predicts ${about.label}${about.classes.length ? `: ${about.classes.slice(0, 6).join(", ")}${about.classes.length > 6 ? ", …" : ""}` : ""}`, about.commit ? `commit ${about.commit.slice(0, 12)}` : null, about.digest.slice(0, 19)].filter(fact => fact).join(" · ");
}

function field(input) {
  const id = `in-${input.name}`;
  let control, hint = input.kind;
  if (input.categories) {
    control = make("input", { id, list: `${id}-list`, autocomplete: "off" });
    hint = `${input.categories.length} known`;
  } else if (input.kind === "boolean") {
    control = make("select", { id }, make("option", { value: "" }, "missing"), make("option", { value: "true" }, "true"), make("option", { value: "false" }, "false"));
  } else if (input.kind === "text") {
    control = make("textarea", { id });
  } else if (input.kind === "numeric") {
    control = make("input", { id, type: "number", step: "any", inputmode: "decimal" });
  } else {
    control = make("input", { id, placeholder: input.kind === "timestamp" ? "2024-01-31T12:00:00Z" : "", autocomplete: "off" });
  }
  if (input.range) hint = input.kind === "timestamp" ? `seen ${input.range.min} to ${input.range.max}` : `seen ${number(input.range.min)} to ${number(input.range.max)}`;
  return make("label", { for: id, class: input.kind === "text" ? "wide" : null }, input.name, make("small", {}, hint), control,
    input.categories ? make("datalist", { id: `${id}-list` }, ...input.categories.map(value => make("option", { value }))) : null);
}

function form(about, answer) {
  const fields = make("div", { class: "fields" }, ...about.inputs.map(field));
  const fill = row => about.inputs.forEach(input => { const value = row[input.name]; document.getElementById(`in-${input.name}`).value = value === null || value === undefined ? "" : String(value); });
  const read = () => Object.fromEntries(about.inputs.map(input => [input.name, document.getElementById(`in-${input.name}`).value]).filter(([, value]) => value !== "").map(([name, value]) => {
    const kind = about.inputs.find(input => input.name === name).kind;
    return [name, kind === "numeric" ? Number(value) : kind === "boolean" ? value === "true" : value];
  }));
  const element = make("form", {}, fields, make("div", { class: "actions" }, make("button", { class: "first" }, "Predict"),
    ...(about.examples ?? []).slice(0, 5).map((example, index) => { const button = make("button", { type: "button" }, `Example ${index + 1}`); button.addEventListener("click", () => { fill(example.input); element.requestSubmit(); }); return button; })));
  element.addEventListener("submit", async event => {
    event.preventDefault();
    try {
      const { json, id } = await ask(`/score/${encodeURIComponent(about.name)}${about.explains ? "?explain=true" : ""}`, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(read()) });
      answer.replaceChildren(...prediction(about, json.predictions[0], json.explanations?.[0], id));
    } catch (problem) {
      answer.replaceChildren(make("h2", {}, "Prediction"), make("p", { class: "error" }, problem.message));
    }
  });
  return element;
}

function prediction(about, value, explanation, id) {
  const parts = [make("h2", {}, "Prediction")];
  if (typeof value === "object" && value !== null) {
    parts.push(make("p", { class: "big" }, value.label));
    parts.push(bars(Object.entries(value.probabilities).sort((one, other) => other[1] - one[1]).slice(0, 10), 1, false));
  } else {
    parts.push(make("p", { class: "big" }, number(value)));
  }
  if (explanation) {
    const all = Object.entries(explanation.contributions).sort((one, other) => Math.abs(other[1]) - Math.abs(one[1]));
    const top = all.slice(0, 12), rest = all.slice(12).reduce((sum, [, part]) => sum + part, 0);
    if (all.length > 12) top.push([`${all.length - 12} others`, rest]);
    parts.push(make("h3", {}, explanation.of === undefined ? "What each column did" : `What speaks for ${explanation.of}, and against`));
    parts.push(bars(top, Math.max(...top.map(([, part]) => Math.abs(part)), 1e-12), true));
    parts.push(make("p", { class: "hint" }, `From ${number(explanation.base)}, what is expected without knowing any column${explanation.of === undefined ? "" : ", in log-odds or raw score"}.`));
  }
  parts.push(make("p", { class: "hint" }, "Request ", make("span", { class: "mono" }, id ?? "")));
  return parts;
}

function bars(entries, most, isSigned) {
  const rows = entries.flatMap(([name, value]) => {
    const share = Math.min(1, Math.abs(value) / most), bar = make("div", { class: `bar ${isSigned ? value >= 0 ? "up" : "down" : "share"}` });
    bar.style.width = `${(isSigned ? 50 : 100) * share}%`;
    bar.style.left = isSigned && value < 0 ? `${50 - 50 * share}%` : isSigned ? "50%" : "0";
    return [make("div", { class: "name" }, name), make("div", { class: `track${isSigned ? "" : " plain"}`, "aria-hidden": "true" }, bar), make("div", { class: "value" }, (isSigned && value > 0 ? "+" : "") + number(value))];
  });
  return make("div", { class: "bars" }, ...rows);
}

function metrics(about) {
  const measured = about.metrics?.metrics;
  if (!measured) return null;
  const rows = Object.entries(measured).map(([name, value]) => make("tr", {}, make("th", { scope: "row" }, name), make("td", { class: "number" }, number(value)), make("td", {}, about.metrics.intervals?.[name] ?? ""), make("td", { class: "number" }, about.metrics.baseline?.[name] === undefined ? "" : number(about.metrics.baseline[name]))));
  return make("section", {}, make("h2", {}, "Measured on rows it has not seen"), make("div", { class: "scroll" }, make("table", {}, make("thead", {}, make("tr", {}, make("th", { scope: "col" }, "metric"), make("th", { scope: "col", class: "number" }, "value"), make("th", { scope: "col" }, "interval"), make("th", { scope: "col", class: "number" }, "constant prediction"))), make("tbody", {}, ...rows))));
}

// The Markdown of model cards: front matter (left out), headings, tables, lists, paragraphs, `code`.
function card(text) {
  const lines = text.replace(/^---\n[\s\S]*?\n---\n/, "").split("\n"), parts = [];
  for (let at = 0; at < lines.length;) {
    const line = lines[at];
    const heading = /^(#{1,6}) +(.*)$/.exec(line);
    if (line.trim() === "") { at++; }
    else if (heading) { at++; if (heading[1].length > 1) parts.push(make("h3", {}, ...inline(heading[2]))); }
    else if (line.startsWith("|")) {
      const rows = [];
      for (; at < lines.length && lines[at].startsWith("|"); at++) rows.push(lines[at].replace(/^\||\|\s*$/g, "").split(/(?<!\\)\|/).map(cell => cell.trim()));
      const [head, , ...body] = rows;
      parts.push(make("div", { class: "scroll" }, make("table", {}, make("thead", {}, make("tr", {}, ...head.map(cell => make("th", { scope: "col" }, ...inline(cell))))), make("tbody", {}, ...body.map(row => make("tr", {}, ...row.map(cell => make("td", {}, ...inline(cell)))))))));
    } else if (/^[-*] /.test(line)) {
      const items = [];
      for (; at < lines.length && /^[-*] /.test(lines[at]); at++) items.push(make("li", {}, ...inline(lines[at].slice(2))));
      parts.push(make("ul", {}, ...items));
    } else {
      const words = [];
      for (; at < lines.length && lines[at].trim() !== "" && !/^(#|\||[-*] )/.test(lines[at]); at++) words.push(lines[at]);
      parts.push(make("p", {}, ...inline(words.join(" "))));
    }
  }
  return parts;
}

function inline(text) {
  return text.split(/(`[^`]*`)/).map(part => part.length > 1 && part.startsWith("`") && part.endsWith("`") ? make("code", {}, part.slice(1, -1)) : part.replace(/\\([\\`*_{}\[\]()#+\-.!|<>&])/g, "$1"));
}

start();
