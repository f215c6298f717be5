// The units of an answer on the map of the provinces: what /map draws, shaded by a number of the answer.
import { element } from "./drawing.js";
import { Drawing, ROWS, quantity } from "./views.js";
import { number, t } from "./words.js";

// So many units at a time are asked for their province, and so many shades are there in the style sheet.
const AT_ONCE = 300;
const SHADES = 5;

const drawings = new Map();

// The drawing of an edition, as its page has it; drawn once.
async function outline(map, edition) {
  if (!drawings.has(edition)) {
    const answer = await fetch(`${map}?edition=${edition}&lang=${document.documentElement.lang}`, { headers: { Accept: "text/html" } });
    drawings.set(edition, new DOMParser().parseFromString(await answer.text(), "text/html").querySelector(".map svg"));
  }
  return drawings.get(edition).cloneNode(true);
}

export class ProvinceMap extends Drawing {
  label = t("Bản đồ", "Map");
  priority = 2;
  strokes = ["M1 3l5-2 4 2 5-2v12l-5 2-4-2-5 2z", "M6 1v12", "M10 3v12"];

  // The key in the name of a unit: edition and code.
  unit(binding) {
    const { base } = this.yasr.config;
    const start = `${base}id/unit/`;
    return binding?.type === "uri" && binding.value.startsWith(start) ? binding.value.slice(start.length) : null;
  }

  get places() {
    return this.columns.filter((column) => this.rows.some((row) => this.unit(row[column])));
  }

  canHandleResults() {
    return this.places.length > 0;
  }

  choices() {
    const found = new Set(this.places.flatMap((column) => this.rows.map((row) => this.unit(row[column])?.split("/")[0])));
    return {
      place: { label: t("Nơi là", "The place is"), among: this.places },
      value: { label: t("đậm theo", "the darker the more"), among: [...this.numbers, ""], words: ROWS },
      edition: { label: t("danh mục", "list of"), among: ["2025", "2004"].filter((edition) => found.has(edition)), words: { 2025: "2025", 2004: "2004" } },
    };
  }

  // In which province of its edition each unit lies, by key.
  async provinces(units) {
    const { base, endpoint } = this.yasr.config;
    const found = new Map();
    for (let start = 0; start < units.length; start += AT_ONCE) {
      const values = units.slice(start, start + AT_ONCE).map((key) => `<${base}id/unit/${key}>`).join(" ");
      const query = `SELECT ?unit ?province { VALUES ?unit { ${values} } ?unit <${base}def#parent>* ?province . ?province <${base}def#level> <${base}concept/unit-level/province> }`;
      const answer = await fetch(endpoint, { method: "POST", headers: { Accept: "application/sparql-results+json" }, body: new URLSearchParams({ query }) });
      if (!answer.ok) throw new Error(`${endpoint}: ${answer.status}`);
      for (const row of (await answer.json()).results.bindings) found.set(this.unit(row.unit), this.unit(row.province));
    }
    return found;
  }

  async drawn({ place, value, edition }) {
    const here = this.rows.map((row) => [this.unit(row[place]), row]).filter(([key]) => key?.startsWith(`${edition}/`));
    const drawing = await outline(this.yasr.config.map, edition);
    const drawn = new Map([...drawing.querySelectorAll("a")].map((link) => [link, /unit\/([^?#]+)/.exec(decodeURI(link.getAttribute("href")))?.[1]]));
    const provinces = await this.provinces([...new Set([...here.map(([key]) => key), ...drawn.values()])]);
    const sums = new Map();
    for (const [key, row] of here) {
      const add = value ? quantity(row[value]) : 1;
      const province = provinces.get(key);
      if (province && !Number.isNaN(add)) sums.set(province, (sums.get(province) ?? 0) + add);
    }
    const steps = stretches([...sums.values()]);
    for (const [link, key] of drawn) {
      const sum = sums.get(provinces.get(key));
      const step = steps.findIndex(([low, high]) => low <= sum && sum <= high);
      if (step < 0) continue;
      link.classList.replace("plain", `shade-${shade(step, steps.length)}`);
      // An archipelago has the shade of its province, whose number is not its own.
      if (provinces.get(key) !== key) continue;
      const name = link.getAttribute("aria-label");
      link.setAttribute("aria-label", `${name}: ${number.format(sum)}`);
      link.querySelector("title")?.replaceChildren(`${name}: ${number.format(sum)}`);
    }
    const legend = element("ul", { class: "shades" }, ...steps.map((step, index) => swatch(step, shade(index, steps.length))));
    const elsewhere = this.rows.length - here.length;
    const note = elsewhere ? [element("p", { class: "kind" }, t(`${number.format(elsewhere)} dòng không có đơn vị thuộc danh mục ${edition}.`, `${number.format(elsewhere)} rows have no unit of the list of ${edition}.`))] : [];
    return [element("figure", { class: "map" }, drawing, element("figcaption", {}, legend)), ...note];
  }
}

const shade = (step, steps) => (steps > 1 ? Math.round((step * (SHADES - 1)) / (steps - 1)) : 2);

// At most as many stretches as there are shades, each from the least to the greatest number in it.
function stretches(sums) {
  const values = [...new Set(sums)].sort((a, b) => a - b);
  const parts = Math.min(SHADES, values.length);
  const cut = (index) => Math.round((index * values.length) / parts);
  return Array.from({ length: parts }, (_, index) => [values[cut(index)], values[cut(index + 1) - 1]]);
}

function swatch([low, high], tone) {
  const words = low === high ? number.format(low) : `${number.format(low)}–${number.format(high)}`;
  return element("li", {}, element("span", { class: `swatch shade-${tone}` }), ` ${words}`);
}
