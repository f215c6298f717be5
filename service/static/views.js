// The views of an answer: the library's table in the page's language, a chart, a timeline.
import { Yasr } from "/static/npm/yasr.js";
import { element, shape } from "./drawing.js";
import { number, t } from "./words.js";

export const ROWS = { "": t("số dòng", "number of rows") };
// What is drawn of a long answer; the table has all of it.
const DRAWN = 120;

export class Table extends Yasr.plugins.table {
  label = t("Bảng", "Table");
  helpReference = undefined;

  // Things of the data answer on this host; the library would send readers to where their name points.
  getCellContent(binding, prefixes) {
    const { base, here } = this.yasr.config;
    const content = super.getCellContent(binding, prefixes);
    if (binding.type !== "uri" || !binding.value.startsWith(base)) return content;
    const name = binding.value.slice(base.length);
    const link = element("a", { class: "iri", href: here(name) }, name);
    return element("div", {}, element("span", {}, link)).outerHTML;
  }

  draw(kept) {
    this.config = { ...this.config, tableConfig: { ...this.config.tableConfig, language: language() } };
    super.draw(kept);
  }

  drawControls() {
    super.drawControls();
    const [simple, ellipse] = this.tableControls.querySelectorAll(".switch .label");
    simple.textContent = t("Gọn", "Simple view");
    ellipse.textContent = t("Cắt ngắn", "Shorten");
    this.tableFilterField.placeholder = t("Lọc trong trả lời", "Filter the answer");
    this.tableFilterField.setAttribute("aria-label", this.tableFilterField.placeholder);
    this.tableControls.querySelector(".pageSizerLabel").textContent = t("Số dòng mỗi trang: ", "Rows a page: ");
    this.tableSizeField.setAttribute("aria-label", t("Số dòng mỗi trang", "Rows a page"));
    this.tableSizeField.lastChild.textContent = t("Tất cả", "All");
  }
}

function language() {
  return {
    info: t("Dòng _START_–_END_ trong _TOTAL_", "Rows _START_–_END_ of _TOTAL_"),
    infoEmpty: t("Không có dòng nào", "No rows"),
    infoFiltered: t("(lọc từ _MAX_)", "(of _MAX_ before the filter)"),
    emptyTable: t("Không có dòng nào", "No rows"),
    zeroRecords: t("Không có dòng nào khớp", "No row matches"),
    thousands: t(".", ","),
    decimal: t(",", "."),
    paginate: { first: "«", previous: "‹", next: "›", last: "»" },
    aria: {
      orderable: t(": sắp xếp", ": sort"),
      orderableReverse: t(": sắp xếp ngược lại", ": sort the other way"),
      paginate: {
        first: t("Trang đầu", "First page"),
        previous: t("Trang trước", "Previous page"),
        next: t("Trang sau", "Next page"),
        last: t("Trang cuối", "Last page"),
      },
    },
  };
}

// A view that draws from chosen columns.
export class Drawing {
  constructor(yasr) {
    this.yasr = yasr;
    this.chosen = {};
  }

  get rows() {
    return this.yasr.results?.getBindings() ?? [];
  }

  get columns() {
    return this.yasr.results?.getVariables() ?? [];
  }

  // The columns of numbers; a year is none.
  get numbers() {
    const counted = (column) => this.rows.every((row) => !row[column] || !Number.isNaN(quantity(row[column])));
    return this.columns.filter((column) => this.rows.some((row) => row[column]) && counted(column) && !temporal(column, this.rows));
  }

  getIcon() {
    const icon = shape("svg", { viewBox: "0 0 16 16", "aria-hidden": "true" });
    icon.append(...this.strokes.map((d) => shape("path", { d })));
    return icon;
  }

  // The choices that were made, as far as the columns of this answer allow them.
  choice(choices) {
    return Object.fromEntries(
      Object.entries(choices).map(([name, { among }]) => [name, among.includes(this.chosen[name]) ? this.chosen[name] : among[0]]),
    );
  }

