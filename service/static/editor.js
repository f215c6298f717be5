// The form of /sparql becomes an editor: colours, completion from the endpoint's own description, its curated queries
// as examples, the answer in several views, and a link that brings the query back. If anything is missing, the form stays.
import { Yasqe } from "/static/npm/yasqe.js";
import { Parser, Yasr } from "/static/npm/yasr.js";
import { element } from "./drawing.js";
import { ProvinceMap } from "./provinces.js";
import { Chart, Table, Timeline } from "./views.js";
import { number, t } from "./words.js";

const SH = "http://www.w3.org/ns/shacl#";
const VOID = "http://rdfs.org/ns/void#";
const IDENTIFIER = "http://purl.org/dc/terms/identifier";
// Longer ones travel by POST, and no link carries them: many servers take no longer address.
const LONGEST = 7000;

const form = document.getElementById("ask");
const base = form.dataset.base;
const prefixes = {};
const examples = new Map();

async function turtle(address) {
  const answer = await fetch(address, { headers: { Accept: "text/turtle" } });
  if (!answer.ok) throw new Error(`${address}: ${answer.status}`);
  return answer.text();
}

function statements(text) {
  const parser = new Parser({ data: text, contentType: "text/turtle" });
  parser.getType();
  return parser.getStatements() ?? [];
}

const objects = (all, predicate) => all.filter((one) => one.predicate.value === predicate).map((one) => one.object.value);

// The terms and the prefixes of the data, as the description of the release tells them.
const described = turtle(form.dataset.description).then((text) => {
  for (const [, name, iri] of text.matchAll(/^\s*@prefix\s+([\w-]*):\s*<([^>]*)>/gm)) prefixes[name] = iri;
  const all = statements(text);
  return { classes: objects(all, VOID + "class").sort(), properties: objects(all, VOID + "property").sort() };
});

// The curated queries, as the endpoint publishes them.
const published = turtle(form.dataset.examples).then((text) => {
  const all = statements(text);
  const queries = new Map(all.filter((one) => one.predicate.value === SH + "select").map((one) => [one.subject.value, one.object.value]));
  for (const one of all) {
    if (one.predicate.value === IDENTIFIER) examples.set(one.object.value, queries.get(one.subject.value));
  }
});

// Completion knows what is in the data and asks nobody else; a list of an earlier release would mislead, so none is kept.
const own = { bulk: true, autoShow: true, persistenceId: null };
Yasqe.forkAutocompleter("class", { ...own, name: "own-classes", get: async () => (await described).classes });
Yasqe.forkAutocompleter("property", { ...own, name: "own-properties", get: async () => (await described).properties });
Yasqe.forkAutocompleter("prefixes", {
  ...own,
  name: "own-prefixes",
  get: async () => {
    await described;
    return Object.entries(prefixes).map(([name, iri]) => `${name}: <${iri}>`).sort();
  },
});
// Said here and not to the editor, which would mix the list with that of its defaults.
Yasqe.defaults.autocompleters = ["variables", "own-prefixes", "own-classes", "own-properties"];

Yasr.registerPlugin("table", Table);
Yasr.registerPlugin("chart", Chart);
Yasr.registerPlugin("map", ProvinceMap);
Yasr.registerPlugin("timeline", Timeline);

const asked = () => new URLSearchParams(location.hash.slice(1));
const area = form.elements.query;
const place = element("div", { class: "editor" });
const bar = element("p", { class: "bar" });
const status = element("span", { role: "status" });
const downloads = element("span", { class: "downloads" });
const answer = element("section", { "aria-label": t("Trả lời", "Answer"), class: "answer" });

form.after(place, bar, answer);
form.hidden = true;

