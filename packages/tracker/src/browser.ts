/** The tracker in a browser: its surroundings, page views of applications that change their address, events of elements. */
import type { Agree } from "./seal-visit.ts";
import type { Settings } from "./settings.ts";
import { createTracker, type Surroundings, type Tracker } from "./tracker.ts";

/** Where the visitor's wish not to be counted is kept. */
export const IGNORE_KEY = "w3a_ignore";

/** @param fallback where X25519 is loaded from when the browser has none */
export function browserSurroundings(fallback?: () => Promise<Agree>): Surroundings {
  return {
    page: () => {
      const { host, hostname, pathname, search, hash } = location;
      // A port is of no interest where hosts are compared.
      return { host: hostname === "" ? host : hostname, path: pathname, search, hash };
    },
    referrer: () => document.referrer,
    userAgent: () => navigator.userAgent,
    wishes: () => ({
      doNotTrack:
        Reflect.get(navigator, "doNotTrack") ??
        Reflect.get(window, "doNotTrack") ??
        Reflect.get(navigator, "msDoNotTrack"),
      globalPrivacyControl: Reflect.get(navigator, "globalPrivacyControl"),
      ignore: kept(),
    }),
    setIgnore(ignore) {
      if (ignore) localStorage.setItem(IGNORE_KEY, "true");
      else localStorage.removeItem(IGNORE_KEY);
    },
    async post(address, box) {
      // A simple request: no question before it, no cookies, no address of the page. It outlives the page.
      const { status } = await fetch(address, {
        method: "POST",
        headers: { "content-type": "text/plain" },
        body: box,
        keepalive: true,
        credentials: "omit",
        referrerPolicy: "no-referrer",
        cache: "no-store",
      });
      return status;
    },
    wait: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
    fallback,
    named: (name) => Reflect.get(window, name),
  };
}

/** Storage may be closed to the page: then nobody could have left a wish there. */
function kept(): string | null {
  try {
    return localStorage.getItem(IGNORE_KEY);
  } catch {
    return null;
  }
}

/** A tracker that counts by itself what the settings say. */
export function startTracker(settings: Settings, fallback?: () => Promise<Agree>): Tracker {
  const tracker = createTracker(settings, browserSurroundings(fallback));
  if (settings.auto) countByItself(settings, tracker);
  document.addEventListener(
    "click",
    ({ target }) => {
      if (!(target instanceof Element)) return;
      const name = target.closest("[data-w3a-event]")?.getAttribute("data-w3a-event");
      if (name) tracker.event(name);
    },
    true,
  );
  addEventListener("pagehide", () => tracker.flush());
  return tracker;
}

function countByItself({ hash, excludeSearch }: Settings, tracker: Tracker): void {
  let last: string | undefined;
  const look = (): void => {
    const now =
      location.pathname + (excludeSearch ? "" : location.search) + (hash ? location.hash : "");
    if (now === last) return;
    last = now;
    tracker.view();
  };
  for (const name of ["pushState", "replaceState"] as const) {
    const own = history[name].bind(history);
    history[name] = (...args) => {
      own(...args);
      look();
    };
  }
  addEventListener("popstate", look);
  if (hash) addEventListener("hashchange", look);
  // A page that is made before somebody looks at it is no visit yet.
  if (Reflect.get(document, "prerendering") === true)
    document.addEventListener("prerenderingchange", look, { once: true });
  else look();
}
