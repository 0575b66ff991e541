// Loads the comments of a page when its reader asks for them (tools/comments.py); until then it does nothing.
"use strict";
for (const box of document.querySelectorAll(".comments")) {
  const button = box.querySelector("button");
  button.addEventListener("click", () => {
    const script = document.createElement("script");
    const dark = document.documentElement.dataset.theme === "dark";
    const words = { repo: box.dataset.repository, "issue-term": box.dataset.page, label: "comments",
      theme: dark ? "github-dark" : "github-light", crossorigin: "anonymous", src: "https://utteranc.es/client.js" };
    for (const [name, value] of Object.entries(words)) script.setAttribute(name, value);
    script.addEventListener("error", () => {
      script.remove();
      button.disabled = false;
      button.textContent = "They did not come. Try again";
    });
    button.disabled = true;
    button.textContent = "Loading the comments";
    script.addEventListener("load", () => button.remove());
    box.append(script);
  });
}
