/** An enclave of the attacker's, on a real platform, quotes whatever it is told to. */
import {
  quotedByAnother,
  startVendorChain,
  vendorCall,
  vendorMeasurement,
} from "@pha/runtime/testing/vendors";
import type { Attack } from "../attack.ts";

export const attack: Attack = {
  name: "quote by an enclave that is not Intel's",
  rule: "the quoting enclave is the one that Intel's signed identity describes (design §2, invariant 3)",
  weaknesses: [
    {
      file: "packages/attestation/src/intel/verify-dcap.ts",
      text: 'return field === undefined ? undefined : { code: "attestation/qe-identity-mismatch", field };',
      instead: "void field; return undefined;",
    },
  ],
  attempt() {
    const { chain, tx, storage } = startVendorChain();
    const measurement = vendorMeasurement(chain, "IntelSgxDcap");
    chain.sudo(tx.add_measurement({ measurement }));
    const { call, boot } = vendorCall(chain, "IntelSgxDcap", 1, quotedByAnother);
    const sent = chain.send(call);
    return storage().Boots.has(boot.identity.publicKey)
      ? { succeeded: true, says: "a program of the attacker's passes as the measured one" }
      : { succeeded: false, says: `the chain refuses the quote: ${sent.error}` };
  },
};
