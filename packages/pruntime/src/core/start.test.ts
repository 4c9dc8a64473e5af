import { decodeHeader, encodeHeader } from "@pha/consensus";
import { STORAGE } from "@pha/protocol";
import { encode } from "@pha/scale";
import { expect, test } from "vitest";
import { createScriptedChain } from "../testing/scripted-chain.ts";
import { startPRuntime } from "./index.ts";
import type { StartInput } from "./inputs.ts";

const chain = createScriptedChain({});
chain.addBlock();
const good: StartInput = {
  type: "start",
  role: { type: "Worker", value: undefined },
  operator: new Uint8Array(32),
  genesisHeader: chain.genesisHeader,
  genesisProof: chain.genesisProof,
  sealed: undefined,
  entropy: new Uint8Array(32),
  version: 0,
};

/** Header and proof of a genesis that names other voters, or none. */
function genesisWith(voters: Uint8Array | undefined): Partial<StartInput> {
  const other = createScriptedChain({ state: [] });
  other.put(STORAGE.grandpaAuthorities.key, voters);
  const ref = other.addBlock();
  const header = { ...other.header(ref.number), number: 0 };
  const genesisProof = other.proof(ref, [STORAGE.grandpaAuthorities.key]) ?? [];
  return { genesisHeader: encodeHeader(header), genesisProof };
}

function codeOf(change: Partial<StartInput>): string {
  const started = startPRuntime({ ...good, ...change });
  return started.ok ? "started" : started.error.code;
}

test("a genesis that its header, its proof and its voters make whole is taken", () => {
  expect(codeOf({})).toBe("started");
  expect(
    codeOf(genesisWith(encode(STORAGE.grandpaAuthorities.value, [[new Uint8Array(32), 1n]]))),
  ).toBe("started");
});

test.each<readonly [code: string, change: Partial<StartInput>]>([
  ["start/malformed-genesis", { genesisHeader: new Uint8Array(0) }],
  ["start/malformed-genesis", { genesisHeader: chain.genesisHeader.subarray(1) }],
  ["start/malformed-genesis", { genesisHeader: Uint8Array.of(...chain.genesisHeader, 0) }],
  ["start/malformed-genesis", { genesisHeader: chain.encodedHeader(1) }],
  ["start/bad-genesis-proof", { genesisProof: [...chain.genesisProof, new Uint8Array(40)] }],
  ["start/bad-genesis-proof", { genesisProof: [...chain.genesisProof, ...chain.genesisProof] }],
  ["start/bad-genesis-proof", { genesisProof: [] }],
  ["start/no-authorities", genesisWith(undefined)],
  ["start/no-authorities", genesisWith(Uint8Array.of(7))],
  ["start/no-authorities", genesisWith(encode(STORAGE.grandpaAuthorities.value, []))],
  ["start/malformed-sealed-store", { sealed: Uint8Array.of(1, 2) }],
])("%s: %#", (code, change) => {
  expect(codeOf(change)).toBe(code);
});

test("the header of the case above is one", () => {
  expect(decodeHeader(chain.encodedHeader(1)).ok).toBe(true);
});
