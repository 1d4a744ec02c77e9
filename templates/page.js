"use strict";
(() => {
  const root = document.documentElement;
  const authored = root.dataset.theme;
  const wanted = /^(light|dark)$/;
  const dark = "prefers-color-scheme";
  const remember = (choice) => { try { localStorage.setItem("advisor-theme", choice); } catch { /* no storage here */ } };
  const remembered = () => { try { return localStorage.getItem("advisor-theme") || "auto"; } catch { return "auto"; } };

  // Media rules inside the drawings know only the system's setting: switch them together with the page.
  const original = new Map();
  const switchDrawings = (choice) => {
    for (const sheet of document.querySelectorAll("svg style")) {
      for (const rule of sheet.sheet ? sheet.sheet.cssRules : []) {
        if (!rule.media) continue;
        if (!original.has(rule)) original.set(rule, rule.media.mediaText);
        const text = original.get(rule);
        if (!text.includes(dark)) continue;
        const applies = text.includes(`${dark}: ${choice}`);
        rule.media.mediaText = !wanted.test(choice) ? text : applies ? "screen" : "not all";
      }
    }
  };
  const apply = (choice) => {
    const theme = wanted.test(choice) ? choice : authored;
    if (theme) root.dataset.theme = theme; else delete root.dataset.theme;
    switchDrawings(theme || "auto");
    for (const button of document.querySelectorAll(".themes button")) {
      button.setAttribute("aria-pressed", String(button.dataset.choice === choice));
    }
  };
  apply(remembered());                                   // before the first paint

  const themes = () => {
    const group = document.querySelector(".themes");
    group.hidden = false;
    group.addEventListener("click", ({ target }) => {
      const choice = target.dataset.choice;
      if (choice) { remember(choice); apply(choice); }
    });
    apply(remembered());
  };

  const copyText = async (code) => {
    try { await navigator.clipboard.writeText(code.textContent); return true; } catch { /* older way below */ }
    getSelection().selectAllChildren(code);
    const done = document.execCommand("copy");
    if (done) getSelection().removeAllRanges();          // else it stays selected for the reader's own Ctrl+C
    return done;
  };
  const copying = () => {
    for (const button of document.querySelectorAll("button.copy")) {
      button.hidden = false;
      button.addEventListener("click", async () => {
        const done = await copyText(button.parentElement.querySelector("code"));
        button.textContent = done ? "Copied" : "Press Ctrl+C";
        setTimeout(() => { button.textContent = "Copy"; }, 1600);
      });
    }
  };

  const contents = () => {
    const toc = document.querySelector(".toc");
    const wide = matchMedia("(min-width: 64rem)");
    const settle = () => { toc.open = wide.matches; };
    settle();
    wide.addEventListener("change", settle);
    toc.addEventListener("click", (event) => { if (event.target.closest("a") && !wide.matches) toc.open = false; });
    const links = new Map([...toc.querySelectorAll("a")].map((link) => [decodeURIComponent(link.hash.slice(1)), link]));
    const heads = [...links.keys()].map((id) => document.getElementById(id)).filter(Boolean);
    let current = null;
    const mark = () => {
      let at = heads[0];
      for (const head of heads) if (head.getBoundingClientRect().top < 120) at = head;
      const link = at && links.get(at.id);
      if (!link || link === current) return;
      if (current) current.removeAttribute("aria-current");
      link.setAttribute("aria-current", "true");
      current = link;
      if (wide.matches) link.scrollIntoView({ block: "nearest" });
    };
    let waiting = false;
    addEventListener("scroll", () => {
      if (waiting) return;
      waiting = true;
      requestAnimationFrame(() => { waiting = false; mark(); });
    }, { passive: true });
    mark();
  };

  // What scrolls sideways can be reached by keyboard; what fits is no stop for the tab key.
  const scrolling = () => {
    for (const box of document.querySelectorAll(".scroll, pre")) {
      if (box.scrollWidth > box.clientWidth + 1) box.tabIndex = 0; else box.removeAttribute("tabindex");
    }
    for (const button of document.querySelectorAll("button.enlarge")) {
      const box = button.closest("figure").querySelector(".scroll");
      const svg = box.querySelector("svg");
      button.hidden = !box.classList.contains("actual") && svg.width.baseVal.value <= box.clientWidth + 1;
    }
  };
  const enlarging = () => {
    for (const button of document.querySelectorAll("button.enlarge")) {
      const box = button.closest("figure").querySelector(".scroll");
      button.addEventListener("click", () => {
        const on = box.classList.toggle("actual");
        button.setAttribute("aria-pressed", String(on));
        button.textContent = on ? "Fit to the page" : "Actual size";
        scrolling();
      });
    }
  };

  addEventListener("DOMContentLoaded", () => {
    themes(); copying(); contents(); enlarging(); scrolling();
    addEventListener("resize", scrolling);
  });
})();
