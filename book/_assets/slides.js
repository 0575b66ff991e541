// Turns the list of slides that tools/slides.py wrote into a deck, once the formulas have their size.
"use strict";
(() => {
  const [wide, high] = [1280, 720];

  // A slide that is too full becomes smaller as a whole.
  const fit = (slide) => {
    const inside = slide?.querySelector(".fit");
    if (!inside || inside.style.zoom) return;
    const room = high - 40;  // the line at the bottom has the link to the chapter
    if (inside.scrollHeight > room || inside.scrollWidth > wide) {
      inside.style.zoom = Math.min(room / inside.scrollHeight, wide / inside.scrollWidth);
    }
  };

  const begin = async () => {
    await window.MathJax?.startup?.promise;
    document.querySelector(".deck").classList.add("reveal");
    Reveal.on("ready", (event) => fit(event.currentSlide));
    Reveal.on("slidechanged", (event) => fit(event.currentSlide));
    await Reveal.initialize({
      width: wide, height: high, margin: 0.05, center: false, hash: true, slideNumber: "c/t",
      transition: "none", backgroundTransition: "none", plugins: [RevealNotes],
    });
    document.documentElement.dataset.ready = "yes";
  };
  addEventListener("DOMContentLoaded", begin);
})();
