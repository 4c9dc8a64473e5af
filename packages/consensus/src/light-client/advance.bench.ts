import { encode } from "@pha/scale";
import { bench } from "vitest";
import {
  aChain,
  aHeader,
  bytesOf,
  justify,
  refOf,
  setOf,
  voters,
} from "../../test/chain-builder.ts";
import { Justification } from "../grandpa/justification.ts";
import { encodeHeader } from "../header.ts";
import { advance } from "./advance.ts";
import { startFromGenesis } from "./state.ts";

const genesisHeader = aHeader();
const list = voters(1);
const state = startFromGenesis({ genesisHeader, set: setOf(list) });
const chain = aChain(genesisHeader, 1000, {
  digestAt: () => [
    { type: "PreRuntime", value: { engine: "BABE", data: bytesOf(3, 109) } },
    { type: "Seal", value: { engine: "BABE", data: bytesOf(4, 64) } },
  ],
});
const last = chain.at(-1) ?? genesisHeader;
const headers = chain.map(encodeHeader);
const justification = encode(Justification, justify(refOf(last), list));

bench("light-client/advance/1000-headers", () => {
  const result = advance(state, { headers, justification });
  if (!result.ok || result.value.state.finalized.number !== 1000) throw new Error("not finalized");
});
