/**
 * One seat of one DKG run, as a state machine without I/O.
 *
 * ```
 * idle ─run-started→ running: keys → deal → complain → confirm ─activated→ active ─erase→ erased
 *                       └──────────── any failure ────────────→ failed
 * ```
 *
 * Inputs are finalized messages in chain order, so all seats see the same ones and agree. The chain's phases are limits,
 * not starts: a seat deals as soon as it knows every one-time key, and confirms as soon as every dealing is in and every
 * share of its own is good; its own messages count as known when they are put out. With one seat that is one step.
 * A conviction after an early confirmation changes the transcript; the seat then confirms again in phase `confirm`.
 *
 * Order of outputs: key, dealing, complaint, share to keep, confirmation; the chain must take the messages in that order.
 *
 * **Bounds**: n ≤ 31 keys, dealings, shares and confirmations, one of each per seat; complaints are judged and not kept.
 * **Trust**: everything that other seats publish is hostile. That a message comes from the seat it names is checked
 * before it becomes an input. Entropy is drawn by the shell, fresh for every run.
 * **Secrets**: the seed of the polynomial goes when the dealing is made, the one-time key when the run ends. Erasing
 * overwrites the bytes of the state that was given: a state is stepped once.
 */
import { assert, concatBytes, encode, equalBytes, utf8 } from "@pha/scale";
import { aggregate, type DkgResult, finalShare } from "./dkg.ts";
import { type DealingComplaint, judgeComplaint, makeComplaint } from "./dkg-complaint.ts";
import { createDealing, Dealing, openWithPoints, verifyDealingPoints } from "./dkg-dealing.ts";
import { dkgContext, emptySeatKey, isOneTimePublicKey, oneTimeKeypair } from "./dkg-run.ts";
import type {
  DkgFailureCode,
  DkgPhase,
  DkgSeatInput,
  DkgSeatOutput,
  DkgSeatState,
  RefusalCode,
  RunningDkgSeat,
  SeatDealing,
} from "./dkg-seat-state.ts";
import { THRESHOLD_DOMAINS } from "./domains.ts";
import { deriveBytes } from "./hash.ts";
import { isSeat, isThreshold } from "./seats.ts";

/** In the order of the chain. */
export const DKG_PHASES: readonly DkgPhase[] = ["keys", "deal", "complain", "confirm"];

export interface DkgSeatStep {
  readonly state: DkgSeatState;
  readonly outputs: readonly DkgSeatOutput[];
}

export const IDLE_DKG_SEAT: DkgSeatState = { status: "idle" };

export function stepDkgSeat(state: DkgSeatState, input: DkgSeatInput): DkgSeatStep {
  if (input.type === "erase") {
    wipe(state);
    return { state: { status: "erased" }, outputs: [] };
  }
  if (input.type === "run-started") {
    if (state.status === "active" || state.status === "erased") return { state, outputs: [] };
    wipe(state);
    return start(input);
  }
  if (state.status !== "running") return { state, outputs: [] };
  // biome-ignore lint/nursery/useExhaustiveSwitchCases: the others were taken above, which the linter does not see
  switch (input.type) {
    case "key-published":
      return takeKey(state, input.seat, input.oneTimePublicKey);
    case "dealing-published":
      return takeDealing(state, input.seat, input.dealing);
    case "complaint-published":
      return takeComplaint(state, input.seat, input.complaint);
    case "phase":
      return enterPhase(state, input.name);
    case "confirmed":
      return takeConfirmation(state, input.seat, input.transcriptHash);
    case "activated":
      return activate(state);
    case "run-failed":
      return failWith(state, "dkg/given-up", []);
    case "resend":
      return { state, outputs: unfinalized(state) };
  }
}

