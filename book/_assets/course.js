// What the pages do beside showing text: predict before a result is shown, keep the predictions, explain terms.
// Needs no network. Where the browser keeps nothing (private windows), all works but the memory.
"use strict";

// What a reader predicted, answered and finished, by page: `atriacourse/PAGE/NAME` in this browser. answers.js
// shows, hands out and erases it.
const courseMemory = (() => {
  const page = location.pathname.split("/").pop().replace(/\.html$/, "") || "index", start = "atriacourse/";
  const here = new Map();  // instead of the browser's memory where there is none: as long as the page is open
  const own = {
    getItem: (key) => here.get(key) ?? null, setItem: (key, text) => here.set(key, text),
    removeItem: (key) => here.delete(key), keys: () => [...here.keys()],
  };
  let store = own, lasts = false;
  try {
    localStorage.setItem(`${start}try`, "1");
    localStorage.removeItem(`${start}try`);
    store = localStorage;
    lasts = true;
  } catch { /* refused, or full */ }
  const keys = () => (lasts ? Object.keys(store) : own.keys()).filter((key) => key.startsWith(start));
  const told = () => document.dispatchEvent(new Event("course-kept"));
  const parsed = (text) => { try { return JSON.parse(text); } catch { return null; } };
  return {
    page, lasts,
    keep: (name, value) => {
      const key = `${start}${page}/${name}`;
      try {
        if (value === null) store.removeItem(key);
        else store.setItem(key, JSON.stringify(value));
      } catch { /* full */ }
      told();
    },
    kept: (name, of = page) => parsed(store.getItem(`${start}${of}/${name}`)),
    // Everything of one page, [name, value].
    all: (of) => keys().filter((key) => key.startsWith(`${start}${of}/`)).sort()
      .map((key) => [key.slice(start.length + of.length + 1), parsed(store.getItem(key))])
      .filter(([, value]) => value !== null),
    pages: () => [...new Set(keys().map((key) => key.slice(start.length).split("/")[0]))].sort(),
    erase: () => { for (const key of keys()) store.removeItem(key); told(); },
  };
})();

