/** A command is sealed to an epoch whose key a removed replica took along. */
import { x25519PublicKey } from "@pha/crypto";
import { deriveSealingSecret, openCommand, replyPublicKey, sealCommand } from "@pha/protocol";
import { COUNTER_ID, testCommand } from "@pha/runtime/testing";
import { utf8 } from "@pha/scale";
import type { Attack } from "../attack.ts";
import { attackedCluster } from "../cluster.ts";

const SECRET = "the bid is 42";

export const attack: Attack = {
  name: "command sealed to an epoch removed for cause",
  rule: "removal for cause has no grace: the chain refuses the former key at inclusion (protocol §4)",
  weaknesses: [
    {
      file: "packages/runtime/src/phala-phat-contracts/seats.ts",
      text: 'const isForCause = reason === "Suspended";',
      instead: "const isForCause = reason === undefined;",
    },
  ],
  attempt() {
    const { chain, workers, keys } = attackedCluster();
    const { genesisHash } = chain;
    // What the broken replica took along.
    const stolen = deriveSealingSecret(keys.vetKey, COUNTER_ID);
    const { platformId } = workers[0];
    chain.sudo(chain.runtime.tx.PhaAttestation.deny_platform({ platformId }));
    const { sealed: _, ...template } = testCommand(chain, 7);
    const clear = { ...template, origin: chain.account("//Alice") };
    const made = sealCommand({
      genesisHash,
      clear,
      body: {
        selector: new Uint8Array(4),
        args: utf8(SECRET),
        replyKey: replyPublicKey(new Uint8Array(32).fill(3)),
      },
      sealingKey: x25519PublicKey(stolen),
      ephemeralSecret: new Uint8Array(32).fill(4),
    });
    if (!made.ok) throw new Error("a short command is sealed");
    const command = { ...template, sealed: made.value };
    const { push_command } = chain.runtime.tx.PhalaPhatContracts;
    const sent = chain.send(push_command(command), "//Alice");
    const opened = openCommand({
      genesisHash,
      command: { ...clear, sealed: made.value },
      sealingSecret: stolen,
    });
    const read = sent.error === undefined && opened.ok;
    return read
      ? { succeeded: true, says: "the chain queued it, and the removed replica reads it" }
      : { succeeded: false, says: `the chain refused it (${sent.error}); the SDK seals it anew` };
  },
};
