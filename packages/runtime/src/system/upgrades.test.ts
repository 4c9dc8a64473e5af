/** Code that takes the place of the chain's: authorized before, or at once; and what nobody writes beside its calls. */
import { blake2b256 } from "@pha/crypto";
import { RuntimeVersion } from "@pha/frame";
import { AdmissionEvent, STORAGE, TOPIC } from "@pha/protocol";
import { decode, encode, equalBytes, utf8 } from "@pha/scale";
import { describe, expect, test } from "vitest";
import { joinArtefact, TRANSITION_KEY, transitionSections } from "../artefact/artefact.ts";
import { runtimeCode } from "../artefact/code.ts";
import { DEVELOPMENT } from "../parameters.ts";
import { developmentPreset } from "../presets.ts";
import { createDevelopmentRuntime } from "../runtime.ts";
import { OPERATOR, type PhaChain, phaChainOf } from "../testing/pha-chain.ts";
import { startTestChain } from "../testing/test-chain.ts";
import { CODE_KEY, System } from "./index.ts";

const preset = developmentPreset();
const script = utf8("a script");

function artefactOf(specVersion: number) {
  const version = { ...preset.runtime.version, specVersion };
  const code = runtimeCode({ ...preset.runtime, version }, transitionSections(script));
  const artefact = joinArtefact(code, script);
  return { code, artefact, version, hash: blake2b256(artefact) };
}
const NEXT = artefactOf(preset.runtime.version.specVersion + 1);
const OLD = artefactOf(preset.runtime.version.specVersion - 1);

function start(version: RuntimeVersion = NEXT.version) {
  const startTransition = () => encode(RuntimeVersion, version);
  const runtime = createDevelopmentRuntime(DEVELOPMENT, { startTransition });
  const chain = phaChainOf(startTestChain({ ...preset, runtime }));
  chain.block();
  const authorized = () =>
    chain.runtime.env(chain.overlay).of(System).storage.AuthorizedUpgrade.get();
  return { chain, tx: chain.runtime.tx.System, authorized };
}

/** What gatekeepers hear in the newest block. */
function told(chain: PhaChain): readonly AdmissionEvent[] {
  return chain.messages().flatMap(({ destination, payload }) => {
    if (!equalBytes(destination, TOPIC.admission)) return [];
    const event = decode(AdmissionEvent, payload);
    return event.ok ? [event.value] : [];
  });
}

const codeOf = (chain: PhaChain) => chain.overlay.get(CODE_KEY);

describe("authorized code", () => {
  test("is brought by anyone, once, for nothing; gatekeepers hear of both", () => {
    const { chain, tx, authorized } = start();
    expect(chain.sudo(tx.authorize_upgrade({ codeHash: NEXT.hash })).error).toBeUndefined();
    expect(told(chain)).toEqual([{ type: "CodeAuthorized", value: { codeHash: NEXT.hash } }]);
    expect(authorized()).toEqual({ codeHash: NEXT.hash, checkVersion: true });
    const call = tx.apply_authorized_upgrade({ code: NEXT.artefact });
    const sent = chain.send(call, OPERATOR);
    expect(sent.error).toBeUndefined();
    expect(sent.events.find(({ name }) => name === "TransactionFeePaid")?.fields).toMatchObject({
      actualFee: 0n,
    });
    expect(codeOf(chain)).toEqual(NEXT.code);
    expect(chain.overlay.get(TRANSITION_KEY)).toEqual(script);
    expect(told(chain)).toEqual([{ type: "CodeReplaced", value: { codeHash: NEXT.hash } }]);
    expect(authorized()).toBeUndefined();
    expect(chain.send(call, OPERATOR).error).toBe("NothingAuthorized");
  });

  test("is no other code, and not of an older version unless that was said", () => {
    const { chain, tx, authorized } = start(OLD.version);
    expect(chain.send(tx.authorize_upgrade({ codeHash: OLD.hash }), OPERATOR).error).toBe(
      "BadOrigin",
    );
    chain.sudo(tx.authorize_upgrade({ codeHash: OLD.hash }));
    const before = codeOf(chain);
    const bring = (code: Uint8Array) =>
      chain.send(tx.apply_authorized_upgrade({ code }), OPERATOR).error;
    expect(bring(NEXT.artefact)).toBe("Unauthorized");
    expect(bring(OLD.artefact)).toBe("SpecVersionNeedsToIncrease");
    expect(told(chain)).toEqual([]);
    expect(codeOf(chain)).toEqual(before);
    expect(authorized()).toBeDefined();
    chain.sudo(tx.authorize_upgrade_without_checks({ codeHash: OLD.hash }));
    expect(bring(OLD.artefact)).toBeUndefined();
    expect(codeOf(chain)).toEqual(OLD.code);
  });
});

test("gatekeepers hear of code that root sets at once, with or without checks, and of none that is refused", () => {
  const { chain, tx } = start();
  expect(chain.sudo(tx.set_code({ code: OLD.artefact })).error).toBe("SpecVersionNeedsToIncrease");
  expect(told(chain)).toEqual([]);
  const heard = [{ type: "CodeReplaced", value: { codeHash: NEXT.hash } }];
  chain.sudo(tx.set_code({ code: NEXT.artefact }));
  expect(told(chain)).toEqual(heard);
  const again = start();
  again.chain.sudo(again.chain.runtime.tx.System.set_code_without_checks({ code: NEXT.artefact }));
  expect(told(again.chain)).toEqual(heard);
});

describe("code and messages", () => {
  const { key } = STORAGE.outboundMessages;
  const { chain, tx } = start();
  test.each([
    ["code", CODE_KEY],
    ["the transition", TRANSITION_KEY],
    ["messages", key],
    ["the place of a sender", key.slice(0, 16)],
  ])("are not written beside their calls: %s", (_, key) => {
    const before = codeOf(chain);
    const other: [Uint8Array, Uint8Array] = [utf8("free"), Uint8Array.of(1)];
    for (const call of [
      tx.set_storage({ items: [other, [key, Uint8Array.of(7)]] }),
      tx.kill_storage({ keys: [key] }),
    ])
      expect(chain.sudo(call).error).toBe("ProtectedStorage");
    expect(chain.overlay.get(utf8("free"))).toBeUndefined();
    expect(codeOf(chain)).toEqual(before);
  });

  test("are not removed with what begins as they do, and the rest is written", () => {
    expect(chain.sudo(tx.set_code({ code: NEXT.artefact })).error).toBeUndefined();
    expect(chain.sudo(tx.kill_prefix({ prefix: utf8(":"), subkeys: 100 })).error).toBe(
      "ProtectedStorage",
    );
    expect(codeOf(chain)).toEqual(NEXT.code);
    const free: [Uint8Array, Uint8Array] = [utf8("free"), Uint8Array.of(1)];
    expect(chain.sudo(tx.set_storage({ items: [free] })).error).toBeUndefined();
    expect(chain.overlay.get(utf8("free"))).toEqual(Uint8Array.of(1));
    expect(chain.sudo(tx.kill_prefix({ prefix: utf8("fr"), subkeys: 9 })).error).toBeUndefined();
    expect(chain.overlay.get(utf8("free"))).toBeUndefined();
  });
});
