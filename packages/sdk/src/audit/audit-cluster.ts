/**
 * Collects what an audit of a cluster looks at, each part proven: steps under a verified header, blocks by their links to
 * the last step's block, commands under these blocks' state roots.
 *
 * **Bounds**: `MAX_AUDITED_STEPS`, `MAX_AUDITED_BLOCKS`. **Trust**: the node is not trusted; what it leaves out or changes
 * is refused, or the audit fails.
 */
import { decodeHeader, headerHash } from "@pha/consensus";
import {
  type BlockRef,
  Command,
  type FinalRoot,
  STORAGE,
  type StateStep,
  SyncBatch,
  TOPIC,
} from "@pha/protocol";
import { decode, equalBytes, PhaError, parseHex, toHex } from "@pha/scale";
import { verifyProof } from "@pha/state";
import type { Chain } from "../chain/chain.ts";
import { type Audited, auditSteps } from "./audit-steps.ts";

export const MAX_AUDITED_STEPS = 1024;
export const MAX_AUDITED_BLOCKS = 16_384;
/** Blocks before the first step's whose commands it may answer. */
const LEFT_OVER_BLOCKS = 256;
const BLOCKS_AT_ONCE = 256;

/** Steps of a cluster. */
export interface AuditRange {
  readonly cluster: Uint8Array;
  /** Index of the first step. @default the oldest that is kept */
  readonly from?: bigint;
  /** @default the newest final one */
  readonly to?: bigint;
}

/**
 * Fetches the steps of a cluster, proven, and checks what can be checked without any key.
 *
 * @throws PhaError `audit/…`, `rpc/malformed-answer`
 */
export async function auditCluster(
  chain: Pick<Chain, "rpc" | "read" | "finality">,
  range: AuditRange,
): Promise<Audited> {
  const { cluster } = range;
  const { root, snapshot, clusterContracts } = STORAGE;
  const at = chain.finality.head;
  const final = await chain.read({ key: root.key(cluster), value: root.value }, at);
  if (final === undefined) throw unaudited("audit/no-steps", { cluster: toHex(cluster) });
  const newest = await chain.read({ key: snapshot.key(cluster), value: snapshot.value }, at);
  const to = range.to === undefined || range.to > final.index ? final.index : range.to;
  const from =
    range.from ?? (newest?.index === undefined || to <= newest.index ? 0n : newest.index + 1n);
  const steps = await readSteps(chain, cluster, from, to);
  const contracts = await chain.read(
    { key: clusterContracts.key(cluster), value: clusterContracts.value },
    at,
  );
  const first = steps[0];
  const last = steps.at(-1);
  if (first === undefined || last === undefined)
    throw unaudited("audit/no-steps", { from: from.toString(), to: to.toString() });
  const begin = Math.max(1, first.block.number - LEFT_OVER_BLOCKS);
  const queue = await commandsOf(chain, contracts ?? [], begin, last.block);
  const before = newest !== undefined && newest.index + 1n === from ? newest.root : undefined;
  const audited = auditSteps({ from, steps, before, final: finalOf(final, to), queue });
  if (audited.ok) return audited.value;
  const { code, ...facts } = audited.error;
  throw unaudited(code, facts);
}

/** The final root, which only the newest step must have. */
function finalOf(final: FinalRoot, to: bigint): FinalRoot {
  return to === final.index ? final : { ...final, index: -1n };
}

function unaudited(code: string, facts: PhaError["facts"]): PhaError {
  return new PhaError(code, "the cluster's history is not as its replicas must have made it", {
    facts,
    hint: "Ask another node; if all say the same, the cluster's majority is to blame: trust nothing that it answers.",
  });
}

