/** Somebody sends the registration of a replaced boot again, whose keys a copied memory still holds. */
import { PhalaRegistry } from "@pha/runtime";
import { registerCall, testBoot } from "@pha/runtime/testing";
import { equalBytes } from "@pha/scale";
import type { Attack } from "../attack.ts";
import { attackedCluster } from "../cluster.ts";

export const attack: Attack = {
  name: "clone brings a replaced boot back",
  rule: "the latest boot wins, and a replaced one stays replaced (protocol §1)",
  weaknesses: [
    {
      file: "packages/runtime/src/phala-registry/register.ts",
      text: "ensure(!retired.some((one) => equalBytes(one.boot, boot)), ctx.errors.RetiredBoot);",
      instead: "void retired;",
    },
  ],
  attempt() {
    const { chain } = attackedCluster();
    // Both name the same block: what is refused is not its age.
    const former = testBoot(7, "Worker", 0);
    const next = testBoot(7, "Worker", 1);
    const [first, second] = [registerCall(chain, former), registerCall(chain, next)];
    chain.send(first);
    chain.send(second);
    chain.send(first);
    const { Boots } = chain.runtime.env(chain.overlay).of(PhalaRegistry).storage;
    const serving = Boots.get(former.identity.publicKey)?.registration.boot;
    return serving && equalBytes(serving, former.boot)
      ? { succeeded: true, says: "the copied boot serves again in its worker's name" }
      : { succeeded: false, says: "the replayed registration is refused: RetiredBoot" };
  },
};