(() => {
  const { page } = courseMemory;
  const keep = (question, value) => courseMemory.keep(question, value);
  const kept = (question) => courseMemory.kept(question);

  const element = (name, attributes = {}, ...inside) => {
    const made = document.createElement(name);
    for (const [attribute, value] of Object.entries(attributes)) made.setAttribute(attribute, value);
    made.append(...inside);
    return made;
  };
  const said = (value) => Number(value.toPrecision(4)).toLocaleString("en", { maximumSignificantDigits: 4 });
  const answers = [];  // {question, value, low, high, date} of those revealed with a guess

  // Where a page asks: before the cell of the guess; or in place of the result, if there is no such cell.
  const asksIn = (box) => {
    const plain = (text) => text.replace(/["\s]+/g, ""), wanted = `question=${plain(box.dataset.question)},low=`;
    const cell = [...document.querySelectorAll(".cell.tag_guess")]
      .find((one) => plain(one.textContent).includes(wanted));
    const place = element("div", { class: "reveal-ask" });
    cell?.before(place);
    return cell ? place : box;
  };

  // One `.reveal`: the sentence waits behind two numbers.
  const cover = (box) => {
    const question = box.dataset.question, value = Number(box.dataset.value), place = asksIn(box);
    const inside = element("div", { class: "reveal-result", tabindex: "-1" });
    const number = (label) => {
      const input = element("input", { type: "number", step: "any", inputmode: "decimal", autocomplete: "off" });
      return [element("label", {}, label, " ", input), input];
    };
    const [fromLabel, low] = number("from"), [toLabel, high] = number("to");
    const form = element("form", { "aria-label": `Your prediction: ${question}`, novalidate: "" },
      element("p", { class: "reveal-question" }, `Your prediction: ${question}`),
      element("p", { class: "reveal-row" }, fromLabel, toLabel,
        element("button", { type: "submit" }, place === box ? "Reveal" : "Predict"),
        element("button", { type: "button", class: "reveal-skip" }, "Just show me")),
      element("p", { class: "reveal-problem", role: "alert" }));
    const problem = form.querySelector("[role=alert]");

    const button = (label, act) => {
      const made = element("button", { type: "button", class: "reveal-skip" }, label);
      made.addEventListener("click", act);
      return made;
    };
    const told = element("div", { class: "reveal-result", tabindex: "-1" });  // at the question, once it is answered
    const waiting = element("div", { class: "reveal-result" }, element("p", {}, `${question}: predict it first. `,
      button("To the question", () => { place.scrollIntoView({ block: "center" }); low.focus(); }),
      button("Just show me", () => { show(null); inside.focus(); })));

    const show = (answer) => {
      inside.replaceChildren();
      if (answer) {
        const hit = answer.low <= value && value <= answer.high;
        inside.append(element("p", { class: hit ? "reveal-hit" : "reveal-miss" },
          `${question}: ${said(value)}. You said ${said(answer.low)} to ${said(answer.high)}: `
          + (hit ? "inside your interval." : value > answer.high ? "above it." : "below it.")));
      } else {
        inside.append(element("p", {}, `${question}: ${said(value)}.`));
      }
      inside.append(button("Predict again", () => { keep(question, null); forget(question); ask(); low.focus(); }));
      told.replaceChildren(element("p", {}, `${question}: `
        + (answer ? `you said ${said(answer.low)} to ${said(answer.high)}. ` : "no prediction. ")
        + "The result is shown below."));
      place.replaceChildren(told);
      box.replaceChildren(inside);
    };
    const ask = () => {
      problem.textContent = "";
      low.value = high.value = "";
      box.replaceChildren(waiting);
      place.replaceChildren(form);
    };
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const [from, to] = [low.valueAsNumber, high.valueAsNumber];
      if (Number.isNaN(from) || Number.isNaN(to) || from > to) {
        problem.textContent = "Give two numbers, the smaller one first.";
        (Number.isNaN(from) || !Number.isNaN(to) ? low : high).focus();
        return;
      }
      const answer = { question, value, low: from, high: to, date: new Date().toISOString() };
      keep(question, answer);
      remember(answer);
      show(answer);
      (place === box ? inside : told).focus();
    });
    form.querySelector(".reveal-skip").addEventListener("click", () => {
      show(null);
      (place === box ? inside : told).focus();
    });

    box.dataset.ready = "yes";
    const before = kept(question);
    // A page built anew can hold another value: then the old answer is still the reader's prediction.
    if (before && Number.isFinite(before.low) && Number.isFinite(before.high)) {
      remember({ ...before, question, value });
      show(before);
    } else ask();
  };

  const remember = (answer) => { forget(answer.question); answers.push(answer); list(); };
  const forget = (question) => {
    const place = answers.findIndex((one) => one.question === question);
    if (place >= 0) answers.splice(place, 1);
    list();
  };

  // The box at the end of a chapter. The file has the fields of `save_guesses`, for `merge_guesses`.
  const boxes = [...document.querySelectorAll(".reveal")];
  let summary = null;
  const record = () => JSON.stringify({
    chapter: page, profile: "page", data: "page", date: new Date().toISOString().slice(0, 19) + "+00:00",
    guesses: inOrder().map(({ question, low, high }) => ({ question, low, high })),
    values: inOrder().map(({ value }) => value) }, null, 1) + "\n";
  const inOrder = () => boxes.map((box) => answers.find((one) => one.question === box.dataset.question))
    .filter(Boolean);
  const list = () => {
    if (!summary) return;
    const rows = inOrder();
    const hits = rows.filter(({ low, high, value }) => low <= value && value <= high).length;
    const all = new Set(boxes.map((box) => box.dataset.question)).size;
    summary.querySelector("p").textContent = rows.length
      ? `${rows.length} of ${all} made, ${hits} held the result.`
      : `None of ${all} made yet. They stay in this browser.`;
    summary.querySelector("ul").replaceChildren(...rows.map(({ question, low, high, value }) => element("li", {},
      `${question}: you said ${said(low)} to ${said(high)}, it was ${said(value)} `
      + (low <= value && value <= high ? "(inside)" : "(outside)"))));
    const link = summary.querySelector("a");
    link.hidden = !rows.length;
    if (rows.length) link.href = `data:application/json;charset=utf-8,${encodeURIComponent(record())}`;
  };
  const summarise = () => {
    const link = element("a", { download: `guesses_${page}.json` }, "Download them as a file");
    summary = element("section", { class: "reveal-summary", "aria-labelledby": "your-predictions" },
      element("h2", { id: "your-predictions" }, "Your predictions on this page"), element("p", { role: "status" }),
      element("ul"), link);
    const article = document.querySelector("article.bd-article") ?? document.body;
    (article.querySelector(":scope > section") ?? article).append(summary);
    list();
  };

  if (boxes.length) {
    summarise();
    boxes.forEach(cover);
  }
})();