function start(input: Extract<DkgSeatInput, { type: "run-started" }>): DkgSeatStep {
  const { genesisHash, runId, generation, n, t, seat, empty, entropy } = input;
  const isRun = isThreshold(n, t) && isSeat(seat, n) && empty.every((one) => isSeat(one, n));
  if (!isRun || empty.includes(seat))
    return { state: failed("dkg/bad-run", []), outputs: [failure("dkg/bad-run", [])] };
  assert(entropy.length === 32, "a run starts with 32 bytes of entropy");
  const seed = (label: string): Uint8Array =>
    deriveBytes(THRESHOLD_DOMAINS.seatSeed, entropy, [utf8(label)], 32);
  const keySeed = seed("one-time-key");
  const pair = oneTimeKeypair(keySeed);
  keySeed.fill(0);
  const run = { genesisHash, runId, generation, n, t };
  const state: RunningDkgSeat = {
    status: "running",
    run,
    seat,
    empty: [...empty],
    phase: "keys",
    oneTimeSecret: pair.secret,
    complaintSeed: seed("complaint"),
    dealingSeeds: { polynomial: seed("polynomial"), entropy: seed("dealing") },
    keys: new Map([
      [seat, pair.publicKey],
      ...empty.map((one) => [one, emptySeatKey(run, one)] as const),
    ]),
    context: undefined,
    dealings: new Map(),
    guilty: new Set(),
    complaints: new Map(),
    result: undefined,
    confirmed: new Map(),
    finalized: { key: false, dealing: false },
  };
  return advance(state, [{ type: "publish-key", oneTimePublicKey: pair.publicKey }]);
}

function takeKey(state: RunningDkgSeat, seat: number, key: Uint8Array): DkgSeatStep {
  if (!isSeat(seat, state.run.n)) return refuse(state, seat, "dkg/bad-seat");
  const known = state.keys.get(seat);
  if (seat === state.seat && known !== undefined && !state.finalized.key) {
    if (!equalBytes(known, key)) return failWith(state, "dkg/displaced", [seat]);
    return { state: { ...state, finalized: { ...state.finalized, key: true } }, outputs: [] };
  }
  if (known !== undefined) return refuse(state, seat, "dkg/repeated");
  if (state.phase !== "keys") return refuse(state, seat, "dkg/out-of-turn");
  if (!isOneTimePublicKey(key)) return refuse(state, seat, "dkg/bad-one-time-key");
  return advance({ ...state, keys: new Map(state.keys).set(seat, key) }, []);
}

function takeDealing(state: RunningDkgSeat, seat: number, dealing: Dealing): DkgSeatStep {
  if (!isSeat(seat, state.run.n)) return refuse(state, seat, "dkg/bad-seat");
  if (dealing.dealer !== seat) return refuse(state, seat, "dkg/wrong-sender");
  const known = state.dealings.get(seat);
  if (seat === state.seat && known !== undefined && !state.finalized.dealing) {
    if (!equalBytes(encode(Dealing, known.dealing), encode(Dealing, dealing)))
      return failWith(state, "dkg/displaced", [seat]);
    return { state: { ...state, finalized: { ...state.finalized, dealing: true } }, outputs: [] };
  }
  if (known !== undefined) return refuse(state, seat, "dkg/repeated");
  if (state.phase === "complain" || state.phase === "confirm")
    return refuse(state, seat, "dkg/out-of-turn");
  return addDealing(state, dealing, []);
}

/** Verifies a dealing, opens this seat's share and complains when it is wrong. */
function addDealing(
  state: RunningDkgSeat,
  dealing: Dealing,
  before: readonly DkgSeatOutput[],
): DkgSeatStep {
  const { context, seat, oneTimeSecret, run } = state;
  const { dealer } = dealing;
  if (context === undefined) return refuse(state, dealer, "dkg/out-of-turn");
  const points = verifyDealingPoints({ context, n: run.n, t: run.t, dealing });
  if (!points.ok) return refuse(state, dealer, points.error.code);
  const opened = openWithPoints({ context, dealing, seat, oneTimeSecret }, points.value);
  const share = opened.ok ? opened.value : undefined;
  const dealings = new Map(state.dealings).set(dealer, { dealing, share });
  if (share !== undefined) return advance({ ...state, dealings }, before);
  const entropy = concatBytes(state.complaintSeed, Uint8Array.of(dealer));
  const complaint = makeComplaint({ context, dealing, seat, oneTimeSecret, entropy });
  assert(complaint.ok, "a verified dealing has a point as ephemeral key");
  const complaints = new Map(state.complaints).set(dealer, complaint.value);
  return advance({ ...state, dealings, complaints }, [
    ...before,
    { type: "publish-complaint", complaint: complaint.value },
  ]);
}

