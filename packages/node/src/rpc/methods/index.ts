/** All methods of the node; `rpc_methods` lists them. */
import type { MethodGroup } from "../method.ts";
import type { NodeContext } from "../node-context.ts";
import { archiveMethods } from "./archive.ts";
import { authorMethods } from "./author.ts";
import { blobMethods } from "./blobs.ts";
import { chainMethods } from "./chain.ts";
import { chainHeadMethods } from "./chain-head.ts";
import { chainSpecMethods } from "./chain-spec.ts";
import { grandpaMethods } from "./grandpa.ts";
import { keyMethods } from "./keys.ts";
import { paymentMethods } from "./payment.ts";
import { phaMethods } from "./pha.ts";
import { stateMethods } from "./state.ts";
import { systemMethods } from "./system.ts";
import { transactionMethods } from "./transaction.ts";

export function nodeMethods(context: NodeContext): MethodGroup {
  const methods: MethodGroup = {
    ...systemMethods(context),
    ...chainMethods(context),
    ...stateMethods(context),
    ...authorMethods(context),
    ...keyMethods(context),
    ...paymentMethods(context),
    ...grandpaMethods(context),
    ...phaMethods(context),
    ...blobMethods(context),
    ...chainHeadMethods(context),
    ...chainSpecMethods(context),
    ...transactionMethods(context),
    ...archiveMethods(context),
    /** Names of all methods. */
    rpc_methods: () => ({ methods: names }),
  };
  const names = Object.keys(methods).sort();
  return methods;
}