// The glossary's explanation of a term: on hover and on focus, stays while the pointer is on it, Escape closes.
(() => {
  const texts = window.courseGlossary ?? {};
  const tip = document.createElement("div");
  tip.className = "course-tip";
  tip.id = "course-tip";
  tip.setAttribute("role", "tooltip");
  tip.hidden = true;
  let owner = null, closing = 0;

  const close = () => {
    clearTimeout(closing);
    owner?.removeAttribute("aria-describedby");
    owner = null;
    tip.hidden = true;
  };
  const closeSoon = () => { clearTimeout(closing); closing = setTimeout(close, 250); };
  const open = (link, text) => {
    close();
    owner = link;
    tip.textContent = text;
    tip.hidden = false;
    link.setAttribute("aria-describedby", tip.id);
    const at = link.getBoundingClientRect(), wide = document.documentElement.clientWidth;
    tip.style.left = `${scrollX + Math.max(8, Math.min(at.left, wide - tip.offsetWidth - 8))}px`;
    tip.style.top = `${scrollY + at.bottom + 2}px`;
  };

  const links = [...document.querySelectorAll("article a[href*='#term-']")];
  if (links.length) document.body.append(tip);
  for (const link of links) {
    const text = texts[link.hash.slice(1)];
    if (!text || link.closest("dl.glossary > dt")) continue;
    link.classList.add("course-term");
    link.removeAttribute("title");
    link.addEventListener("mouseenter", () => open(link, text));
    link.addEventListener("focus", () => open(link, text));
    link.addEventListener("mouseleave", closeSoon);
    link.addEventListener("blur", close);
  }
  tip.addEventListener("mouseenter", () => clearTimeout(closing));
  tip.addEventListener("mouseleave", closeSoon);
  document.addEventListener("keydown", (event) => { if (event.key === "Escape") close(); });
})();

// Small repairs of the page for those who read it by keyboard or by ear.
(() => {
  // A label that hides what is written on the thing itself: "Show code cell source", "Search Ctrl + K".
  for (const one of document.querySelectorAll(":is(summary, .search-button-field)[aria-label]")) {
    one.removeAttribute("aria-label");
  }
  // What scrolls sideways can be reached, and then scrolled, by keyboard.
  const reach = () => {
    const wide = "article :is(figure, table, pre, mjx-container, .pst-scrollable-table-container)";
    for (const one of document.querySelectorAll(wide)) {
      if (one.scrollWidth > one.clientWidth + 1) one.tabIndex = 0;
    }
  };
  // In a table of outputs numbers stand right, words left, heads as what is below them.
  const number = /^[-+\u2212]?[\d.,]*(e[-+]?\d+)?( %)?$|^(nan|inf|-inf|NaN|None|True|False|yes|no)$/;
  for (const table of document.querySelectorAll("article .cell_output table")) {
    const rows = [...table.tBodies].flatMap((body) => [...body.rows]);
    const words = new Set(rows.flatMap((row) => [...row.cells].filter(
      (cell) => cell.tagName === "TD" && !number.test(cell.textContent.trim())).map((cell) => cell.cellIndex)));
    for (const row of table.rows) {
      for (const cell of row.cells) if (words.has(cell.cellIndex)) cell.classList.add("course-words");
    }
  }
  addEventListener("load", () => {
    for (const one of document.querySelectorAll("article .cell_output img")) {
      one.classList.toggle("course-wide", one.naturalWidth > 1.4 * one.naturalHeight);
    }
    reach();
    window.MathJax?.startup?.promise?.then(reach);
  });
  addEventListener("resize", reach);
})();

