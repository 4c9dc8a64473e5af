// The sample site: pages that change without loading, and what a visitor may say. The tracker needs none of it.
(() => {
  const TITLES = { "/": "Home", "/pricing": "Pricing", "/about": "About" };
  const element = (id) => document.getElementById(id);
  const w3a = (...call) => {
    if (!window.w3a) {
      const early = (...args) => early.q.push(args);
      early.q = [];
      window.w3a = early;
    }
    window.w3a(...call);
  };

  function show() {
    const title = TITLES[location.pathname] ?? "Another page";
    element("title").textContent = title;
    document.title = `${title} · Sample site`;
    for (const link of document.querySelectorAll("nav a"))
      if (link.getAttribute("href") === location.pathname)
        link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
  }

  function tell() {
    const isAsked = navigator.doNotTrack === "1" || navigator.globalPrivacyControl === true;
    const isIgnored = localStorage.getItem("w3a_ignore") === "true";
    element("state").textContent = isAsked
      ? "Your browser asks not to be tracked: nothing is sent."
      : isIgnored
        ? "You asked not to be counted: nothing is sent."
        : "Your visits are counted, with no identifier: tomorrow nobody knows you again.";
    element("ignore").textContent = isIgnored ? "Count me again" : "Do not count me";
  }

  document.addEventListener("click", (event) => {
    const link = event.target.closest("nav a");
    if (!link) return;
    event.preventDefault();
    history.pushState(null, "", link.getAttribute("href"));
    show();
  });
  addEventListener("popstate", show);
  element("ignore").addEventListener("click", () => {
    w3a("ignore", localStorage.getItem("w3a_ignore") !== "true");
    // The tracker keeps the wish before it returns.
    tell();
  });
  element("account-form").addEventListener("submit", (event) => {
    event.preventDefault();
    const id = element("account").value.trim();
    const isAccount = /^(0x)?[0-9a-f]{64}$/i.test(id);
    w3a("account", isAccount ? id : undefined);
    element("account-state").textContent = isAccount
      ? "From now on, until this page is closed, visits are kept for this account."
      : id === ""
        ? "Visits are kept for nobody."
        : "This is no account: give 32 bytes of hex.";
  });
  show();
  tell();
})();
