/** A contract makes the engine work through host calls alone, which its own instructions do not pay for. */
import { createJavascriptEngine } from "@pha/pruntime/engines";
import type { Attack } from "../attack.ts";

const ID = new Uint8Array(32).fill(1);
const FUEL = 60_000_000n;
const VALUE = new Uint8Array(64 << 10);

/** Reads the same large value over and over; it speaks to the engine's mailbox as the prelude does. */
const CODE = `(() => {
  const { box, operation } = __pha;
  const data = new Uint8Array(box, 112);
  __pha.entry = () => { for (;;) { data[0] = 5; operation(1, 1, 0); } };
})()`;

export const attack: Attack = {
  name: "work through unmetered host calls",
  rule: "every host call costs fuel, by the byte that passes (design §6)",
  weaknesses: [
    {
      file: "packages/pruntime/src/engines/javascript/module-engine.ts",
      text: "fuel.value -= amount;",
      instead: "fuel.value -= 0n * amount;",
    },
  ],
  attempt() {
    const engine = createJavascriptEngine();
    if (!engine.load({ id: ID, code: CODE }).ok) throw new Error("the contract loads");
    let bytes = 0;
    const result = engine.call({
      contract: ID,
      kind: "command",
      selector: new Uint8Array(4),
      args: new Uint8Array(0),
      caller: ID,
      owner: ID,
      block: { number: 5, timestampMs: 1_234n },
      fuelLimit: FUEL,
      host: {
        get: () => {
          bytes += VALUE.length;
          return VALUE;
        },
        write: () => undefined,
        scan: () => [],
        open: () => undefined,
        pseudonym: () => new Uint8Array(32),
        boxKey: () => new Uint8Array(32),
        openBox: () => undefined,
        random: () => new Uint8Array(32),
      },
    });
    if (result.status !== "trapped" || result.reason !== "fuel")
      throw new Error("it runs until its fuel is over");
    const mebibytes = Math.round(bytes / (1 << 20));
    // What a byte costs at least: one unit of fuel.
    return BigInt(bytes) > FUEL
      ? {
          succeeded: true,
          says: `${mebibytes} MiB went through for the fuel of a few instructions`,
        }
      : { succeeded: false, says: `${mebibytes} MiB, and its fuel was over` };
  },
};
