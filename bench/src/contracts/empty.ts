/** A contract that does nothing: what is left is the price of a call. */
import { defineContract } from "@pha/contract";

export const Empty = defineContract("empty", { docs: "Does nothing.", state: {} }).implement(
  ({ query }) => ({
    nothing: query({ docs: "Nothing.", args: {} }, () => undefined),
  }),
);
