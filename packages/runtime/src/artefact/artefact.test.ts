import { RuntimeVersion } from "@pha/frame";
import { concatBytes, encode, fromHex, utf8 } from "@pha/scale";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { DEVELOPMENT } from "../parameters.ts";
import { developmentPreset } from "../presets.ts";
import { createDevelopmentRuntime } from "../runtime.ts";
import { startTestChain } from "../testing/test-chain.ts";
import {
  joinArtefact,
  splitArtefact,
  TRANSITION_KEY,
  transitionHashOf,
  transitionSections,
} from "./artefact.ts";
import { runtimeCode } from "./code.ts";
import { customSection } from "./wasm-module.ts";

const preset = developmentPreset();
const { runtime } = preset;
const script = utf8("a script");
const version = { ...runtime.version, specVersion: 101 };
const code = runtimeCode({ ...runtime, version }, transitionSections(script));
const artefact = joinArtefact(code, script);
const errorOf = (bytes: Uint8Array): string => {
  const parts = splitArtefact(bytes);
  return parts.ok ? "none" : parts.error.code;
};

describe("an artefact", () => {
  test("comes apart as it was put together", () => {
    expect(splitArtefact(artefact)).toEqual({
      ok: true,
      value: { code, transition: script, version: { ...version, apis: [] } },
    });
    expect(transitionHashOf(code)).toEqual(transitionSections(script)["pha_transition_hash"]);
    expect(transitionHashOf(runtimeCode(runtime))).toBeUndefined();
    expect(transitionHashOf(new Uint8Array(0))).toBeUndefined();
  });

  test("is refused when it is cut anywhere", () => {
    fc.assert(
      fc.property(fc.nat(artefact.length - 1), (length) => {
        expect(errorOf(artefact.slice(0, length))).not.toBe("none");
      }),
    );
    expect(errorOf(artefact.slice(0, -1))).toBe("runtime/unreadable-artefact");
    expect(errorOf(code)).toBe("runtime/missing-transition");
  });

  test("is refused when a part is missing, doubled, moved or another", () => {
    const again = customSection("pha_transition", script);
    const plain = runtimeCode({ ...runtime, version });
    expect(errorOf(joinArtefact(plain, script))).toBe("runtime/missing-transition");
    expect(errorOf(concatBytes(artefact, again))).toBe("runtime/missing-transition");
    expect(errorOf(concatBytes(artefact, customSection("x", script)))).toBe(
      "runtime/missing-transition",
    );
    expect(errorOf(concatBytes(artefact, Uint8Array.of(1, 0)))).toBe("runtime/missing-transition");
    expect(errorOf(joinArtefact(code, utf8("another script")))).toBe(
      "runtime/mismatched-transition",
    );
    const module = fromHex("0061736d01000000");
    expect(errorOf(joinArtefact(module, script))).toBe("runtime/unreadable-artefact");
    const broken = customSection("runtime_version", Uint8Array.of(1));
    expect(errorOf(concatBytes(module, broken))).toBe("runtime/unreadable-artefact");
    expect(errorOf(concatBytes(module, Uint8Array.of(0, 2, 1, 0xff)))).toBe(
      "runtime/unreadable-artefact",
    );
    expect(errorOf(concatBytes(module, Uint8Array.of(0, 255, 255, 255, 255, 255)))).toBe(
      "runtime/unreadable-artefact",
    );
  });
});

describe("set_code", () => {
  const chain = (startTransition: (script: Uint8Array) => Uint8Array | undefined) =>
    startTestChain({
      ...preset,
      runtime: createDevelopmentRuntime(DEVELOPMENT, { startTransition }),
    });
  const set = (own: ReturnType<typeof chain>) => {
    const { tx } = own.runtime;
    const call = tx.Sudo.sudo({ call: tx.System.set_code({ code: artefact }) });
    const { header } = own.block([own.sign("//Alice", call)]);
    return header.digest.some(({ type }) => type === "RuntimeEnvironmentUpdated");
  };

  test("swaps views and transition at once, and the digest says so", () => {
    const own = chain(() => encode(RuntimeVersion, version));
    expect(set(own)).toBe(true);
    expect(own.overlay.get(utf8(":code"))).toEqual(code);
    expect(own.overlay.get(TRANSITION_KEY)).toEqual(script);
  });

  test("leaves both when the transition does not start, or is another than the views say", () => {
    for (const start of [
      () => undefined,
      () => encode(RuntimeVersion, { ...version, specVersion: 102 }),
      () => Uint8Array.of(1),
    ]) {
      const own = chain(start);
      expect(set(own)).toBe(false);
      expect(own.overlay.get(TRANSITION_KEY)).toBeUndefined();
    }
  });
});
