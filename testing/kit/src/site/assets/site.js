// Theme, search and copying. Pages are whole without it.
const root = document.currentScript.dataset.root;

/** Storage may be closed to pages from a disk. */
function stored(key) {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}
function store(key, value) {
  try {
    localStorage.setItem(key, value);
  } catch {
    // It lasts as long as this page then.
  }
}

const chosen = stored("pha-docs-theme");
if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;

addEventListener("DOMContentLoaded", () => {
  bindTheme();
  bindSearch();
  bindCopies();
  bindContents();
});

function bindTheme() {
  const button = document.querySelector(".theme");
  const isDark = () =>
    (document.documentElement.dataset.theme ??
      (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";
  const show = () => {
    button.textContent = isDark() ? "Light" : "Dark";
    button.setAttribute("aria-label", `Use the ${isDark() ? "light" : "dark"} theme`);
  };
  button.addEventListener("click", () => {
    document.documentElement.dataset.theme = isDark() ? "light" : "dark";
    store("pha-docs-theme", document.documentElement.dataset.theme);
    show();
  });
  button.hidden = false;
  show();
}

function bindSearch() {
  const box = document.querySelector(".search");
  const input = document.querySelector("#query");
  const list = document.querySelector("#results");
  let loading;
  const load = () => {
    loading ??= new Promise((resolve, reject) => {
      const script = document.createElement("script");
      script.src = `${root}assets/search-index.js`;
      script.onload = () => resolve(globalThis.PHA_SEARCH);
      script.onerror = () => reject(new Error("the index is missing"));
      document.head.append(script);
    });
    return loading;
  };
  const search = async () => {
    const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    if (words.length === 0) {
      list.hidden = true;
      return;
    }
    try {
      showHits(list, hitsOf(await load(), words), words);
    } catch {
      list.replaceChildren(note("The search index cannot be read."));
    }
    list.hidden = false;
  };
  input.addEventListener("focus", () => void load().catch(() => {}));
  input.addEventListener("input", search);
  box.addEventListener("keydown", (event) => {
    const links = [...list.querySelectorAll("a")];
    const at = links.indexOf(document.activeElement);
    if (event.key === "Escape") {
      input.value = "";
      list.hidden = true;
      input.focus();
    } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      const next = at + (event.key === "ArrowDown" ? 1 : -1);
      (next < 0 ? input : links[Math.min(next, links.length - 1)])?.focus();
    } else if (event.key === "Enter" && document.activeElement === input) {
      links[0]?.click();
    }
  });
  addEventListener("keydown", (event) => {
    const isTyping = /^(INPUT|TEXTAREA)$/.test(document.activeElement?.tagName ?? "");
    if (event.key !== "/" || isTyping || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    input.focus();
  });
  addEventListener("click", (event) => {
    if (!box.contains(event.target)) list.hidden = true;
  });
  box.hidden = false;
}

const MAX_HITS = 12;

/** Sections that have all words; titles count most, whole words more than parts. */
function hitsOf(index, words) {
  const hits = [];
  for (const entry of index) {
    const [, , page, title, text] = entry;
    const heading = `${page} ${title}`.toLowerCase();
    const body = text.toLowerCase();
    let score = 0;
    for (const word of words) {
      const inTitle = title.toLowerCase().includes(word) ? 12 : 0;
      const inHeading = heading.includes(word) ? 4 : 0;
      const at = body.indexOf(word);
      const inBody = at < 0 ? 0 : /\W|^$/.test(body[at - 1] ?? "") ? 2 : 1;
      const best = inTitle + inHeading + inBody;
      score = best === 0 ? Number.NEGATIVE_INFINITY : score + best;
    }
    if (score > 0) hits.push({ entry, score });
  }
  return hits.sort((a, b) => b.score - a.score).slice(0, MAX_HITS);
}

function showHits(list, hits, words) {
  if (hits.length === 0) {
    list.replaceChildren(note("Nothing has all of these words."));
    return;
  }
  list.replaceChildren(
    ...hits.map(({ entry: [target, id, page, title, text] }) => {
      const link = document.createElement("a");
      link.href = `${root}${target}#${id}`;
      const name = document.createElement("b");
      name.textContent = title;
      const where = document.createElement("span");
      where.textContent = page === title ? "" : page;
      const excerpt = document.createElement("p");
      excerpt.textContent = excerptOf(text, words);
      link.append(name, " ", where, excerpt);
      return link;
    }),
  );
}

function excerptOf(text, words) {
  const at = Math.max(0, ...words.map((word) => text.toLowerCase().indexOf(word)));
  const from = Math.max(0, at - 40);
  return `${from > 0 ? "… " : ""}${text.slice(from, from + 140)}${text.length > from + 140 ? " …" : ""}`;
}

function note(text) {
  const paragraph = document.createElement("p");
  paragraph.className = "note";
  paragraph.textContent = text;
  return paragraph;
}

function bindCopies() {
  if (navigator.clipboard === undefined) return;
  for (const figure of document.querySelectorAll("figure[data-copy]")) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "copy";
    button.textContent = "Copy";
    button.addEventListener("click", async () => {
      const isDone = await navigator.clipboard
        .writeText(figure.querySelector("code").textContent)
        .then(() => true)
        .catch(() => false);
      button.textContent = isDone ? "Copied" : "Not copied";
      setTimeout(() => {
        button.textContent = "Copy";
      }, 1500);
    });
    figure.append(button);
  }
}

/** Marks the section that is read. */
function bindContents() {
  const links = [...document.querySelectorAll(".contents a")];
  if (links.length === 0) return;
  const byId = new Map(links.map((link) => [link.hash.slice(1), link]));
  const observer = new IntersectionObserver(
    (entries) => {
      for (const { target, isIntersecting } of entries) {
        if (!isIntersecting) continue;
        for (const link of links) link.removeAttribute("aria-current");
        byId.get(target.id)?.setAttribute("aria-current", "true");
      }
    },
    { rootMargin: "-64px 0px -75% 0px" },
  );
  for (const heading of document.querySelectorAll("main h2[id], main h3[id]"))
    if (byId.has(heading.id)) observer.observe(heading);
}
