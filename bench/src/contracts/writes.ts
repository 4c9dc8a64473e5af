/** A contract whose one command keeps 64 bytes of the caller. */
import { defineContract, secretMap } from "@pha/contract";
import { fixedBytes } from "@pha/scale";

const key = fixedBytes(32);
const value = fixedBytes(64);

export const Writes = defineContract("writes", {
  docs: "Keeps 64 bytes under a key.",
  state: { kept: secretMap(key, value, "What was kept last under each key.") },
}).implement(({ command }) => ({
  keep: command({ docs: "Keeps a value.", args: { key, value } }, ({ state }, args) => {
    state.kept.put(args.key, args.value);
  }),
}));