function takeComplaint(
  state: RunningDkgSeat,
  seat: number,
  complaint: DealingComplaint,
): DkgSeatStep {
  const { dealer, complainer } = complaint;
  const { context } = state;
  if (complainer !== seat) return refuse(state, seat, "dkg/wrong-sender");
  const oneTimePublicKey = state.keys.get(complainer);
  const known = state.dealings.get(dealer);
  if (context === undefined || oneTimePublicKey === undefined || known === undefined)
    return refuse(state, seat, "dkg/bad-seat");
  if (state.phase === "confirm") return refuse(state, seat, "dkg/out-of-turn");
  if (state.guilty.has(dealer)) return refuse(state, seat, "dkg/repeated");
  const verdict = judgeComplaint({ context, dealing: known.dealing, complaint, oneTimePublicKey });
  const output: DkgSeatOutput = { type: "verdict", dealer, complainer, verdict };
  const complaints = new Map(state.complaints);
  if (complainer === state.seat) complaints.delete(dealer);
  if (verdict === "complainer-guilty")
    return { state: { ...state, complaints }, outputs: [output] };
  complaints.delete(dealer);
  const guilty = new Set(state.guilty).add(dealer);
  return advance({ ...state, complaints, guilty, result: undefined }, [output]);
}

function enterPhase(state: RunningDkgSeat, phase: DkgPhase): DkgSeatStep {
  if (DKG_PHASES.indexOf(phase) <= DKG_PHASES.indexOf(state.phase)) return { state, outputs: [] };
  if (state.context === undefined)
    return failWith(
      state,
      "dkg/missing-keys",
      seatsOf(state).filter((seat) => !state.keys.has(seat)),
    );
  return advance({ ...state, phase }, []);
}

function takeConfirmation(state: RunningDkgSeat, seat: number, hash: Uint8Array): DkgSeatStep {
  if (!isSeat(seat, state.run.n)) return refuse(state, seat, "dkg/bad-seat");
  return { state: { ...state, confirmed: new Map(state.confirmed).set(seat, hash) }, outputs: [] };
}

/** The chain says that t members confirmed; taken only when this seat saw t confirmations of its own transcript. */
function activate(state: RunningDkgSeat): DkgSeatStep {
  const { result, run, seat } = state;
  if (result === undefined) return failWith(state, "dkg/unconfirmed", []);
  const disagreeing = seatsOf(state).filter((other) => {
    const hash = state.confirmed.get(other);
    return hash === undefined || !equalBytes(hash, result.transcriptHash);
  });
  if (run.n - disagreeing.length < run.t) return failWith(state, "dkg/unconfirmed", disagreeing);
  const share = shareOf(state);
  wipe(state);
  return {
    state: { status: "active", generation: run.generation, seat, share, result },
    outputs: [{ type: "share-ready", generation: run.generation, seat, share, result }],
  };
}

/** Does what has become possible: deal when all keys are known, confirm when all dealings are. */
function advance(state: RunningDkgSeat, before: readonly DkgSeatOutput[]): DkgSeatStep {
  if (state.context === undefined && state.keys.size === state.run.n) return deal(state, before);
  if (state.context !== undefined && state.result === undefined && mayConfirm(state))
    return confirm(state, before);
  return { state, outputs: before };
}

function deal(state: RunningDkgSeat, before: readonly DkgSeatOutput[]): DkgSeatStep {
  const { run, seat, dealingSeeds } = state;
  const recipients = seatsOf(state).flatMap((recipient) => {
    const oneTimePublicKey = state.keys.get(recipient);
    return oneTimePublicKey === undefined ? [] : [{ seat: recipient, oneTimePublicKey }];
  });
  assert(dealingSeeds !== undefined, "a seat deals once");
  const context = dkgContext(
    run,
    recipients.map(({ oneTimePublicKey }) => oneTimePublicKey),
  );
  const { n, t } = run;
  const { polynomial: polynomialSeed, entropy } = dealingSeeds;
  const made = createDealing({ context, seat, n, t, polynomialSeed, recipients, entropy });
  polynomialSeed.fill(0);
  entropy.fill(0);
  assert(made.ok, "one-time keys were checked when they came in");
  return addDealing({ ...state, context, dealingSeeds: undefined }, made.value, [
    ...before,
    { type: "publish-dealing", dealing: made.value },
  ]);
}

