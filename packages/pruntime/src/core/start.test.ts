import { decodeHeader, encodeHeader } from "@pha/consensus";
import { STORAGE } from "@pha/protocol";
import { concatBytes, encode, u32 } from "@pha/scale";
import { expect, test } from "vitest";
import { createScriptedChain } from "../testing/scripted-chain.ts";
import { createScriptedNetwork } from "../testing/scripted-network.ts";
import { startPRuntime } from "./index.ts";
import type { StartInput } from "./inputs.ts";
import { sealedBy } from "./sealed-store.ts";

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
  ["start/newer-sealed-store", { version: 0x100, sealed: encode(u32, 0x101) }],
  ["start/malformed-sealed-store", { version: 0x101, sealed: encode(u32, 0x101) }],
])("%s: %#", (code, change) => {
  expect(codeOf(change)).toBe(code);
});

/** What a fresh pRuntime seals. */
function sealedOf(change: Partial<StartInput>): Uint8Array {
  const started = startPRuntime({ ...good, ...change });
  const sealed = started.ok && started.value.outputs.find(({ type }) => type === "seal");
  if (!sealed || sealed.type !== "seal") throw new Error("it seals when it starts");
  return sealed.content;
}

test("what a version was registered with is taken by it and newer ones, and refused by older ones", () => {
  const network = createScriptedNetwork({ workers: 1 });
  const [worker] = network.workers;
  const { genesisHeader, genesisProof } = network.chain;
  const codeWith = (sealed: Uint8Array | undefined, version: number) =>
    codeOf({ genesisHeader, genesisProof, sealed, version });
  // Not registered yet: whoever takes the version back keeps its identity.
  const fresh = worker?.sealed;
  expect(fresh && sealedBy(fresh)).toBe(0);
  expect(codeWith(fresh, 0x0ff)).toBe("started");
  network.until(() => worker?.status?.registered === true);
  network.blocks(1);
  const sealed = worker?.sealed;
  expect(sealed && sealedBy(sealed)).toBe(0x100);
  expect(codeWith(sealed, 0x100)).toBe("started");
  expect(codeWith(sealed, 0x200)).toBe("started");
  expect(codeWith(sealed, 0x0ff)).toBe("start/newer-sealed-store");
  // Whatever a newer version writes behind its number.
  const longer = concatBytes(encode(u32, 0x400), new Uint8Array(7));
  expect(codeWith(longer, 0x300)).toBe("start/newer-sealed-store");
});

test("a worker's sealed store makes no gatekeeper: it has not read every block", () => {
  const role = { type: "Gatekeeper", value: undefined } as const;
  expect(codeOf({ role, sealed: sealedOf({}) })).toBe("start/other-role");
  expect(codeOf({ role, sealed: sealedOf({ role }) })).toBe("started");
});

test("the header of the case above is one", () => {
  expect(decodeHeader(chain.encodedHeader(1)).ok).toBe(true);
});
