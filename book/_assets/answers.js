// Questions that the page answers at once (tools/checks.py), and the reader's progress: in the contents, at each
// chapter's end, as a file for the class, and erased. What is kept lies in courseMemory (course.js), on this device.
"use strict";
(() => {
  const { page } = courseMemory;
  const element = (name, attributes = {}, ...inside) => {
    const made = document.createElement(name);
    for (const [attribute, value] of Object.entries(attributes)) made.setAttribute(attribute, value);
    made.append(...inside);
    return made;
  };
  const button = (label, act, attributes = {}) => {
    const made = element("button", { type: "button", ...attributes }, label);
    made.addEventListener("click", act);
    return made;
  };

  // As in tools/checks.py.
  const hashed = (salt, key) => {
    let value = 0x811c9dc5;
    for (const byte of new TextEncoder().encode(`${salt}/${key}`)) value = Math.imul(value ^ byte, 0x01000193) >>> 0;
    return value;
  };
  const readable = (salt, text) => {
    let state = hashed(salt, "stream");
    return new TextDecoder().decode(Uint8Array.from(atob(text), (letter) => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return letter.charCodeAt(0) ^ (state >>> 24);
    }));
  };

  // One `.check`: a form in place of the list. `number` checks have a field, the others a button for each option.
  let last = 0;
  const ask = (box) => {
    const { title, unit = "" } = box.dataset, { salt, answers, says, step } = JSON.parse(box.dataset.check);
    const name = `check/${title}`, own = `check-${++last}`;
    const legend = element("legend", {}, element("span", { class: "check-title" }, title), " ",
      element("span", { class: "check-question" }, ...box.querySelector(".check-question").childNodes));
    const fields = element("fieldset", {}, legend), number = step !== undefined;
    let field = null;
    if (number) {
      field = element("input", { type: "number", step: "any", inputmode: "decimal", autocomplete: "off" });
      fields.append(element("label", {}, "Your answer ", field, unit && ` ${unit}`));
    } else {
      [...box.querySelectorAll(".check-options > li")].forEach((option, place) => fields.append(element("label", {},
        element("input", { type: "radio", name: own, value: place }), element("span", {}, ...option.childNodes))));
    }
    const verdict = element("p", { role: "status", class: "check-verdict" });
    const shows = button("Show me the answer", () => {
      const text = says.map((one) => readable(salt, one)).find((one) => one[0] === "+");
      for (const one of form.querySelectorAll("[type=radio]")) one.checked = judged(one.value) === text;
      tell(text, "The answer: ");
      courseMemory.keep(name, { ...(courseMemory.kept(name) ?? { tries: 0, right: false }), shown: true });
    }, { class: "reveal-skip" });
    shows.hidden = true;
    const form = element("form", { novalidate: "" }, fields,
      element("p", { class: "reveal-row" }, element("button", { type: "submit" }, "Check"), shows), verdict);

    const tell = (text, before) => {
      verdict.className = `check-verdict ${text[0] === "+" ? "reveal-hit" : "reveal-miss"}`;
      verdict.innerHTML = text.slice(1);
      verdict.prepend(element("strong", {}, before ?? (text[0] === "+" ? "Right. " : "Not this. ")));
      shows.hidden = text[0] === "+";
    };
    const given = () => (number ? field.value : form.querySelector(":checked")?.value ?? "");
    const judged = (value) => {
      const key = number ? String(Math.floor(Number(value) / step + 0.5)) : value;
      const found = answers[hashed(salt, key).toString(16).padStart(8, "0")]
        ?? answers[hashed(salt, "other").toString(16).padStart(8, "0")];
      return found === undefined ? null : readable(salt, says[found]);
    };
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const value = given();
      if (value === "") {
        verdict.className = "check-verdict";
        verdict.textContent = number ? "Give a number first." : "Choose one first.";
        form.querySelector("input").focus();
        return;
      }
      const text = judged(value), before = courseMemory.kept(name);
      tell(text);
      if (before?.right) return;
      courseMemory.keep(name, { chosen: value, right: text[0] === "+", tries: (before?.tries ?? 0) + 1,
        shown: before?.shown ?? false, date: new Date().toISOString() });
    });
    // A verdict stands until the answer is another.
    form.addEventListener("input", () => { verdict.replaceChildren(); verdict.className = "check-verdict"; });

    box.replaceChildren(form, box.querySelector(".check-without"));  // which stands in print alone
    box.dataset.ready = "yes";
    const before = courseMemory.kept(name), text = before?.chosen !== undefined ? judged(before.chosen) : null;
    if (text) {
      if (number) field.value = before.chosen;
      else [...form.querySelectorAll("input")].find((one) => one.value === before.chosen).checked = true;
      tell(text);
    }
  };
  document.querySelectorAll(".check").forEach(ask);

  // Progress. `courseItems` is made by the build: chapter -> how many predictions and checks it has.
  const items = window.courseItems ?? {};
  const of = (chapter) => {
    const all = courseMemory.all(chapter), [predictions, checks] = items[chapter] ?? [0, 0];
    const made = all.filter(([, value]) => Number.isFinite(value.low)).length;
    const answered = all.filter(([name, value]) => name.startsWith("check/") && value.tries).length;
    const right = all.filter(([name, value]) => name.startsWith("check/") && value.right).length;
    return { predictions, checks, made: Math.min(made, predictions), answered: Math.min(answered, checks),
      right: Math.min(right, checks), finished: courseMemory.kept("finished", chapter) === true };
  };

  const links = [...document.querySelectorAll(".bd-sidebar-primary nav a.internal")].flatMap((link) => {
    const chapter = link.pathname.split("/").pop().replace(/\.html$/, ""), here = link.getAttribute("href") === "#";
    return items[here ? page : chapter] ? [{ link, chapter: here ? page : chapter }] : [];
  });
  const contents = () => {
    for (const { link, chapter } of links) {
      link.querySelector(".course-progress")?.remove();
      const { predictions, checks, made, answered, finished } = of(chapter);
      if (!made && !answered && !finished) continue;
      const said = `${made + answered} of ${predictions + checks} answered${finished ? ", finished" : ""}`;
      link.append(element("span", { class: "course-progress" },
        element("span", { "aria-hidden": "true" }, finished ? "✓" : `${made + answered}/${predictions + checks}`),
        element("span", { class: "course-unseen" }, ` (${said})`)));
    }
  };

  // One file for all chapters; exercises/guess.py reads it.
  const whole = () => ({
    answers: 1, date: new Date().toISOString().slice(0, 19) + "+00:00",
    chapters: courseMemory.pages().map((chapter) => {
      const all = courseMemory.all(chapter), guesses = all.filter(([, one]) => Number.isFinite(one.low));
      return {
        chapter, profile: "page", data: "page", date: guesses.map(([, one]) => one.date ?? "").sort().pop() ?? "",
        guesses: guesses.map(([question, { low, high }]) => ({ question, low, high })),
        values: guesses.map(([, { value }]) => value),
        checks: all.filter(([name, one]) => name.startsWith("check/") && one.tries)
          .map(([name, { tries, right, shown }]) => ({ check: name.slice(6), tries, right, shown })),
        finished: courseMemory.kept("finished", chapter) === true,
      };
    }),
  });

  const ending = () => {
    const status = element("p", { role: "status" });
    const finish = button("", () => courseMemory.keep("finished", of(page).finished ? null : true));
    const file = button("Download all answers of all chapters", () => {
      const url = URL.createObjectURL(new Blob([JSON.stringify(whole(), null, 1) + "\n"], { type: "application/json" }));
      element("a", { href: url, download: "guesses_and_answers.json" }).click();
      setTimeout(() => URL.revokeObjectURL(url), 1000);
    });
    const erase = button("Erase all that is kept", () => {
      if (!confirm("Erase every prediction and answer of all chapters that this browser keeps?")) return;
      courseMemory.erase();
      location.reload();
    });
    const where = !courseMemory.lasts
      ? "This browser keeps nothing here (a private window, or storage is switched off): answers last until you leave "
        + "the page. Download them before."
      : location.protocol === "file:"
        ? "Predictions and answers are kept in this browser, on this device. Opened from a file, some browsers keep each page's answers by "
          + "itself: the contents and the file then know this page alone."
        : "Predictions and answers are kept in this browser, on this device, and sent nowhere.";
    const section = element("section", { class: "course-ending", "aria-labelledby": "your-progress" },
      element("h2", { id: "your-progress" }, "Your progress"), status,
      element("p", { class: "reveal-row" }, finish, file, erase), element("p", { class: "measured" }, where));
    const article = document.querySelector("article.bd-article") ?? document.body;
    (article.querySelector(":scope > section") ?? article).append(section);
    return () => {
      const { predictions, checks, made, answered, right, finished } = of(page);
      const parts = [predictions && `${made} of ${predictions} predictions made`,
        checks && `${answered} of ${checks} checks answered, ${right} right`].filter(Boolean);
      status.textContent = `${[...parts, finished ? "chapter finished" : "not yet finished"].join("; ")}.`;
      finish.textContent = finished ? "Not finished after all" : "I have finished this chapter";
    };
  };

  const end = items[page] ? ending() : () => {};
  const update = () => { contents(); end(); };
  document.addEventListener("course-kept", update);
  update();
})();
