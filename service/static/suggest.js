// Names are suggested while somebody types into a search form: a combobox with a list, as WAI-ARIA describes it.
// Without this script the form works as it stands.
"use strict";

(() => {
  const vi = document.documentElement.lang !== "en";
  const PAUSE = 130; // ms without a key before it is asked
  let forms = 0;

  const told = (count) =>
    vi ? (count ? `${count} gợi ý, dùng mũi tên để chọn` : "Không có gợi ý")
       : (count ? `${count} suggestions, use the arrow keys` : "No suggestions");

  function equip(form) {
    const input = form.querySelector("input[name=q]");
    const number = ++forms;
    // Pages of an older release ask that release.
    const root = form.getAttribute("action").replace(/\/search$/, "");
    const list = document.createElement("ul");
    const status = document.createElement("div");
    Object.assign(list, { id: `suggestions-${number}`, className: "suggestions", hidden: true });
    list.setAttribute("role", "listbox");
    list.setAttribute("aria-label", vi ? "Gợi ý" : "Suggestions");
    status.className = "sr";
    status.setAttribute("role", "status");
    input.after(list);
    form.append(status);
    input.setAttribute("role", "combobox");
    input.setAttribute("aria-autocomplete", "list");
    input.setAttribute("aria-controls", list.id);
    input.setAttribute("aria-expanded", "false");

    let shown = [];
    let active = -1;
    let waiting = 0;
    let asked = null;
    let last = "";

    function close() {
      list.hidden = true;
      active = -1;
      input.setAttribute("aria-expanded", "false");
      input.removeAttribute("aria-activedescendant");
    }

    function mark(place) {
      active = place;
      [...list.children].forEach((option, at) => option.setAttribute("aria-selected", String(at === place)));
      const option = list.children[place];
      if (option) {
        input.setAttribute("aria-activedescendant", option.id);
        option.scrollIntoView({ block: "nearest" });
      } else {
        input.removeAttribute("aria-activedescendant");
      }
    }

    function show(suggestions) {
      shown = suggestions;
      list.replaceChildren(...suggestions.map((each, at) => {
        const option = document.createElement("li");
        option.id = `${list.id}-${at}`;
        option.setAttribute("role", "option");
        option.setAttribute("aria-selected", "false");
        const beside = document.createElement("small");
        // A unit's name says what it is.
        const kind = each.kind === "unit" ? null : each.kindLabel;
        beside.textContent = [kind, each.called, each.beside.join(", "), each.when].filter(Boolean).join(" · ");
        option.append(each.label, beside);
        return option;
      }));
      status.textContent = told(suggestions.length);
      active = -1;
      input.removeAttribute("aria-activedescendant");
      list.hidden = suggestions.length === 0;
      input.setAttribute("aria-expanded", String(!list.hidden));
    }

    function go(each) {
      const language = new URLSearchParams(location.search).get("lang");
      location.assign(root + each.address + (language ? `?lang=${encodeURIComponent(language)}` : ""));
    }

    async function ask() {
      const typed = input.value.normalize("NFC").trim();
      if (typed === last && !list.hidden) return;
      last = typed;
      asked?.abort();
      if (typed.length < 2) return close();
      asked = new AbortController();
      const query = new URLSearchParams({ q: typed, lang: vi ? "vi" : "en" });
      try {
        const answer = await fetch(`${root}/suggest?${query}`, { signal: asked.signal, headers: { Accept: "application/json" } });
        if (!answer.ok) return close();
        const { suggestions } = await answer.json();
        if (document.activeElement === input) show(suggestions);
      } catch (error) {
        if (error.name !== "AbortError") close(); // without suggestions the form still searches
      }
    }

    function soon() {
      clearTimeout(waiting);
      waiting = setTimeout(ask, PAUSE);
    }

    // While an input method composes a letter, what stands there is not yet what is meant.
    input.addEventListener("input", (event) => { if (!event.isComposing) soon(); });
    input.addEventListener("compositionend", soon);
    input.addEventListener("keydown", (event) => {
      if (event.isComposing) return;
      const open = !list.hidden && shown.length > 0;
      if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        event.preventDefault();
        if (!open) return void ask();
        const step = event.key === "ArrowDown" ? 1 : -1;
        const places = shown.length + 1; // one of them is the input itself
        mark(((active + 1 + step + places) % places) - 1);
      } else if (event.key === "Enter" && open && active >= 0) {
        event.preventDefault();
        go(shown[active]);
      } else if (event.key === "Escape" && open) {
        event.preventDefault();
        close();
      }
    });
    input.addEventListener("blur", () => { asked?.abort(); close(); });
    // Before the input loses the focus.
    list.addEventListener("mousedown", (event) => event.preventDefault());
    list.addEventListener("click", (event) => {
      const option = event.target.closest("[role=option]");
      if (option) go(shown[[...list.children].indexOf(option)]);
    });
    form.addEventListener("submit", () => { clearTimeout(waiting); asked?.abort(); close(); });
  }

  document.querySelectorAll("form[role=search]").forEach(equip);
})();