/** Proven one by one, as many as are there. */
export async function readSteps(
  chain: Pick<Chain, "read" | "finality">,
  cluster: Uint8Array,
  from: bigint,
  to: bigint,
): Promise<readonly StateStep[]> {
  const { key, value } = STORAGE.step;
  const at = chain.finality.head;
  const steps: StateStep[] = [];
  for (let index = from; index <= to && steps.length < MAX_AUDITED_STEPS; index++) {
    const step = await chain.read({ key: key(cluster, index), value }, at);
    if (step === undefined)
      throw new PhaError("audit/step-missing", "the chain has let a step go", {
        facts: { index: index.toString() },
        hint: "Begin after the newest snapshot, or ask an archive node of the time before.",
      });
    steps.push(step);
  }
  return steps;
}

/** Commands for these contracts, in the order of the chain, up to a block that is known to be final. */
async function commandsOf(
  { rpc }: Pick<Chain, "rpc">,
  contracts: readonly Uint8Array[],
  from: number,
  last: BlockRef,
): Promise<readonly Command[]> {
  const count = last.number - from + 1;
  ensureNotTooLong(count);
  const own = new Set(contracts.map(toHex));
  const hashes: { readonly parent: Uint8Array; readonly hash: Uint8Array }[] = [];
  const commands: Command[] = [];
  for await (const { header: encoded, proof } of blocksFrom(rpc, from, count)) {
    const header = decodeHeader(encoded);
    if (!header.ok) throw malformed();
    hashes.push({ parent: header.value.parentHash, hash: headerHash(header.value) });
    commands.push(...queuedIn(header.value.stateRoot, proof, own));
  }
  let expected = last.hash;
  for (const { hash, parent } of hashes.toReversed()) {
    if (!equalBytes(hash, expected))
      throw unaudited("audit/foreign-block", { expected: toHex(expected), given: toHex(hash) });
    expected = parent;
  }
  return commands;
}

export function ensureNotTooLong(blocks: number): void {
  if (blocks > MAX_AUDITED_BLOCKS)
    throw new PhaError("audit/too-long", "the range has too many blocks", {
      facts: { blocks, most: MAX_AUDITED_BLOCKS },
      hint: "Audit it in parts.",
    });
}

/** So many blocks from one on, as the node gives them: nothing of it is verified yet. */
export async function* blocksFrom(
  rpc: Chain["rpc"],
  from: number,
  count: number,
): AsyncGenerator<{ readonly header: Uint8Array; readonly proof: readonly Uint8Array[] }> {
  for (let given = 0; given < count; ) {
    const answer = await rpc.request("pha_syncBatch", [from + given, BLOCKS_AT_ONCE]);
    const parsed = typeof answer === "string" ? parseHex(answer) : undefined;
    const batch = parsed?.ok ? decode(SyncBatch, parsed.value) : undefined;
    if (!batch?.ok || batch.value.headers.length === 0) throw malformed();
    for (const [i, header] of batch.value.headers.entries()) {
      if (given === count) return;
      given += 1;
      yield { header, proof: batch.value.proofs[i] ?? [] };
    }
  }
}

function queuedIn(
  stateRoot: Uint8Array,
  proof: readonly Uint8Array[],
  own: ReadonlySet<string>,
): readonly Command[] {
  const { key, value } = STORAGE.outboundMessages;
  const view = verifyProof({ root: stateRoot, proof });
  const stored = view.ok ? view.value.get(key) : undefined;
  if (!stored?.ok) throw malformed();
  if (stored.value === undefined) return [];
  const messages = decode(value, stored.value);
  if (!messages.ok) throw malformed();
  return messages.value.flatMap(({ sender, destination, payload }) => {
    if (sender.type !== "AccountId" || !equalBytes(destination, TOPIC.command)) return [];
    const command = decode(Command, payload);
    const isOurs =
      command.ok &&
      equalBytes(command.value.origin, sender.value) &&
      own.has(toHex(command.value.contract));
    return isOurs ? [command.value] : [];
  });
}

export function malformed(): PhaError {
  return new PhaError("rpc/malformed-answer", "the node's answer cannot be read", {
    hint: "Connect to another node, or use an SDK of the same release.",
  });
}
