/** Measured weights of PhaAttestation. */
import { weight, weightTable } from "@pha/frame";
import { MEASURED } from "../measured.ts";

export const WEIGHTS = weightTable(MEASURED, {
  add_measurement: weight(25_000_000n, 256n),
  remove_measurement: weight(25_000_000n, 256n),
  deny_platform: weight(25_000_000n, 256n),
  readmit_platform: weight(25_000_000n, 256n),
  set_policy: weight(25_000_000n, 128n),
  add_signer: weight(25_000_000n, 256n),
  remove_signer: weight(25_000_000n, 256n),
  block: weight(5_000_000n, 128n),
});
