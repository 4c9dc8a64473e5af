/** A dealer gives one seat a share that its commitments do not fit; the others' are good, so that nobody else notices. */
import { createDealing, Dealing, oneTimeKeypair, verifyEncryptedKeyShare } from "@pha/crypto";
import { keyIdentity } from "@pha/protocol";
import { releaseOf, runDkg, type TestSeat, testBoot, testRequest } from "@pha/runtime/testing";
import { encode } from "@pha/scale";
import type { Attack } from "../attack.ts";
import { activeGeneration, committee, seatNumber } from "../committee.ts";

const VICTIM = 0;
/** Until the phases that the dealer itself does not take part in are over. */
const BLOCKS = 24;

/** As the seat would deal, but for the victim encrypted to a key that nobody has. */
function wrongFor(victim: number, { state, seat }: TestSeat): Uint8Array {
  if (state.status !== "running" || state.context === undefined)
    throw new Error("a dealer knows all keys");
  const { run, keys, context } = state;
  const nobodys = oneTimeKeypair(new Uint8Array(32).fill(9)).publicKey;
  const dealing = createDealing({
    context,
    seat,
    n: run.n,
    t: run.t,
    recipients: Array.from({ length: run.n }, (_, one) => ({
      seat: one,
      oneTimePublicKey: one === victim ? nobodys : (keys.get(one) ?? nobodys),
    })),
    polynomialSeed: new Uint8Array(32).fill(1),
    entropy: new Uint8Array(32).fill(2),
  });
  if (!dealing.ok) throw new Error("every key is a point");
  return encode(Dealing, dealing.value);
}

export const attack: Attack = {
  name: "dealer with one bad share",
  rule: "a seat checks its share against the commitments and complains; the chain judges (protocol §2)",
  weaknesses: [
    {
      file: "packages/crypto/src/threshold/dkg-dealing.ts",
      text: "return share !== undefined && isCommittedShare(share, seat, points.commitments)",
      instead: "return share !== undefined",
    },
  ],
  attempt() {
    const { chain, seats } = committee(3);
    const deal: Parameters<typeof runDkg>[2] = (seat, body) =>
      body.type === "Dealing" && seatNumber(seats, seat) === 2
        ? { type: "Dealing", value: wrongFor(VICTIM, seat) }
        : body;
    runDkg(chain, seats, deal, BLOCKS);
    const generation = activeGeneration(chain);
    const victim = seats[VICTIM];
    if (victim?.state.status !== "active") throw new Error("the victim has a share");
    const request = testRequest(testBoot(50));
    const release = releaseOf(chain, victim, request);
    const fits = verifyEncryptedKeyShare({
      share: release,
      sharePublicKey: generation.sharePublicKeys[VICTIM] ?? new Uint8Array(96),
      rootPublicKey: generation.root,
      identity: keyIdentity({ genesisHash: chain.genesisHash, ...release }),
      transportPublicKey: request.transport.publicKey,
    });
    return fits
      ? {
          succeeded: false,
          says: "the victim showed it; the dealer is convicted, its part left out",
        }
      : {
          succeeded: true,
          says: "an honest seat releases what opens nothing, and is slashed for it",
        };
  },
};