// Tables that can be searched: one of the class course-filter, or a group of tables (the page of claims), whose
// parts fold. Without this script all rows stand on the page.
(() => {
  const plain = (text) => text.toLowerCase().replace(/\u2212/g, "-");
  const searchable = (place, name, rows, after) => {
    const field = document.createElement("input"), label = document.createElement("label");
    const count = document.createElement("span");
    field.type = "search";
    field.autocomplete = "off";
    label.append(`Search in ${name}: `, field);
    count.setAttribute("role", "status");
    const box = document.createElement("div");
    box.className = "course-search";
    box.append(label, " ", count);
    const search = () => {
      const words = plain(field.value).split(/\s+/).filter(Boolean);
      let left = 0;
      for (const { row, text } of rows) {
        row.hidden = !words.every((word) => text.includes(word));
        left += !row.hidden;
      }
      count.textContent = words.length ? `${left} of ${rows.length}` : `${rows.length} rows`;
      after?.(words.length > 0);
    };
    field.addEventListener("input", search);
    place.before(box);
    search();
  };
  const rowsOf = (tables) => tables.flatMap((table) => [...table.tBodies].flatMap((body) => [...body.rows]));
  for (const table of document.querySelectorAll("table.course-filter")) {
    const rows = rowsOf([table]).map((row) => ({ row, text: plain(row.textContent) }));
    const scroller = table.closest(".pst-scrollable-table-container") ?? table;
    searchable(scroller, table.getAttribute("aria-label") ?? "the table", rows);
  }
  for (const group of document.querySelectorAll(".course-filter-group")) {
    const parts = [...group.children].map((part) => {
      const fold = document.createElement("details"), head = document.createElement("summary");
      const tables = [...part.querySelectorAll("table")];
      head.append(...part.firstElementChild.childNodes);
      part.firstElementChild.remove();
      part.replaceWith(fold);
      fold.append(head, part);
      return { fold, rows: rowsOf(tables).map((row) => ({ row, text: plain(`${head.textContent} ${row.textContent}`) })) };
    });
    searchable(group, "all claims", parts.flatMap(({ rows }) => rows), (asked) => {
      for (const { fold, rows } of parts) {
        fold.hidden = rows.every(({ row }) => row.hidden);
        fold.open = asked;
      }
    });
    const open = () => {
      const target = location.hash && document.getElementById(location.hash.slice(1));
      const fold = target && target.closest("details");
      if (fold) { fold.open = true; target.scrollIntoView({ block: "center" }); }
    };
    addEventListener("hashchange", open);
    open();
  }
})();

// On a narrow screen a wide table is a list: each cell under its row, with the head of its column before it.
(() => {
  for (const table of document.querySelectorAll("article table")) {
    const heads = [...(table.tHead?.rows[0]?.cells ?? [])].map((cell) => cell.textContent.trim());
    const asked = table.matches(".course-filter") || !table.closest(".cell_output");
    if (heads.length < 3 || !asked || table.tHead.rows.length > 1) continue;
    table.classList.add("course-labels");
    table.setAttribute("role", "table");
    for (const part of [table.tHead, ...table.tBodies]) part.setAttribute("role", "rowgroup");
    for (const row of table.rows) {
      row.setAttribute("role", "row");
      for (const cell of row.cells) {
        cell.setAttribute("role", row.parentElement === table.tHead ? "columnheader" : "cell");
        cell.dataset.label = heads[cell.cellIndex] ?? "";
      }
    }
  }
})();
