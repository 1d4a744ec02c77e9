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
      if (box) button.hidden = box.querySelector("svg").width.baseVal.value <= box.clientWidth + 1;
    }
  };
  const enlarging = () => {
    for (const button of document.querySelectorAll("button.enlarge")) {
      const figure = button.closest("figure");
      const box = figure.querySelector(".scroll");
      const name = figure.querySelector("figcaption span").textContent;
      button.addEventListener("click", () => {
        const window_ = document.createElement("dialog");
        const close = document.createElement("button");
        const place = document.createComment("");
        window_.className = "whole";
        window_.setAttribute("aria-label", name);
        close.type = "button";
        close.className = "close";
        close.textContent = "Close";
        close.addEventListener("click", () => window_.close());
        box.replaceWith(place);
        window_.append(close, box);
        document.body.append(window_);
        window_.addEventListener("close", () => { place.replaceWith(box); window_.remove(); button.focus(); scrolling(); });
        window_.showModal();
        scrolling();
      });
    }
  };

  // Every shape with a title says it in a box of our own: at once, in lines, for mouse, touch and keyboard.
  const tips = () => {
    const tip = document.createElement("div");
    tip.className = "tip";
    tip.id = "tip";
    tip.setAttribute("role", "tooltip");
    tip.hidden = true;
    document.body.append(tip);
    let shown = null;
    const hide = () => {
      if (shown) shown.removeAttribute("aria-describedby");
      shown = null;
      tip.hidden = true;
    };
    const show = (target, x, y) => {
      if (shown !== target) {
        hide();
        shown = target;
        tip.textContent = target.dataset.tip;
        (target.closest("dialog") || document.body).append(tip);
        target.setAttribute("aria-describedby", "tip");
        tip.hidden = false;
      }
      const box = tip.getBoundingClientRect();
      const room = [document.documentElement.clientWidth, document.documentElement.clientHeight];
      tip.style.left = `${Math.max(4, Math.min(x + 14, room[0] - box.width - 4))}px`;
      tip.style.top = `${y + 18 + box.height > room[1] ? Math.max(4, y - box.height - 12) : y + 18}px`;
    };
    for (const title of document.querySelectorAll("main svg > title")) title.remove();   // the picture has a label
    for (const title of document.querySelectorAll("main svg > * title")) {
      const target = title.parentElement;
      target.dataset.tip = title.textContent;
      target.setAttribute("aria-label", title.textContent);
      title.remove();                                    // else the browser shows its own box as well
      if (!target.matches(".node")) continue;
      target.setAttribute("tabindex", "0");
      target.setAttribute("role", "img");
      target.ownerSVGElement.setAttribute("role", "group");
    }
    const beside = (target) => {
      const box = target.getBoundingClientRect();
      show(target, box.left, box.bottom - 12);
    };
    const under = (event) => event.target.closest && event.target.closest("[data-tip]");
    addEventListener("pointermove", (event) => {
      const target = under(event);
      if (target) show(target, event.clientX, event.clientY); else if (shown && shown !== document.activeElement) hide();
    });
    addEventListener("focusin", (event) => {
      const target = under(event);
      if (target) beside(target); else hide();
    });
    const follow = () => { if (shown && shown === document.activeElement) beside(shown); else hide(); };
    addEventListener("scroll", follow, { passive: true, capture: true });
    addEventListener("keydown", (event) => { if (event.key === "Escape" && !tip.hidden) { hide(); event.preventDefault(); } });
  };

  // Rows are sorted by what a cell says: amounts and times by their size, the rest by its letters.
  const scales = { ms: 1e-3, s: 1, min: 60, h: 3600, million: 1e6, billion: 1e9, "%": 0.01, KB: 1e3, MB: 1e6, GB: 1e9, TB: 1e12 };
  const weight = (text) => {
    const found = /^[^\d+\-\u2212]{0,3}([+\-\u2212]?\d[\d\u00a0 ,]*(?:\.\d+)?)\s*([A-Za-z%]*)/.exec(text.trim());
    if (!found) return null;
    const number = Number(found[1].replace(/[\u00a0 ,]/g, "").replace("\u2212", "-"));
    return number * (scales[found[2]] || 1);
  };
  const sorted = (rows, at, down) => {
    const cell = (row) => row.cells[at].textContent;
    const weights = new Map(rows.map((row) => [row, weight(cell(row))]));
    const numbers = rows.filter((row) => weights.get(row) !== null).length * 2 > rows.length;
    const order = (a, b) => {
      if (!numbers) return cell(a).localeCompare(cell(b), document.documentElement.lang);
      return (weights.get(a) ?? Infinity) - (weights.get(b) ?? Infinity);
    };
    return [...rows].sort((a, b) => (down ? order(b, a) : order(a, b)));
  };
  const sorting = () => {
    for (const table of document.querySelectorAll("main table")) {
      const body = table.tBodies[0];
      const heads = table.tHead ? [...table.tHead.rows[0].cells] : [];
      const original = body ? [...body.rows] : [];
      const sums = original.filter((row) => row.cells[0].querySelector(":scope > strong:only-child"));
      const rows = original.filter((row) => !sums.includes(row));
      if (rows.length < 3 || !heads.some((head) => head.textContent.trim())) continue;
      heads.forEach((head, at) => {
        if (!head.textContent.trim()) return;
        const button = document.createElement("button");
        button.type = "button";
        button.className = "sort";
        button.append(...head.childNodes);
        head.append(button);
        button.addEventListener("click", () => {
          const now = head.getAttribute("aria-sort");
          const next = now === "ascending" ? "descending" : now === "descending" ? null : "ascending";
          for (const other of heads) other.removeAttribute("aria-sort");
          if (next) head.setAttribute("aria-sort", next);
          body.append(...(next ? sorted(rows, at, next === "descending") : rows), ...sums);
        });
      });
    }
  };

  addEventListener("DOMContentLoaded", () => {
    themes(); copying(); contents(); enlarging(); tips(); sorting(); scrolling();
    addEventListener("resize", scrolling);
  });
})();