function mayConfirm(state: RunningDkgSeat): boolean {
  if (state.phase === "confirm") return true;
  return (
    state.dealings.size === state.run.n - state.empty.length &&
    state.guilty.size === 0 &&
    qualified(state).every(({ share }) => share !== undefined)
  );
}

function confirm(state: RunningDkgSeat, before: readonly DkgSeatOutput[]): DkgSeatStep {
  const dealt = qualified(state);
  if (dealt.length < state.run.t)
    return failWith(
      state,
      "dkg/too-few-dealings",
      seatsOf(state).filter((seat) => !state.dealings.has(seat) || state.guilty.has(seat)),
      before,
    );
  const wrong = dealt.filter(({ share }) => share === undefined);
  if (wrong.length > 0)
    return failWith(
      state,
      "dkg/no-share",
      wrong.map(({ dealing }) => dealing.dealer),
      before,
    );
  const { context } = state;
  assert(context !== undefined, "a seat confirms after all keys are known");
  const { n, t } = state.run;
  const result = aggregate({ context, n, t, dealings: dealt.map(({ dealing }) => dealing) });
  if (!result.ok)
    return failWith(
      state,
      "dkg/degenerate",
      result.error.code === "dkg/degenerate-share" ? [result.error.seat] : [],
      before,
    );
  const next = { ...state, result: result.value };
  const keep: DkgSeatOutput = {
    type: "keep-share",
    generation: state.run.generation,
    seat: state.seat,
    share: shareOf(next),
  };
  return { state: next, outputs: [...before, keep, confirmation(result.value)] };
}

function confirmation({ transcriptHash, rootPublicKey }: DkgResult): DkgSeatOutput {
  return { type: "publish-confirmation", transcriptHash, rootPublicKey };
}

function unfinalized(state: RunningDkgSeat): readonly DkgSeatOutput[] {
  const outputs: DkgSeatOutput[] = [];
  const oneTimePublicKey = state.keys.get(state.seat);
  if (!state.finalized.key && oneTimePublicKey !== undefined)
    outputs.push({ type: "publish-key", oneTimePublicKey });
  const own = state.dealings.get(state.seat);
  if (!state.finalized.dealing && own !== undefined)
    outputs.push({ type: "publish-dealing", dealing: own.dealing });
  for (const complaint of state.complaints.values())
    outputs.push({ type: "publish-complaint", complaint });
  const seen = state.confirmed.get(state.seat);
  if (state.result !== undefined && !(seen && equalBytes(seen, state.result.transcriptHash)))
    outputs.push(confirmation(state.result));
  return outputs;
}

function qualified(state: RunningDkgSeat): readonly SeatDealing[] {
  return [...state.dealings.values()].filter(({ dealing }) => !state.guilty.has(dealing.dealer));
}

/** Sum of the shares of all dealings that count, in bytes of its own. */
function shareOf(state: RunningDkgSeat): Uint8Array {
  return finalShare({ shares: qualified(state).flatMap(({ share }) => (share ? [share] : [])) });
}

function seatsOf(state: RunningDkgSeat): readonly number[] {
  return Array.from({ length: state.run.n }, (_, seat) => seat);
}

function refuse(state: RunningDkgSeat, seat: number, code: RefusalCode): DkgSeatStep {
  return { state, outputs: [{ type: "refused", seat, code }] };
}

function failWith(
  state: RunningDkgSeat,
  code: DkgFailureCode,
  seats: readonly number[],
  before: readonly DkgSeatOutput[] = [],
): DkgSeatStep {
  wipe(state);
  return { state: failed(code, seats), outputs: [...before, failure(code, seats)] };
}

function failed(code: DkgFailureCode, seats: readonly number[]): DkgSeatState {
  return { status: "failed", code, seats };
}

function failure(code: DkgFailureCode, seats: readonly number[]): DkgSeatOutput {
  return { type: "failed", code, seats };
}

/** Overwrites every secret byte of a state that is being left. */
function wipe(state: DkgSeatState): void {
  if (state.status === "active") state.share.fill(0);
  if (state.status !== "running") return;
  state.oneTimeSecret.fill(0);
  state.complaintSeed.fill(0);
  state.dealingSeeds?.polynomial.fill(0);
  state.dealingSeeds?.entropy.fill(0);
  for (const { share } of state.dealings.values()) share?.fill(0);
}
