import { decode, encode } from "@pha/scale";
import { bench } from "vitest";
import { aChain, aHeader, justify, refOf, setOf, voters } from "../../test/chain-builder.ts";
import { Justification } from "./justification.ts";
import { verifyJustification } from "./verify-justification.ts";

const list = voters(100);
const set = setOf(list);
const chain = aChain(aHeader(), 40);
const [first = aHeader()] = chain;
const target = refOf(first);
const usual = encode(Justification, justify(target, list.slice(0, 67)));
const above = chain.slice(1);
const votes = list.map((_, i) => refOf(above[i % above.length] ?? first));
const worst = encode(Justification, justify(target, list, { votes, votesAncestries: above }));

function verify(encoded: Uint8Array): void {
  const decoded = decode(Justification, encoded);
  if (!decoded.ok || !verifyJustification({ justification: decoded.value, target, set }).ok)
    throw new Error("refused");
}

bench("grandpa/verify-justification/100-authorities", () => verify(usual));
bench("grandpa/verify-justification/100-authorities-39-targets", () => verify(worst));