const named = "named" in form.dataset || Boolean(asked().get("query"));
const yasqe = new Yasqe(place, {
  value: asked().get("query") ?? area.value,
  persistenceId: named ? null : "thidua",
  consumeShareLink: null,
  createShareableLink: null,
  editorHeight: "22rem",
  screenReaderLabel: t("Câu hỏi SPARQL; phím Esc rời khung soạn thảo", "SPARQL query; Esc leaves the editor"),
  // The text itself is what screen readers and phones edit.
  inputStyle: "contenteditable",
  showQueryButton: false,
  requestConfig: {
    endpoint: form.action,
    method: (editor) => (encodeURIComponent(editor.getValue()).length < LONGEST ? "GET" : "POST"),
    acceptHeaderGraph: "text/turtle",
    acceptHeaderSelect: "application/sparql-results+json",
  },
});
const written = yasqe.getInputField();
for (const [name, value] of [["role", "textbox"], ["aria-multiline", "true"]]) written.setAttribute(name, value);
// Tab leaves the editor for whoever walks by keyboard; it indents only what is selected.
yasqe.setOption("extraKeys", { ...yasqe.getOption("extraKeys"), Tab: false, "Shift-Tab": false });

const yasr = new Yasr(answer, {
  persistenceId: null,
  prefixes: () => prefixes,
  pluginOrder: ["table", "chart", "map", "timeline", "response"],
  endpoint: form.action,
  map: form.dataset.map,
  // Of an older release, its things are where its endpoint is; the ontology is one for all.
  here: (name) => (/^(def|shapes)\b/.test(name) ? new URL(name, `${location.origin}/`) : new URL(name, form.action)).href,
  base,
  plugins: { ...Yasr.defaults.plugins, table: { enabled: true, dynamicConfig: { compact: true, isEllipsed: false } } },
  errorRenderers: [async (error) => problem(error.text)],
});
yasr.plugins.response.label = t("Nguyên văn", "Raw");
for (const [name, plugin] of Object.entries(yasr.plugins)) {
  const button = answer.querySelector(`.select_${name}`);
  if (!button) continue;
  button.setAttribute("aria-label", plugin.label);
  button.querySelector("span").textContent = button.title = plugin.label;
}

function problem(text) {
  const shown = element("div", { class: "problem" });
  try {
    const told = JSON.parse(text);
    shown.append(element("strong", {}, told.title), element("p", {}, told.detail ?? ""));
    if (told.line) mark(told.line - 1, (told.column ?? 1) - 1);
  } catch {
    shown.append(element("strong", {}, t("Không có trả lời", "No answer")), element("p", {}, text));
  }
  return shown;
}

function mark(line, column) {
  if (line > yasqe.lastLine()) return;
  yasqe.addLineClass(line, "background", "wrong");
  yasqe.setCursor(line, column);
  yasqe.on("change", function clear() {
    yasqe.eachLine((each) => yasqe.removeLineClass(each, "background", "wrong"));
    yasqe.off("change", clear);
  });
}

function button(words, act, more = {}) {
  const made = element("button", { type: "button", ...more }, words);
  made.addEventListener("click", act);
  return made;
}

let running = false;
// What went wrong is told by `queryResponse`.
const ask = () => yasqe.query().catch(() => {});
const run = button(t("Hỏi", "Ask"), () => (running ? yasqe.abortQuery() : ask()), { title: "Ctrl+Enter" });
const copied = element("input", { readonly: "", hidden: "", "aria-label": t("Liên kết mang câu hỏi", "Link that carries the query") });
const share = button(t("Liên kết", "Link"), async () => {
  copied.value = link().href;
  copied.hidden = false;
  copied.select();
  const kept = await navigator.clipboard?.writeText(copied.value).then(() => true, () => false);
  if (kept) status.textContent = t("Đã chép liên kết.", "The link is copied.");
}, { class: "quiet" });
bar.append(run, share, status, downloads, copied);


// The address under which this page shows what it shows now.
function link() {
  const here = new URL(location.href);
  const query = yasqe.getValue();
  const view = yasr.getSelectedPluginName();
  const words = new URLSearchParams();
  here.searchParams.delete("example");
  here.searchParams.delete("query");
  const example = [...examples].find(([, text]) => text === query);
  if (example) here.searchParams.set("example", example[0]);
  else words.set("query", query);
  if (view !== "table") words.set("view", view);
  here.hash = words.toString();
  return here;
}

