/**
 * A dealer puts another dealer's ephemeral key into its own dealing. The seat that cannot open it complains, and shows a
 * Diffie–Hellman value: the one that opens what the other dealer sent it.
 */
import { Dealing, DealingComplaint, makeComplaint } from "@pha/crypto";
import { runDkg } from "@pha/runtime/testing";
import { decode, encode, equalBytes } from "@pha/scale";
import type { Attack } from "../attack.ts";
import { committee, seatNumber } from "../committee.ts";

const FILE = "packages/crypto/src/threshold/dkg-dealing.ts";
const [HONEST, VICTIM, ATTACKER] = [0, 1, 2];

export const attack: Attack = {
  name: "derivation oracle through a point that the chain supplies",
  rule: "a dealer proves that it knows its ephemeral scalar: a complaint opens one dealing only (protocol §2)",
  weaknesses: [
    // The proof is of the constant term alone.
    {
      file: FILE,
      text: "const encoded = encode(DealingStatementCodec, statement);",
      instead:
        "const encoded = encode(DealingStatementCodec, { ...statement, ephemeral: new Uint8Array(48) });",
    },
    {
      file: FILE,
      text: "encode(DealingStatementCodec, dealing),",
      instead: "encode(DealingStatementCodec, { ...dealing, ephemeral: new Uint8Array(48) }),",
    },
    { file: FILE, text: "    encodeG1(ephemeralCommitment),\n", instead: "" },
  ],
  attempt() {
    const { chain, seats } = committee(3);
    let honest: Dealing | undefined;
    let opening: Uint8Array | undefined;
    let shown: Uint8Array | undefined;
    runDkg(chain, seats, (seat, body) => {
      const number = seatNumber(seats, seat);
      if (body.type === "Dealing") {
        const dealing = decode(Dealing, body.value);
        if (!dealing.ok) throw new Error("a seat's dealing decodes");
        if (number === HONEST) honest = dealing.value;
        if (number === ATTACKER && honest !== undefined) {
          const { ephemeral } = honest;
          return { type: "Dealing", value: encode(Dealing, { ...dealing.value, ephemeral }) };
        }
      }
      if (body.type === "Complaint" && number === VICTIM) {
        const complaint = decode(DealingComplaint, body.value);
        const { state } = seat;
        if (!complaint.ok || honest === undefined || state.status !== "running" || !state.context)
          throw new Error("the victim is in its run");
        const { context, oneTimeSecret } = state;
        const entropy = new Uint8Array(32);
        const own = makeComplaint({
          context,
          dealing: honest,
          seat: VICTIM,
          oneTimeSecret,
          entropy,
        });
        opening = own.ok ? own.value.sharedPoint : undefined;
        shown = complaint.value.sharedPoint;
      }
      return body;
    });
    return opening && shown && equalBytes(opening, shown)
      ? { succeeded: true, says: "the complaint shows everybody the honest dealer's share" }
      : { succeeded: false, says: "a dealing with another's point is no dealing: BadDealing" };
  },
};
