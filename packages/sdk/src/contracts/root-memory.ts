/**
 * What this client has seen of each contract's state: a later answer may not be older, and a block may not have two
 * roots. Kept across page loads through the port.
 *
 * **Bounds**: `MAX_CONTRACTS` contracts; the least recently used goes.
 */
import type { Answer } from "@pha/protocol";
import { PhaError, toHex } from "@pha/scale";

const MAX_CONTRACTS = 1024;

/** Where a `RootMemory` keeps what it knows; others may write there too, such as a second tab. */
export interface RootMemoryStore {
  load(): string | undefined;
  save(text: string): void;
}

/** What was seen of contracts. */
export interface RootMemory {
  /** Throws when the answer contradicts what was seen, else remembers it. */
  check(contract: Uint8Array, answer: Pick<Answer, "root" | "stateBlock">): void;
}

interface Seen {
  readonly block: number;
  readonly root: string;
}

/** Remembers the newest root of each contract, and so refuses older state. */
export function createRootMemory(store?: RootMemoryStore): RootMemory {
  const seen = new Map<string, Seen>();
  let text: string | undefined;

  /** What others have seen meanwhile: of each contract the newer counts, so nobody's is lost when it is written back. */
  function absorb(): void {
    const stored = store?.load();
    if (stored === undefined || stored === text) return;
    text = stored;
    for (const [id, theirs] of parse(stored)) {
      const own = seen.get(id);
      if (own === undefined || theirs.block > own.block) seen.set(id, theirs);
    }
  }

  absorb();
  return {
    check(contract, { root, stateBlock }) {
      absorb();
      const id = toHex(contract);
      const known = seen.get(id);
      const now: Seen = { block: stateBlock.number, root: toHex(root) };
      if (known !== undefined && now.block < known.block)
        throw new PhaError("answer/rolled-back", "the answer is older than one seen before", {
          facts: { seenBlock: known.block, answeredBlock: now.block },
          hint: "Ask another replica; this one answers from old state.",
        });
      if (known !== undefined && now.block === known.block && now.root !== known.root)
        throw new PhaError("answer/two-roots", "one block has two roots", {
          facts: { block: now.block, seen: known.root, answered: now.root },
          hint: "Keep both answers: they prove that replicas or validators misbehave.",
        });
      seen.delete(id);
      seen.set(id, now);
      if (seen.size > MAX_CONTRACTS) seen.delete(seen.keys().next().value ?? id);
      text = JSON.stringify([...seen]);
      store?.save(text);
    },
  };
}

function parse(text: string | undefined): readonly (readonly [string, Seen])[] {
  if (text === undefined) return [];
  try {
    const parsed: unknown = JSON.parse(text);
    if (!Array.isArray(parsed)) return [];
    return parsed.filter(
      (entry: unknown): entry is [string, Seen] =>
        Array.isArray(entry) &&
        typeof entry[0] === "string" &&
        typeof entry[1]?.block === "number" &&
        typeof entry[1]?.root === "string",
    );
  } catch {
    // A damaged memory starts anew; it only ever makes the client stricter.
    return [];
  }
}
