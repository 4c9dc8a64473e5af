/**
 * Counts visits: reads the page, asks whether it may, seals, sends. Nothing that it does throws into the page.
 *
 * **Bounds**: `MOST_SEALING` visits are sealed at once. **Not here**: cookies, stored identifiers, properties of the machine
 * beside the user agent; time and address, which the contract and the collector know by themselves.
 */
import { mayCount, type PageFacts, referrerHostOf, shownPath, type Wishes } from "./page.ts";
import { type Agree, type Bytes, sealVisit } from "./seal-visit.ts";
import { createSender } from "./sender.ts";
import { bytesOf, type Settings } from "./settings.ts";

/** What the tracker needs of a browser. */
export interface Surroundings {
  readonly page: () => PageFacts;
  readonly referrer: () => string;
  readonly userAgent: () => string;
  readonly wishes: () => Wishes;
  /** Keeps or ends the wish not to be counted. */
  readonly setIgnore: (ignore: boolean) => void;
  readonly post: (address: string, box: Bytes) => Promise<number>;
  readonly wait: (ms: number) => Promise<void>;
  /** Loads X25519; absent where it may not. */
  readonly fallback?: (() => Promise<Agree>) | undefined;
  /** A function of the page by its name. */
  readonly named: (name: string) => unknown;
}

/** What the site's own function may see and change before a visit is sealed. */
export interface Draft {
  readonly event: string;
  readonly path: string;
  readonly referrerHost: string;
}

export interface Tracker {
  /** Counts a page view: of this address, or of another path. */
  view(path?: string): void;
  /** Counts an event by its name. */
  event(name: string): void;
  /** The visitor's account in hex, so that they can see and delete what is counted from now on; nothing ends it. */
  account(id: string | undefined): void;
  /** Whether this visitor wants not to be counted; the browser remembers it. */
  ignore(ignore: boolean): void;
  /** Sends what waits at once: the page is going. */
  flush(): void;
}

export const MOST_SEALING = 32;

export function createTracker(settings: Settings, around: Surroundings): Tracker {
  const address = `${settings.collector}/v1/visits/0x${hexOf(settings.site)}`;
  const sender = createSender({
    post: (box) => around.post(address, box),
    wait: around.wait,
  });
  let account: Bytes | undefined;
  let isFirst = true;
  let sealing = 0;

  async function count(event: string, path: string | undefined): Promise<void> {
    const page = around.page();
    if (!mayCount(settings, page.host, around.wishes()) || sealing >= MOST_SEALING) return;
    // Within a site the pages before are its own.
    const referrerHost = isFirst ? referrerHostOf(around.referrer(), page.host) : "";
    isFirst = false;
    const draft = { event, path: path ?? shownPath(page, settings), referrerHost };
    const allowed = asked(settings.beforeSend, around, draft);
    if (allowed === undefined) return;
    sealing++;
    try {
      const visit = { ...allowed, userAgent: around.userAgent(), account };
      const { site, workerKey: key } = settings;
      const fallback = settings.fallback ? around.fallback : undefined;
      sender.send(await sealVisit(visit, { site, key, fallback }));
    } finally {
      sealing--;
    }
  }

  /** A page is not there for its tracker: what goes wrong ends here, and the visit is not counted. */
  function quietly(work: () => unknown): void {
    try {
      Promise.resolve(work()).catch(() => undefined);
    } catch {
      // As above.
    }
  }

  return {
    view: (path) => quietly(() => count("", typeof path === "string" ? path : undefined)),
    event: (name) =>
      quietly(() => (typeof name === "string" && name !== "" ? count(name, undefined) : undefined)),
    account: (id) => {
      account = bytesOf(id);
    },
    ignore: (ignore) => quietly(() => around.setIgnore(ignore)),
    flush: () => quietly(() => sender.flush()),
  };
}

/** What the site's function makes of a visit; nothing when it refuses, fails or is missing. */
function asked(name: string, around: Surroundings, draft: Draft): Draft | undefined {
  if (name === "") return draft;
  const change = around.named(name);
  if (typeof change !== "function") return undefined;
  const given: unknown = change({ ...draft });
  if (typeof given !== "object" || given === null) return undefined;
  const of = (key: keyof Draft): string => {
    const value: unknown = Reflect.get(given, key);
    return typeof value === "string" ? value : "";
  };
  return { event: of("event"), path: of("path"), referrerHost: of("referrerHost") };
}

function hexOf(bytes: Bytes): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