  draw() {
    const choices = this.choices();
    const choice = this.choice(choices);
    const chooser = element("p", { class: "choices" });
    for (const [name, { label, among, words }] of Object.entries(choices)) {
      const select = element("select");
      for (const each of among) select.append(new Option(words?.[each] ?? `?${each}`, each, false, each === choice[name]));
      select.addEventListener("change", () => {
        this.chosen[name] = select.value;
        this.yasr.resultsEl.replaceChildren();
        this.draw();
      });
      chooser.append(element("label", {}, `${label} `, select), " ");
    }
    // A wide drawing scrolls, so it can be reached by keyboard.
    const frame = element("div", { class: "scroll drawing", tabindex: "0", role: "group", "aria-label": this.label });
    this.yasr.resultsEl.append(chooser, frame);
    const width = Math.max(300, frame.clientWidth);
    return Promise.resolve(this.drawn(choice, width)).then((shapes) => frame.append(...shapes));
  }
}

const text = (binding) => (!binding ? "" : binding.type === "uri" ? decodeURI(binding.value).split(/[#/]/).filter(Boolean).pop() : binding.value);
export const quantity = (binding) => (binding && binding.type !== "uri" && binding.value.trim() !== "" ? Number(binding.value) : NaN);

// Columns that people read come first: what is called a label, then other text, then numbers, then names of things.
function readable(columns, rows) {
  const rank = (column) => {
    if (/label|name|title/i.test(column)) return 0;
    const values = rows.map((row) => row[column]).filter(Boolean);
    if (values.some((value) => value.type === "uri")) return 3;
    return values.every((value) => !Number.isNaN(quantity(value))) ? 2 : 1;
  };
  return columns.map((column) => [rank(column), column]).sort(([a], [b]) => a - b).map(([, column]) => column);
}

function drawing(width, height, label) {
  return shape("svg", { viewBox: `0 0 ${width} ${height}`, width, height, role: "img", "aria-label": label });
}

const left = (count) => (count > DRAWN ? [element("p", { class: "kind" }, t(`Chỉ vẽ ${DRAWN} trong ${number.format(count)}; bảng có tất cả.`, `${DRAWN} of ${number.format(count)} are drawn; the table has them all.`))] : []);

export class Chart extends Drawing {
  label = t("Biểu đồ", "Chart");
  priority = 4;
  strokes = ["M2 14V2", "M2 14h12", "M5 12V8", "M9 12V4", "M13 12V6"];

  canHandleResults() {
    return this.rows.length > 0;
  }

  choices() {
    const numbers = this.numbers;
    const rest = readable(this.columns.filter((column) => !numbers.includes(column)), this.rows);
    return {
      bar: { label: t("Mỗi cột là", "A bar for each"), among: rest.length ? rest : this.columns },
      value: { label: t("dài bằng", "as long as"), among: [...numbers, ""], words: ROWS },
    };
  }

  drawn({ bar, value }, width) {
    const sums = new Map();
    for (const row of this.rows) {
      const add = value ? quantity(row[value]) : 1;
      if (!Number.isNaN(add)) sums.set(text(row[bar]), (sums.get(text(row[bar])) ?? 0) + add);
    }
    const bars = [...sums].slice(0, DRAWN);
    const [low, high] = [Math.min(0, ...sums.values()), Math.max(0, ...sums.values())];
    const at = (amount) => ((amount - low) / (high - low || 1)) * (width - 2) + 1;
    const chart = drawing(width, bars.length * 38 + 4, `${this.label}: ${bar}, ${value || ROWS[""]}`);
    bars.forEach(([name, amount], index) => {
      const top = index * 38;
      const words = shape("text", { x: 1, y: top + 15, class: "name" }, name || t("(không rõ)", "(unknown)"));
      const figure = shape("text", { x: width - 1, y: top + 15, class: "figure" }, number.format(amount));
      const [from, to] = [at(Math.min(0, amount)), at(Math.max(0, amount))];
      const box = shape("rect", { x: from, y: top + 21, width: Math.max(1, to - from), height: 12, class: "bar" });
      chart.append(shape("g", {}, shape("title", {}, `${name}: ${number.format(amount)}`), words, figure, box));
    });
    return [chart, ...left(sums.size)];
  }
}

// A date, month or year as a span of years; null for anything else.
function span(binding) {
  const parts = binding && binding.type !== "uri" && /^(\d{4})(?:-(\d\d)(?:-(\d\d))?)?(?:$|T|Z|[+-]\d\d:\d\d$)/.exec(binding.value);
  if (!parts) return null;
  const [year, month, day] = parts.slice(1).map((part) => part && Number(part));
  if (!month) return [year, year + 1];
  if (!day) return [year + (month - 1) / 12, year + month / 12];
  const at = year + (Date.UTC(year, month - 1, day) - Date.UTC(year, 0, 1)) / (Date.UTC(year + 1, 0, 1) - Date.UTC(year, 0, 1));
  return [at, at + 1 / 365];
}

// Numbers of four digits are years only in a column that says so, or whose datatype does.
function temporal(column, rows) {
  const values = rows.map((row) => row[column]).filter(Boolean);
  const said = /^(on|to)$|year|nam$|date|ngay|from|until|since|asOf|(valid|attested)To$/i.test(column);
  return values.length > 0 && values.every((value) => span(value) && (said || /#(date|dateTime|gYear|gYearMonth)$/.test(value.datatype)));
}

export class Timeline extends Drawing {
  label = t("Dòng thời gian", "Timeline");
  priority = 3;
  strokes = ["M1 13h14", "M3 13V11", "M8 13V11", "M13 13V11", "M2 4h6", "M6 8h8"];

  get times() {
    return this.columns.filter((column) => temporal(column, this.rows));
  }

  canHandleResults() {
    return this.times.length > 0;
  }

  choices() {
    const times = this.times;
    const ends = times.filter((column) => /(to|until|end|last)$|^(to|until|end|last)/i.test(column));
    const begins = times.filter((column) => !ends.includes(column));
    const rest = readable(this.columns.filter((column) => !times.includes(column)), this.rows);
    return {
      lane: { label: t("Mỗi dòng là", "A line for each"), among: rest.length ? rest : times },
      begin: { label: t("từ", "from"), among: begins.length ? begins : times },
      end: { label: t("đến", "to"), among: [...ends.filter((column) => begins.length), ""], words: { "": t("(cùng lúc)", "(the same)") } },
    };
  }

  drawn({ lane, begin, end }, width) {
    const lanes = new Map();
    let timeless = 0;
    for (const row of this.rows) {
      const start = span(row[begin]);
      if (!start) {
        timeless += 1;
        continue;
      }
      // Without an end it is not known how long; then only the beginning is drawn.
      const stop = (end && span(row[end])) || start;
      const told = this.columns.filter((column) => row[column]?.type !== "uri" && row[column]).map((column) => `${column}: ${text(row[column])}`);
      const marks = lanes.get(text(row[lane])) ?? [];
      lanes.set(text(row[lane]), [...marks, { from: start[0], to: Math.max(start[1], stop[1]), told: told.join("\n") }]);
    }
    const marks = [...lanes.values()].flat();
    if (!marks.length) return [];
    const first = Math.floor(Math.min(...marks.map((mark) => mark.from)));
    const last = Math.ceil(Math.max(...marks.map((mark) => mark.to)));
    const at = (year) => ((year - first) / (last - first)) * (width - 2) + 1;
    const shown = [...lanes].slice(0, DRAWN);
    const chart = drawing(width, shown.length * 38 + 26, `${this.label}, ${first}–${last - 1}`);
    chart.append(...axis(first, last, at, width, shown.length * 38 + 26));
    shown.forEach(([name, marks], index) => {
      const top = index * 38 + 24;
      chart.append(shape("text", { x: 1, y: top + 15, class: "name" }, name || t("(không rõ)", "(unknown)")));
      for (const mark of marks) {
        const box = { x: at(mark.from), y: top + 21, width: Math.max(3, at(mark.to) - at(mark.from) - 1), height: 12, class: "bar" };
        chart.append(shape("rect", box, shape("title", {}, mark.told)));
      }
    });
    const none = timeless ? [element("p", { class: "kind" }, t(`${timeless} dòng không có ?${begin} nên không được vẽ.`, `${timeless} rows without ?${begin} are not drawn.`))] : [];
    return [chart, ...left(lanes.size), ...none];
  }
}

function axis(first, last, at, width, height) {
  const room = width / (last - first);
  const step = [1, 2, 5, 10, 20, 50, 100, 200, 500].find((years) => years * room >= 44) ?? 1000;
  const years = [];
  for (let year = Math.ceil(first / step) * step; year < last; year += step) years.push(year);
  return years.flatMap((year) => [
    shape("line", { x1: at(year), x2: at(year), y1: 18, y2: height, class: "grid" }),
    shape("text", { x: at(year) + 3, y: 13, class: "tick" }, String(year)),
  ]);
}
