/**
 * A gatekeeper's seat in the DKG runs of the chain: messages of topic `pha/gatekeeper/*` in, shares out.
 *
 * **Bounds**: one run at a time; `MAX_SHARES` generations are held. **Secrets**: shares live here and, on presets that
 * allow it, in the sealed store.
 */
import {
  Dealing,
  DealingComplaint,
  type DkgPhase,
  type DkgSeatInput,
  type DkgSeatOutput,
  type DkgSeatState,
  IDLE_DKG_SEAT,
  stepDkgSeat,
} from "@pha/crypto";
import { DkgMessage, emptySeats, type GenerationEvent, TOPIC } from "@pha/protocol";
import { assert, decode, encode, equalBytes } from "@pha/scale";
import type { Entropy } from "./entropy.ts";
import type { Output } from "./inputs.ts";
import type { Keys } from "./keys.ts";
import type { Outbox } from "./outbox.ts";
import type { SealedShare } from "./sealed-store.ts";

export const MAX_SHARES = 8;
const PHASES: readonly DkgPhase[] = ["keys", "deal", "complain", "confirm"];

export interface DkgParticipant {
  /** Of active generations, and after a restart of those that were confirmed. */
  readonly shares: readonly SealedShare[];
  /** What belongs into the sealed store: the shares, and the one that this seat confirms. */
  readonly kept: readonly SealedShare[];
  /** @param block number of the finalized block that held the event */
  event(event: GenerationEvent, block: number): readonly Output[];
  /** Overwrites the shares of generations before this one, on disk as well. */
  erase(before: bigint): readonly Output[];
  /** @param sender identity of the worker whose message it is */
  message(sender: Uint8Array, message: DkgMessage): readonly Output[];
}

export function createDkgParticipant(parts: {
  readonly genesisHash: Uint8Array;
  readonly keys: Keys;
  readonly entropy: Entropy;
  readonly outbox: Outbox;
  readonly shares: readonly SealedShare[];
  /** Called when the held shares changed. */
  readonly seal: () => readonly Output[];
}): DkgParticipant {
  const { genesisHash, keys, entropy, outbox, seal } = parts;
  let shares: readonly SealedShare[] = parts.shares;
  /** Of a run that is confirmed and not active yet. */
  let pending: SealedShare | undefined;
  let state: DkgSeatState = IDLE_DKG_SEAT;
  let run: bigint | undefined;
  let seat = 0;
  let identities: readonly Uint8Array[] = [];
  /** Newest block that held something of the run. */
  let at = 0;

  function step(input: DkgSeatInput): readonly Output[] {
    const next = stepDkgSeat(state, input);
    state = next.state;
    return next.outputs.flatMap((output) => publish(output));
  }

  function publish(output: DkgSeatOutput): readonly Output[] {
    switch (output.type) {
      case "publish-key":
        return [say({ type: "Key", value: output.oneTimePublicKey })];
      case "publish-dealing":
        return [say({ type: "Dealing", value: encode(Dealing, output.dealing) })];
      case "publish-complaint":
        return [say({ type: "Complaint", value: encode(DealingComplaint, output.complaint) })];
      case "publish-confirmation":
        return [
          say({
            type: "Confirm",
            value: { transcriptHash: output.transcriptHash, root: output.rootPublicKey },
          }),
        ];
      case "keep-share": {
        const { generation, seat: index, share } = output;
        forgetPending();
        pending = { generation, seat: index, share };
        return seal();
      }
      case "share-ready": {
        const share = {
          generation: output.generation,
          seat: output.seat,
          share: output.share.slice(),
        };
        forgetPending();
        shares = newestFirst(share, shares);
        // The copy above is the only one from now on.
        state = stepDkgSeat(state, { type: "erase" }).state;
        return seal();
      }
      case "failed": {
        const failed: Output = { type: "log", event: output.code, block: at };
        if (pending === undefined) return [failed];
        forgetPending();
        return [failed, ...seal()];
      }
      case "refused":
      case "verdict":
        return [];
    }
  }

  function forget(isToGo: (share: SealedShare) => boolean): readonly Output[] {
    const going = shares.filter(isToGo);
    if (going.length === 0) return [];
    for (const { share } of going) share.fill(0);
    shares = shares.filter((share) => !going.includes(share));
    return seal();
  }

  function forgetPending(): void {
    pending?.share.fill(0);
    pending = undefined;
  }

  function say(body: DkgMessage["body"]): Output {
    assert(run !== undefined, "a seat speaks within a run");
    return outbox.send(TOPIC.dkg, encode(DkgMessage, { run, seat, body }));
  }

  return {
    get shares() {
      return shares;
    },
    get kept() {
      return pending === undefined ? shares : newestFirst(pending, shares);
    },
    event(event, block) {
      at = block;
      switch (event.type) {
        case "RunStarted": {
          const { seats, threshold, generation } = event.value;
          // A share of this generation can only be of a run that failed while this gatekeeper was away.
          const outputs = forget((one) => one.generation >= generation);
          const own = seats.findIndex(
            ({ identity, boot }) =>
              equalBytes(identity, keys.identity.publicKey) &&
              equalBytes(boot, keys.boot.publicKey),
          );
          if (own < 0) {
            run = undefined;
            return outputs;
          }
          run = event.value.run;
          seat = own;
          identities = seats.map(({ identity }) => identity.slice());
          stepDkgSeat(state, { type: "erase" });
          state = IDLE_DKG_SEAT;
          return [
            ...outputs,
            { type: "log", event: "dkg-started", block },
            ...step({
              type: "run-started",
              genesisHash,
              runId: run,
              generation,
              n: seats.length,
              t: threshold,
              seat,
              empty: emptySeats(seats),
              entropy: entropy.next(),
            }),
          ];
        }
        case "PhaseStarted": {
          const name = PHASES[event.value.phase];
          return event.value.run === run && name !== undefined ? step({ type: "phase", name }) : [];
        }
        case "Activated":
          return event.value.run === run
            ? [{ type: "log", event: "generation-active", block }, ...step({ type: "activated" })]
            : [];
        case "RunFailed":
          return event.value.run === run ? step({ type: "run-failed" }) : [];
        case "Retired":
          return [];
      }
    },
    erase: (before) => forget(({ generation }) => generation < before),
    message(sender, message) {
      const expected = identities[message.seat];
      if (message.run !== run || expected === undefined || !equalBytes(expected, sender)) return [];
      const from = message.seat;
      const { body } = message;
      switch (body.type) {
        case "Key":
          return step({ type: "key-published", seat: from, oneTimePublicKey: body.value });
        case "Dealing": {
          const dealing = decode(Dealing, body.value);
          return dealing.ok
            ? step({ type: "dealing-published", seat: from, dealing: dealing.value })
            : [];
        }
        case "Complaint": {
          const complaint = decode(DealingComplaint, body.value);
          return complaint.ok
            ? step({ type: "complaint-published", seat: from, complaint: complaint.value })
            : [];
        }
        case "Confirm":
          return step({
            type: "confirmed",
            seat: from,
            transcriptHash: body.value.transcriptHash,
          });
      }
    },
  };
}

/** One share per generation: a run that failed after it was confirmed makes room for the next. */
function newestFirst(share: SealedShare, others: readonly SealedShare[]): readonly SealedShare[] {
  const older = others.filter(({ generation }) => generation !== share.generation);
  return [share, ...older].slice(0, MAX_SHARES);
}
