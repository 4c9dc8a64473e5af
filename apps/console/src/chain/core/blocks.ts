/** Blocks as pages show them. */
import { PhaError } from "@pha/scale";
import { type BlockBody, type BlockEvent, type Client, fetchBlock, fetchEvents } from "@pha/sdk";
import type { BlockSummary } from "../recent-blocks.ts";

export async function summaryOf(client: Client, number: number): Promise<BlockSummary> {
  const body = await fetchBlock(client.chain, verified(client, number));
  const calls = body.extrinsics.map(({ decoded }) => decoded);
  return {
    number,
    hash: body.hash,
    at: body.at,
    extrinsics: body.extrinsics.length,
    signed: calls.filter((call) => call?.signature !== undefined).length,
    commands: calls.filter((call) => isCommand(call)).length,
    bytes: body.extrinsics.reduce((sum, { bytes }) => sum + bytes.length, 0),
  };
}

function isCommand(call: { readonly pallet: string; readonly call: string } | undefined): boolean {
  return call?.pallet === "PhalaPhatContracts" && call.call === "push_command";
}

export interface BlockReading {
  readonly body: BlockBody;
  readonly events: readonly BlockEvent[];
}

/** Header, extrinsics and events of a block that this client verified to be final. */
export async function fetchBlockAt(client: Client, number: number): Promise<BlockReading> {
  const block = verified(client, number);
  const [body, events] = await Promise.all([
    fetchBlock(client.chain, block),
    fetchEvents(client.chain, block),
  ]);
  return { body, events };
}

function verified({ chain }: Client, number: number) {
  const block = chain.finality.block(number);
  if (block !== undefined) return block;
  const { head } = chain.finality;
  const isAhead = number > head.number;
  throw new PhaError(
    isAhead ? "chain/not-reached" : "chain/not-kept",
    isAhead ? `block ${number} is not finalized yet` : `block ${number} is too old to be kept here`,
    {
      facts: { block: number, head: head.number },
      hint: isAhead
        ? "Wait for it: this page shows finalized blocks only."
        : "This page keeps the newest 4096 finalized blocks, by light client those since it follows; ask a node for older ones.",
    },
  );
}
