/**
 * Networks this console knows: those of the server it came from (`/pha.json`), and those a person added, kept in this
 * browser.
 *
 * **Bounds**: `MAX_NETWORKS`, addresses of 300 characters. **Trust**: a network is named by its genesis hash; addresses of
 * nodes and worker hosts are only ways to reach it.
 */

export interface Network {
  /** Unique among those known; in the address of each page. */
  readonly id: string;
  readonly name: string;
  /** WebSocket address of a node; absent: the light client of this page follows the chain. */
  readonly node: string | undefined;
  /** Where the light client's chain specification is: a path of this server, or what this browser keeps. */
  readonly chainSpec: string | undefined;
  /** HTTP addresses of worker hosts. */
  readonly workers: readonly string[];
  /** In hex; absent: the node's is believed at the first visit, and kept. */
  readonly genesis: string | undefined;
  /** Development accounts may be used, and simulated TEEs are talked to. */
  readonly development: boolean;
  /** From the server of this page, which it is removed with. */
  readonly isServed: boolean;
}

const STORE = "pha-networks";
/** As `chainSpec`: it is kept in this browser. */
export const KEPT = "kept";
const MAX_NETWORKS = 16;
const MAX_ADDRESS = 300;

/** @returns what the server of this page says; none when it says nothing, as a plain file server does */
export async function servedNetworks(): Promise<readonly Network[]> {
  try {
    const response = await fetch("/pha.json", { signal: AbortSignal.timeout(5_000) });
    if (!response.ok) return [];
    return networksOf(await response.json(), true);
  } catch {
    // Not a server of ours, or it is gone: the person may still name a network.
    return [];
  }
}

export function addedNetworks(): readonly Network[] {
  try {
    return networksOf(JSON.parse(localStorage.getItem(STORE) ?? "{}"), false);
  } catch {
    // Storage is off, or holds what is no JSON: there are none.
    return [];
  }
}

export function keepNetworks(networks: readonly Network[]): void {
  try {
    localStorage.setItem(STORE, JSON.stringify({ networks: networks.slice(0, MAX_NETWORKS) }));
  } catch {
    // Storage is off or full: the network is there until the page is closed.
  }
}

/** Checked fields of foreign JSON; what is no network is left out. */
export function networksOf(json: unknown, isServed: boolean): readonly Network[] {
  const list: unknown = fields(json)["networks"];
  if (!Array.isArray(list)) return [];
  return list.slice(0, MAX_NETWORKS).flatMap((one: unknown, index) => {
    const { name, node, chainSpec, workers, genesis, development } = fields(one);
    const isByNode = isAddress(node, /^wss?:$/);
    const isLight = node === undefined && isSpecPlace(chainSpec, isServed);
    if (typeof name !== "string" || !(isByNode || isLight) || !Array.isArray(workers)) return [];
    const id = isServed ? `local${index === 0 ? "" : index}` : idOf(name);
    return [
      {
        id,
        name: name.slice(0, 40),
        node: isByNode ? node : undefined,
        chainSpec: isLight ? chainSpec : undefined,
        workers: workers.filter((url: unknown) => isAddress(url, /^https?:$/)).slice(0, 16),
        genesis:
          typeof genesis === "string" && /^0x[0-9a-f]{64}$/.test(genesis) ? genesis : undefined,
        development: development === true,
        isServed,
      },
    ];
  });
}

/** A path of this server, of networks that it serves; what this browser keeps, of others. */
function isSpecPlace(value: unknown, isServed: boolean): value is string {
  return isServed ? typeof value === "string" && /^\/[\w.-]{1,100}$/.test(value) : value === KEPT;
}

export function idOf(name: string): string {
  const id = name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-|-$/g, "");
  return `my-${id.slice(0, 40)}`;
}

export function isAddress(value: unknown, protocol: RegExp): value is string {
  if (typeof value !== "string" || value.length > MAX_ADDRESS) return false;
  return URL.canParse(value) && protocol.test(new URL(value).protocol);
}

function fields(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? { ...value } : {};
}
