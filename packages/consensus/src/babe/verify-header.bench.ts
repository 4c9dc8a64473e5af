import { bench } from "vitest";
import { anEpoch, claimOf, pairs, sealed } from "../../test/babe-author.ts";
import type { Header } from "../header.ts";
import { primaryThreshold } from "./threshold.ts";
import { verifyBabeHeader } from "./verify-header.ts";

const epoch = anEpoch();

function headerWhere(primary: boolean): Header {
  for (let slot = epoch.startSlot; slot < epoch.startSlot + epoch.duration; slot++)
    for (let index = 0; index < pairs.length; index++) {
      const claim = claimOf(epoch, slot, index);
      if (claim?.primary === primary) return sealed(claim.preDigest);
    }
  throw new Error("no such claim in the epoch");
}

const primary = headerWhere(true);
const secondary = headerWhere(false);

function verify(header: Header): void {
  if (!verifyBabeHeader({ header, epoch }).ok) throw new Error("refused");
}

bench("babe/verify-header/primary", () => verify(primary));
bench("babe/verify-header/secondary-vrf", () => verify(secondary));
bench("babe/primary-threshold", () => {
  if (primaryThreshold([1n, 4n], 1n, 3n) === 0n) throw new Error("zero");
});
