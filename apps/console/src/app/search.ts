/** What the address of every page carries: network, who acts, the lens and who looks through it. */
import { LENSES, type Lens } from "../lens/lens-context.tsx";

export interface PageSearch {
  readonly net?: string | undefined;
  readonly as?: string | undefined;
  readonly lens?: Lens | undefined;
  readonly other?: string | undefined;
}

/** Foreign text; what is not known is left out. */
export function readPageSearch(search: Readonly<Record<string, unknown>>): PageSearch {
  const { net, as, lens, other } = search;
  const known = LENSES.find((one) => one === lens);
  return {
    ...nameOf("net", net),
    ...nameOf("as", as),
    ...nameOf("other", other),
    // `mine` is what is meant when nothing is said.
    ...(known !== undefined && known !== "mine" && { lens: known }),
  };
}

function nameOf<K extends string>(key: K, value: unknown): Partial<Record<K, string>> {
  // A partial record of one key, which a computed one is not known to be.
  return typeof value === "string" && /^[A-Za-z0-9-]{1,50}$/.test(value)
    ? ({ [key]: value } as Partial<Record<K, string>>)
    : {};
}
