/**
 * A contract tried in the page: the engine, the storage and the fuel of a replica, with a state of its own and no network.
 *
 * Each command is a block of its own, and final at once.
 */
import {
  type Artefact,
  abiValueToJson,
  entryCodecsOf,
  parseAbiValue,
  readArtefact,
} from "@pha/contract";
import { LogPage, logReasonOf } from "@pha/contract/log";
import { hmacSha256, hpkeOpen, x25519PublicKey } from "@pha/crypto";
import { DOMAIN } from "@pha/protocol";
import {
  type ContractEngine,
  createClusterMachine,
  type MachineCryptography,
} from "@pha/pruntime/engines/javascript";
import { assert, concatBytes, decode, encode, fromHex, PhaError, utf8 } from "@pha/scale";
import { TRIAL_OWNER, type TrialCall, type TrialOutcome } from "./protocol.ts";

export interface Trial {
  start(bytes: Uint8Array): TrialOutcome;
  call(call: TrialCall): TrialOutcome;
}

const CONTRACT = new Uint8Array(32).fill(1);
const NO_SELECTOR = new Uint8Array(4);
const FIRST_TIMESTAMP_MS = 1_700_000_000_000n;
const SLOT_MS = 1_000n;
const FUEL_OF_INIT = 200_000_000n;
const FUEL_OF_LOG = 500_000_000n;
const SOFT_WRITE_BYTES = 1 << 20;

/** @param entropy 32 bytes: what this trial's pseudonyms and randomness are made of */
export function createTrial(engine: ContractEngine, entropy: () => Uint8Array): Trial {
  const machine = createClusterMachine(engine, WEB_CRYPTOGRAPHY);
  let artefact: Artefact | undefined;
  let number = 0;
  /** Number of the newest line of the log. */
  let logged = 0n;

  function run(
    kind: "instantiate" | "command" | "query",
    call: Omit<TrialCall, "kind">,
    selector: Uint8Array,
    args: Uint8Array,
  ) {
    if (kind !== "query") number++;
    const block = { number, timestampMs: FIRST_TIMESTAMP_MS + SLOT_MS * BigInt(number) };
    const given = {
      contract: CONTRACT,
      kind,
      selector,
      args,
      caller: accountOf(call.caller),
      fuelLimit: call.fuelLimit,
      seed: entropy(),
    };
    if (kind === "query") {
      const response = machine.handle({ type: "query", query: 1, block, call: given });
      assert(response?.type === "queried", "a query is answered");
      return { outcome: response.outcome, opened: response.opened.length };
    }
    const response = machine.handle({
      type: "run",
      job: number,
      block,
      calls: [given],
      softWriteBytes: SOFT_WRITE_BYTES,
    });
    assert(response?.type === "ran", "a job is answered");
    machine.handle({ type: "finalize", job: number });
    const [outcome] = response.outcomes;
    assert(outcome !== undefined, "at least one call runs");
    return { outcome, opened: 0 };
  }

  function outcomeOf(
    { outcome, opened }: ReturnType<typeof run>,
    text: (output: Uint8Array) => string,
  ): TrialOutcome {
    const { fuelUsed } = outcome;
    const none = { fuelUsed, writes: 0, writtenBytes: 0, opened, logged: [] };
    if (outcome.status === "failed") return { ...none, status: "failed", code: outcome.code };
    if (outcome.status === "trapped") return { ...none, status: "trapped", reason: outcome.reason };
    const { writes, output } = outcome;
    let writtenBytes = 0;
    for (const { key, value } of writes) writtenBytes += key.length + (value?.length ?? 0);
    return { ...none, status: "ok", value: text(output), writes: writes.length, writtenBytes };
  }

  /** Lines that came since; nobody pays for the look. */
  function newLines(): readonly string[] {
    if (artefact === undefined || logReasonOf(artefact) === undefined) return [];
    const { logs } = artefact.queries;
    const codec = entryCodecsOf(artefact)["logs"];
    assert(logs !== undefined && codec !== undefined, "who keeps a log has its query");
    const call = { method: "logs", args: {}, caller: TRIAL_OWNER, fuelLimit: FUEL_OF_LOG };
    const args = encode(codec.args, { after: logged });
    const { outcome } = run("query", call, fromHex(logs.selector), args);
    const page = outcome.status === "ok" ? decode(LogPage, outcome.output) : undefined;
    if (page?.ok !== true) return [];
    logged = page.value.newest;
    return page.value.lines.map(({ text }) => text);
  }

  return {
    start(bytes) {
      const read = readArtefact(bytes);
      if (!read.ok)
        throw new PhaError(read.error.code, "these bytes are no artefact that this engine runs", {
          hint: "Build it again.",
        });
      artefact = read.value;
      number = 0;
      machine.handle({ type: "reset" });
      machine.handle({
        type: "load-contract",
        contract: CONTRACT,
        code: bytes,
        owner: accountOf(TRIAL_OWNER),
        pseudonymKey: entropy(),
      });
      const call = { method: "", args: {}, caller: TRIAL_OWNER, fuelLimit: FUEL_OF_INIT };
      logged = 0n;
      const started = run("instantiate", call, NO_SELECTOR, new Uint8Array(0));
      return { ...outcomeOf(started, () => ""), logged: newLines() };
    },
    call(call) {
      const { kind, method } = call;
      const entry = artefact?.[kind === "command" ? "commands" : "queries"][method];
      const codec = artefact && entryCodecsOf(artefact)[method];
      if (entry === undefined || codec === undefined)
        throw new PhaError("abi/unknown-method", `the contract has no ${kind} ${method}`, {
          hint: "Build it, and begin again.",
        });
      const parsed = parseAbiValue(entry.args, call.args);
      if (!parsed.ok) {
        const { code, path, expected } = parsed.error;
        const field = path.replace(/^value\.?/, "");
        throw new PhaError(code, `${field === "" ? "the value" : field} must be ${expected}`, {
          facts: { field },
          hint: "Correct the field and run it again; nothing was run.",
        });
      }
      const ran = run(kind, call, fromHex(entry.selector), encode(codec.args, parsed.value));
      const outcome = outcomeOf(ran, (output) => {
        const value = decode(codec.returns, output);
        assert(value.ok, "a result decodes as declared");
        const json = abiValueToJson(entry.returns, value.value);
        return typeof json === "string" ? json : JSON.stringify(json, undefined, 2);
      });
      return kind === "command" ? { ...outcome, logged: newLines() } : outcome;
    },
  };
}

/** 32 bytes, always the same for a name. */
function accountOf(name: string): Uint8Array {
  const account = new Uint8Array(32);
  account.set(utf8(name).subarray(0, 31));
  return account;
}

const BOX_SUITE = 1;
const KEY_BYTES = 32;

const WEB_CRYPTOGRAPHY: MachineCryptography = {
  keyedHash: hmacSha256,
  openBoxes: (contract, secretOf) => ({
    publicKey: (domain) => x25519PublicKey(secretOf(domain)),
    open(domain, box) {
      if (box[0] !== BOX_SUITE || box.length <= KEY_BYTES) return undefined;
      return hpkeOpen({
        secret: secretOf(domain),
        enc: box.slice(1, 1 + KEY_BYTES),
        info: concatBytes(DOMAIN.sealedBox, contract, domain),
        aad: new Uint8Array(0),
        ciphertext: box.slice(1 + KEY_BYTES),
      });
    },
  }),
};
