"use strict";
// All text goes into the page as text, never as markup.
(() => {
  const byId = (id) => document.getElementById(id);
  const data = JSON.parse(byId("data").textContent);
  const labels = new Map([...document.querySelectorAll(".tile")].map((tile) => [tile.dataset.status, {
    sign: tile.querySelector(".sign").textContent, label: tile.querySelector(".what").textContent }]));

  function make(tag, attributes, ...children) {
    const svg = ["svg", "path", "line", "rect", "text", "title"].includes(tag);
    const element = svg ? document.createElementNS("http://www.w3.org/2000/svg", tag) : document.createElement(tag);
    for (const [name, value] of Object.entries(attributes || {})) element.setAttribute(name, value);
    element.append(...children.filter((child) => child !== null && child !== undefined));
    return element;
  }

  const plain = (value) => {
    const size = Math.abs(value);
    if (size >= 1e15) return value.toExponential(3);
    return size >= 1000 ? Math.round(value).toLocaleString("en-US") : String(Number(value.toPrecision(4)));
  };
  // Times in the unit that keeps them short; other figures as they are.
  function figure(value, unit) {
    if (value === null || value === undefined) return "missing";
    const scale = { ns: 1, ms: 1e6 }[unit];
    if (!scale) return `${plain(value)}${unit ? ` ${unit}` : ""}`;
    const ns = value * scale;
    const [name, size] = [["s", 1e9], ["ms", 1e6], ["µs", 1e3]].find(([, least]) => Math.abs(ns) >= least) || ["ns", 1];
    return `${plain(ns / size)} ${name}`;
  }

  const percent = (share) => `${Number((share * 100).toPrecision(3)).toLocaleString("en-US")} %`;

  // Filters

  const chips = [...document.querySelectorAll(".chip")].map((element) => {
    const index = Number(element.dataset.result);
    const result = data.results[index];
    const codes = (result.findings || []).map((number) => data.findings[number][0]);
    const words = [result.system, result.division, result.benchmark, result.model, result.scenario, ...codes];
    return { element, index, result, text: words.join(" ").toLowerCase(), row: element.closest("tr"), cell: element.closest("td") };
  });
  const rows = [...document.querySelectorAll(".matrix tbody tr")];
  const columns = new Map([...document.querySelectorAll(".matrix [data-column]")].reduce((found, cell) => {
    const same = found.get(cell.dataset.column) || [];
    found.set(cell.dataset.column, same);
    same.push(cell);
    return found;
  }, new Map()));
  const bars = [...document.querySelectorAll(".bars li")].map((element) => ({
    element, text: `${element.closest(".charts").dataset.column} ${element.querySelector(".bar-name").textContent}`.toLowerCase() }));
  const tiles = [...document.querySelectorAll(".tile")];
  let visible = chips;

  function filter() {
    const on = new Set(tiles.filter((tile) => tile.getAttribute("aria-pressed") === "true").map((tile) => tile.dataset.status));
    const words = byId("search").value.toLowerCase().split(/\s+/).filter(Boolean);
    const [division, benchmark, scenario] = ["division", "benchmark", "scenario"].map((id) => byId(id).value);
    const fits = ({ result, text }) => (!on.size || on.has(result.status))
      && (!division || result.division === division)
      && (!benchmark || result.benchmark === benchmark)
      && (!scenario || result.scenario.split(" or ").includes(scenario))
      && words.every((word) => text.includes(word));
    visible = chips.filter(fits);
    const shown = new Set(visible);
    for (const chip of chips) chip.element.hidden = !shown.has(chip);
    const usedRows = new Set(visible.map((chip) => chip.row));
    for (const row of rows) row.hidden = !usedRows.has(row);
    const usedColumns = new Set(visible.map((chip) => chip.cell.dataset.column));
    for (const [name, cells] of columns) for (const cell of cells) cell.hidden = !usedColumns.has(name);
    const usedCells = new Set(visible.map((chip) => chip.cell));
    for (const { cell } of chips) cell.classList.toggle("none", !usedCells.has(cell));
    for (const { element, text } of bars) element.hidden = !words.every((word) => text.includes(word));
    for (const group of document.querySelectorAll("figure")) group.hidden = !group.querySelector("li:not([hidden])");
    for (const group of document.querySelectorAll(".charts")) group.hidden = !group.querySelector("figure:not([hidden])");
    byId("shown").textContent = `${visible.length} of ${chips.length} shown`;
    byId("nothing").hidden = visible.length > 0 || chips.length === 0;
    const box = document.querySelector("#results .scroll");
    if (box) box.hidden = visible.length === 0;
  }

  for (const tile of tiles) tile.addEventListener("click", () => {
    tile.setAttribute("aria-pressed", String(tile.getAttribute("aria-pressed") === "false"));
    filter();
  });
  let waiting = 0;
  byId("search").addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(filter, 60); });
  for (const id of ["division", "benchmark", "scenario"]) byId(id).addEventListener("change", filter);
  byId("filters").addEventListener("submit", (event) => { event.preventDefault(); filter(); });
  byId("filters").addEventListener("reset", () => {
    for (const tile of tiles) tile.setAttribute("aria-pressed", "false");
    setTimeout(filter);
  });

  // One result

  function row(name, value, { share = 0, tick = null, bad = false, bound = null } = {}) {
    const fill = make("span", { class: "fill" });
    fill.style.width = `${Math.min(Math.max(share, 0), 1) * 100}%`;
    const track = make("span", { class: "track", "aria-hidden": "true" }, fill);
    if (tick !== null) {
      const mark = make("span", { class: "tick" });
      mark.style.left = `${Math.min(Math.max(tick, 0), 1) * 100}%`;
      track.append(mark);
    }
    return make("div", { class: `row${bad ? " bad" : ""}${share ? "" : " plain"}` }, make("span", {}, name), track,
      make("span", { class: "value" }, value), bound && make("span", { class: "bound" }, ...bound));
  }

  const verdict = (good) => make("span", { class: good ? "good" : "bad" }, good ? "✓ " : "✕ ");

  function measures(list) {
    return list.map(([number, value]) => {
      const [name, unit, limit, bound] = data.shared[number];
      if (limit === null) return row(name, figure(value, unit));
      const good = value !== null && { "at least": value >= limit, "at most": value <= limit, below: value < limit, exactly: value === limit }[bound];
      const whole = Math.max(value || 0, limit) * 1.12 || 1;
      const told = [verdict(good), `must be ${bound} ${figure(limit, unit)}`];
      if (value !== null && limit > 0 && Math.abs(value / limit - 1) >= 0.005) told.push(` (${percent(value / limit)})`);
      return row(name, figure(value, unit), { share: (value || 0) / whole, tick: limit / whole, bad: !good, bound: told });
    }).filter((line, index) => data.shared[list[index][0]][2] !== null || list[index][1] !== null);
  }

  function accuracies(list) {
    const exact = (number) => String(Number(number.toPrecision(7)));
    return list.map(([number, value]) => {
      const [name, target, upper, binding] = data.shared[number];
      if (value === null) return row(name, "missing", { bad: binding, bound: target === null ? null : [`target ${exact(target)}`] });
      const marks = [target, upper].filter((mark) => mark !== null);
      if (!marks.length) return row(name, plain(value));
      const good = (target === null || value >= target) && (upper === null || value <= upper);
      // Only what lies around the bounds tells anything.
      const span = Math.max(...marks.map((mark) => Math.abs(value - mark)), Math.abs(marks[0]) * 0.02) * 1.3 || 1;
      const low = marks[0] - span, width = 2 * span;
      const told = [binding ? verdict(good) : "to compare: "];
      if (target !== null) told.push(`target ${exact(target)}`, target ? ` (${value >= target ? "+" : "−"}${percent(Math.abs(value / target - 1))})` : "");
      if (upper !== null) told.push(`${target === null ? "" : ", "}at most ${exact(upper)}`);
      const line = row(name, exact(value), { share: (value - low) / width, tick: (marks[0] - low) / width, bad: binding && !good, bound: told });
      if (marks.length > 1) {
        const mark = make("span", { class: "tick" });
        mark.style.left = `${Math.min((marks[1] - low) / width, 1) * 100}%`;
        line.querySelector(".track").append(mark);
      }
      return line;
    });
  }

  const statistics = ["Fastest", "Mean", "50th percentile", "90th", "95th", "97th", "99th", "99.9th", "Slowest"];

  function latencies(values, limit) {
    const most = Math.max(...values, limit || 0) * 1.05 || 1;
    return statistics.map((name, index) => {
      const value = values[index];
      if (value === null) return null;
      const counts = limit !== null && name === "99th", over = counts && value > limit;
      return row(name, figure(value, "ns"), {
        share: value / most, tick: limit === null ? null : limit / most, bad: over,
        bound: counts ? [verdict(!over), `limit ${figure(limit, "ns")}`] : null });
    }).filter(Boolean);
  }

  function powerCurve([times, watts, duration]) {
    const points = times.map((time, index) => [time, watts[index]]).filter(([, watt]) => watt !== null);
    if (points.length < 2) return make("p", { class: "muted" }, "No readings.");
    const top = Math.max(...points.map(([, watt]) => watt)) * 1.1 || 1;
    const [first, last] = [points[0][0], points[points.length - 1][0]];
    const x = (time) => 52 + (time - first) / (last - first || 1) * 600;
    const y = (watt) => 160 - watt / top * 145;
    const highest = Math.max(...points.map(([, watt]) => watt)), lowest = Math.min(...points.map(([, watt]) => watt));
    const said = `Power over ${plain(last - first)} s, from ${plain(lowest)} W to ${plain(highest)} W`;
    const svg = make("svg", { viewBox: "0 0 664 186", role: "img", "aria-label": said }, make("title", {}, said));
    if (duration !== null) {
      const from = Math.max(x(0), 52), to = Math.min(x(duration), 652);
      svg.append(make("rect", { x: from, y: 12, width: Math.max(to - from, 0), height: 148, fill: "var(--sunk)" }));
    }
    for (const part of [0, 0.5, 1]) {
      const watt = top / 1.1 * part;
      svg.append(make("line", { x1: 52, x2: 652, y1: y(watt), y2: y(watt), stroke: "var(--line)" }),
        make("text", { x: 46, y: y(watt) + 4, "text-anchor": "end" }, `${plain(watt)} W`));
    }
    for (const part of [0, 0.5, 1]) {
      const time = first + (last - first) * part;
      svg.append(make("text", { x: x(time), y: 178, "text-anchor": ["start", "middle", "end"][part * 2] }, `${plain(time)} s`));
    }
    svg.append(make("path", { d: `M${points.map(([time, watt]) => `${x(time).toFixed(1)},${y(watt).toFixed(1)}`).join("L")}`,
      fill: "none", stroke: "var(--accent)", "stroke-width": 1.8, "stroke-linejoin": "round" }));
    return svg;
  }

  function finding(number) {
    const [code, severity, message, place, link, fix] = data.findings[number];
    const kind = severity === "error" ? "fail" : "warn";
    return make("div", { class: `finding ${kind}` },
      make("span", { class: `badge ${kind}` }, severity === "error" ? "✕ error" : "! warning"), " ", make("code", {}, code),
      make("p", {}, message), make("p", {}, make("strong", {}, "Fix. "), fix),
      make("p", { class: "muted" }, data.why[code]),
      make("p", { class: "muted" }, make("a", { href: link }, make("code", {}, place))));
  }

  function section(title, ...children) {
    return children.length ? [make("h3", {}, title), ...children] : [];
  }

  const list = (items) => (items.length ? [make("ul", { class: "facts" }, ...items.map((item) => make("li", {}, item)))] : []);

  function planned([number, source, target]) {
    const [action, reason, codes, without] = data.shared[number];
    const said = codes.length ? `: ${reason} (${codes.join(", ")})` : `: ${reason}`;
    const item = make("span", {}, make("strong", {}, action), said, without ? ". The power measurement is left out" : null);
    if (source) item.append(make("br"), make("code", {}, source), " → ", make("code", {}, target));
    return item;
  }

  function wanted({ runs, settings, or_inferred_from: sources }) {
    const set = Object.entries(settings).map(([name, value]) => `${name} ${value}`).join(", ");
    return `${runs.join(", ") || "mend its files"}${set ? `, with ${set}` : ""}${sources.length ? `; or inferred from ${sources.join(" or ")}` : ""}`;
  }

  function show(index) {
    const result = data.results[index];
    const { sign, label } = labels.get(result.status);
    const scored = result.accuracy ? accuracies(result.accuracy)
      : Object.entries(result.scores || {}).map(([name, value]) => row(name, value));
    byId("result-body").replaceChildren(
      make("span", { class: `badge ${result.status}` }, `${sign} ${label}`),
      make("h2", { id: "result-title" }, `${result.model} ${result.scenario}`),
      make("p", { class: "muted" }, `${result.system}, ${result.division}${result.model === result.benchmark ? "" : `, as ${result.benchmark}`}`),
      ...(result.metric === undefined ? [] : [make("p", { class: "metric" }, result.metric, " ", make("small", {}, result.units || ""))]),
      ...(result.power ? [make("p", { class: "muted" }, `${result.power[0]} ${result.power[1]}, efficiency ${result.power[2]}`)] : []),
      ...section("Findings", ...(result.findings || []).map(finding), ...(result.more ? [make("p", { class: "muted" }, `and ${result.more} more, all in findings.json`)] : [])),
      ...section("What the plan did", ...list((result.plan || []).map(planned))),
      ...section("Still to run", ...list((result.todo || []).map(wanted))),
      ...section("Against the round's limits", ...group(measures(result.measures || []))),
      ...section("Accuracy", ...group(scored)),
      ...(result.latencies || []).flatMap(([number, values]) => section(data.shared[number][0], ...group(latencies(values, data.shared[number][1])))),
      ...(result.curve ? section("Power over time", powerCurve(result.curve), make("p", { class: "muted" }, "The shaded time is the test's.")) : []),
      ...section("Files", ...(result.files ? [make("ul", { class: "facts files" }, ...result.files.map((each) => file(each, result.link)))] : []),
        ...(result.folder ? [make("p", {}, make("a", { href: result.link }, make("code", {}, result.folder)))] : [])),
    );
    const at = visible.findIndex((chip) => chip.index === index);
    byId("position").textContent = at < 0 ? "" : `${at + 1} of ${visible.length}`;
    const dialog = byId("result");
    if (!dialog.open) dialog.showModal();
    document.body.classList.add("one");
    dialog.scrollTop = 0;
    byId("result-body").focus({ preventScroll: true });
    current = index;
  }

  function file([number, link], folder) {
    const [name, below] = data.shared[number];
    return make("li", {}, make("a", { href: link || folder + below }, name));
  }

  const group = (lines) => (lines.length ? [make("div", { class: "rows" }, ...lines)] : []);
  let current = null;

  function step(by) {
    const at = visible.findIndex((chip) => chip.index === current);
    const next = visible[at + by];
    if (at >= 0 && next) location.replace(`#result-${next.index}`);
  }

  function follow() {
    const found = /^#result-(\d+)$/.exec(location.hash);
    if (found && data.results[found[1]]) show(Number(found[1]));
    else if (byId("result").open) byId("result").close();
  }

  byId("result").addEventListener("close", () => {
    document.body.classList.remove("one");
    const chip = chips.find(({ index }) => index === current);
    if (/^#result-/.test(location.hash)) history.replaceState(null, "", location.pathname + location.search);
    current = null;
    if (chip) chip.element.focus({ preventScroll: true });
  });
  byId("result").addEventListener("click", (event) => { if (event.target === byId("result")) byId("result").close(); });
  byId("result").addEventListener("keydown", (event) => {
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (by && !event.altKey && !event.ctrlKey && !event.metaKey) { event.preventDefault(); step(by); }
  });
  byId("close").addEventListener("click", () => byId("result").close());
  byId("print").addEventListener("click", () => window.print());
  byId("previous").addEventListener("click", () => step(-1));
  byId("next").addEventListener("click", () => step(1));
  // A second click on the same link changes no hash.
  for (const { element, index } of chips) element.addEventListener("click", () => { if (location.hash === `#result-${index}`) show(index); });
  window.addEventListener("hashchange", follow);

  // Light and dark

  const root = document.documentElement, theme = byId("theme");
  const isDark = () => (root.dataset.theme || (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";
  const name = () => { theme.textContent = isDark() ? "Light" : "Dark"; theme.setAttribute("aria-label", `Use ${isDark() ? "light" : "dark"} colours`); };
  const kept = (value) => { try { return value ? localStorage.setItem("mlperf-dodo-theme", value) : localStorage.getItem("mlperf-dodo-theme"); } catch { return null; } };
  if (["light", "dark"].includes(kept())) root.dataset.theme = kept();
  theme.hidden = false;
  name();
  theme.addEventListener("click", () => { root.dataset.theme = isDark() ? "light" : "dark"; kept(root.dataset.theme); name(); });

  filter();
  follow();
})();