function remember() {
  const here = link();
  if (here.href.length < 4 * LONGEST) history.replaceState(null, "", here);
  for (const other of document.querySelectorAll("header a[hreflang]")) {
    const there = new URL(other.href);
    there.hash = here.hash;
    there.searchParams.delete("example");
    there.searchParams.delete("query");
    if (here.searchParams.has("example")) there.searchParams.set("example", here.searchParams.get("example"));
    other.href = there;
  }
}

function offer(graph) {
  const formats = graph ? ["ttl", "nt", "jsonld", "rdf"] : ["csv", "tsv", "json", "xml"];
  const query = yasqe.getValue();
  downloads.replaceChildren();
  if (encodeURIComponent(query).length >= LONGEST) return;
  downloads.append(t("Tải về: ", "Download: "));
  for (const format of formats) {
    const there = new URL(form.action);
    there.search = new URLSearchParams({ query, format });
    downloads.append(element("a", { href: there.href, download: `thidua.${format}` }, format), " ");
  }
}

yasqe.on("query", () => {
  running = true;
  run.textContent = t("Dừng", "Stop");
  status.textContent = t("Đang hỏi…", "Asking…");
  downloads.replaceChildren();
});
const rest = () => {
  running = false;
  run.textContent = t("Hỏi", "Ask");
};
yasqe.on("queryResponse", (_, reply, duration) => {
  rest();
  if (reply instanceof Error && reply.name === "AbortError") {
    status.textContent = t("Đã dừng.", "Stopped.");
    return;
  }
  // An empty graph has no text, which the views would take for no answer.
  if (!(reply instanceof Error) && !reply.content) reply.content = "\n";
  yasr.setResponse(reply, duration);
  const rows = yasr.results.getBindings();
  const seconds = t(`${number.format(duration / 1000)} giây`, `${number.format(duration / 1000)} s`);
  if (reply instanceof Error) status.textContent = t("Câu hỏi không được trả lời.", "The query was not answered.");
  else status.textContent = rows ? `${number.format(rows.length)} ${t("dòng", rows.length === 1 ? "row" : "rows")}, ${seconds}` : seconds;
  if (!(reply instanceof Error)) offer(["CONSTRUCT", "DESCRIBE"].includes(yasqe.getQueryType()));
  remember();
});
yasr.on("change", remember);
yasr.on("drawn", () => {
  for (const each of answer.querySelectorAll(".yasr_btnGroup button")) {
    each.setAttribute("aria-pressed", String(each.classList.contains("selected")));
  }
  for (const each of answer.querySelectorAll(".CodeMirror")) {
    each.querySelector("textarea")?.setAttribute("aria-label", yasr.plugins.response.label);
    each.querySelector(".CodeMirror-scroll").tabIndex = 0;
  }
  if (yasr.fallbackInfoEl.firstChild) {
    const view = yasr.getSelectedPlugin()?.label;
    yasr.fallbackInfoEl.textContent = t(`“${view}” không vẽ được trả lời này.`, `“${view}” cannot draw this answer.`);
  }
});

for (const each of document.querySelectorAll("a[data-example]")) {
  each.addEventListener("click", (event) => {
    const query = examples.get(each.dataset.example);
    if (!query || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    yasqe.setValue(query);
    yasqe.clearHistory();
    place.scrollIntoView();
    ask();
  });
}

async function recall() {
  await Promise.allSettled([described, published]);
  if (asked().get("view")) yasr.selectPlugin(asked().get("view"));
  if (named) ask();
}

window.addEventListener("hashchange", () => {
  const query = asked().get("query");
  if (!query || query === yasqe.getValue()) return;
  yasqe.setValue(query);
  recall();
});
recall();
