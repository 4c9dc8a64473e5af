import { vrfSignBabe } from "@pha/crypto";
import { decode, encode } from "@pha/scale";
import { describe, expect, test } from "vitest";
import { anEpoch, aPair, claimOf, pairAt, pairs, sealed } from "../../test/babe-author.ts";
import { bytesOf } from "../../test/chain-builder.ts";
import type { Header } from "../header.ts";
import { type Claim, secondaryAuthor } from "./claim.ts";
import {
  BabeConsensusLog,
  BabePreDigest,
  babeAnnouncementOf,
  babeConsensusItem,
  babePreDigestItem,
} from "./digest.ts";
import type { BabeEpoch } from "./epoch.ts";
import { sealPayload, verifyBabeHeader } from "./verify-header.ts";

const epoch = anEpoch();

function codeOf(header: Header, options: object = {}): string {
  const result = verifyBabeHeader({ header, epoch, ...options });
  return result.ok ? "ok" : result.error.code;
}

/** First claim of the wanted kind, with the slots before it that had none. */
function firstClaim(wanted: (claim: Claim) => boolean, within: BabeEpoch = epoch): Claim {
  for (let slot = within.startSlot; slot < within.startSlot + within.duration; slot++)
    for (let index = 0; index < pairs.length; index++) {
      const claim = claimOf(within, slot, index);
      if (claim && wanted(claim)) return claim;
    }
  throw new Error("no such claim in the epoch");
}

const primary = firstClaim((claim) => claim.primary).preDigest;
const secondary = firstClaim((claim) => !claim.primary).preDigest;
const slot = primary.value.slot;

describe("claims", () => {
  test("of every slot are primary or secondary of exactly one author, and verify", () => {
    for (let at = epoch.startSlot; at < epoch.startSlot + 10n; at++) {
      const claims = pairs.map((_, index) => claimOf(epoch, at, index));
      const secondaries = claims.filter((claim) => claim && !claim.primary);
      const turn = secondaryAuthor(epoch.randomness, at, pairs.length);
      expect(secondaries.length).toBe(claims[turn]?.primary ? 0 : 1);
      for (const claim of claims) {
        if (claim === undefined) continue;
        const result = verifyBabeHeader({ header: sealed(claim.preDigest), epoch });
        expect(result).toMatchObject({ ok: true, value: { slot: at, primary: claim.primary } });
      }
    }
  });

  test("have no VRF in plain secondary slots and do not exist where only primary ones are allowed", () => {
    const plain = anEpoch({ config: { c: [1n, 4n], allowedSlots: 1 } });
    const { preDigest } = firstClaim((claim) => !claim.primary, plain);
    expect(preDigest.type).toBe("SecondaryPlain");
    expect(codeOf(sealed(preDigest), { epoch: plain })).toBe("ok");
    expect(codeOf(sealed(preDigest))).toBe("babe/claim-not-allowed");
    expect(codeOf(sealed(secondary), { epoch: plain })).toBe("babe/claim-not-allowed");
    const none = anEpoch({ config: { c: [1n, 4n], allowedSlots: 0 } });
    const { authorityIndex } = secondary.value;
    expect(claimOf(none, secondary.value.slot, authorityIndex)).toBeUndefined();
    expect(codeOf(sealed(secondary), { epoch: none })).toBe("babe/claim-not-allowed");
  });

  test("are never primary for an authority of weight 0", () => {
    const weightless = epoch.authorities.map(({ key }) => ({ key, weight: 0n }));
    const powerless = anEpoch({ authorities: weightless });
    expect(codeOf(sealed(primary), { epoch: powerless })).toBe("babe/above-threshold");
  });
});

describe("a header", () => {
  const header = sealed(primary);

  test("with a slot outside the epoch, not after its parent, or in the future is refused", () => {
    expect(codeOf(header, { parentSlot: slot - 1n, nowSlot: slot })).toBe("ok");
    expect(codeOf(header, { parentSlot: slot })).toBe("babe/slot-not-increasing");
    expect(codeOf(header, { nowSlot: slot - 1n })).toBe("babe/slot-in-future");
    const late = anEpoch({ startSlot: slot + 1n });
    expect(codeOf(header, { epoch: late })).toBe("babe/slot-outside-epoch");
    const short = anEpoch({ duration: slot - 1000n });
    expect(codeOf(header, { epoch: short })).toBe("babe/slot-outside-epoch");
  });

  test("without seal, with a seal elsewhere, of another engine or of another length is refused", () => {
    const [pre, seal] = header.digest;
    expect(codeOf({ ...header, digest: [pre!] })).toBe("babe/no-seal");
    expect(codeOf({ ...header, digest: [seal!, pre!] })).toBe("babe/no-seal");
    expect(codeOf({ ...header, digest: [pre!, seal!, seal!] })).toBe("babe/no-seal");
    const other = { type: "Seal", value: { engine: "aura", data: bytesOf(1, 64) } } as const;
    expect(codeOf({ ...header, digest: [pre!, other] })).toBe("babe/no-seal");
    const short = { type: "Seal", value: { engine: "BABE", data: bytesOf(1, 63) } } as const;
    expect(codeOf({ ...header, digest: [pre!, short] })).toBe("babe/no-seal");
  });

  test("without pre-runtime digest, with two, or a malformed one is refused", () => {
    const [pre, seal] = header.digest;
    expect(codeOf({ ...header, digest: [seal!] })).toBe("babe/no-pre-digest");
    expect(codeOf({ ...header, digest: [pre!, pre!, seal!] })).toBe("babe/repeated-pre-digest");
    const bad = { type: "PreRuntime", value: { engine: "BABE", data: bytesOf(1, 5) } } as const;
    expect(codeOf({ ...header, digest: [bad, seal!] })).toBe("babe/bad-pre-digest");
  });

  test("with any changed field is refused by its seal", () => {
    for (const change of [
      { stateRoot: bytesOf(9) },
      { extrinsicsRoot: bytesOf(9) },
      { parentHash: bytesOf(9) },
      { number: 10 },
    ])
      expect(codeOf({ ...header, ...change })).toBe("babe/bad-seal");
    const swapped = sealed(primary, { items: [{ type: "Other", value: bytesOf(1) }] });
    const [pre, other, seal] = swapped.digest;
    expect(codeOf(swapped)).toBe("ok");
    expect(codeOf({ ...swapped, digest: [other!, pre!, seal!] })).toBe("babe/bad-seal");
  });

  test("sealed by another key or claimed for an authority that is not there is refused", () => {
    expect(codeOf(sealed(primary, { pair: aPair(77) }))).toBe("babe/bad-seal");
    const value = { ...primary.value, authorityIndex: 3 };
    const absent = { ...primary, value } as BabePreDigest;
    expect(codeOf(sealed(absent, { pair: pairAt(0) }))).toBe("babe/unknown-authority");
  });

  test("with the VRF of another slot, epoch, randomness or key is refused", () => {
    const index = primary.value.authorityIndex;
    const input = { randomness: epoch.randomness, slot, epoch: epoch.index };
    const withVrf = (changed: object, pair = pairAt(index)) =>
      sealed({
        type: "Primary",
        value: {
          authorityIndex: index,
          slot,
          vrf: vrfSignBabe(pair, { ...input, ...changed }),
        },
      });
    expect(codeOf(withVrf({}))).toBe("ok");
    expect(codeOf(withVrf({ slot: slot + 1n }))).toBe("babe/bad-vrf");
    expect(codeOf(withVrf({ epoch: 4n }))).toBe("babe/bad-vrf");
    expect(codeOf(withVrf({ randomness: bytesOf(7) }))).toBe("babe/bad-vrf");
    expect(codeOf(withVrf({}, aPair(77)))).toBe("babe/bad-vrf");
    expect(codeOf(header, { epoch: anEpoch({ index: 4n }) })).toBe("babe/bad-vrf");
  });

  test("that claims primary with a losing output, or out of turn, is refused", () => {
    const { value } = secondary;
    if (secondary.type !== "SecondaryVrf") throw new Error("expected a VRF claim");
    const { vrf } = secondary.value;
    const boast: BabePreDigest = { type: "Primary", value: { ...value, vrf } };
    expect(codeOf(sealed(boast))).toBe("babe/above-threshold");
    const authorityIndex = (value.authorityIndex + 1) % 3;
    const other: BabePreDigest = { type: "SecondaryVrf", value: { ...value, authorityIndex, vrf } };
    expect(codeOf(sealed(other))).toBe("babe/wrong-secondary-author");
  });

  test("has the seal payload of its unsealed form", () => {
    const unsealed = { ...header, digest: header.digest.slice(0, -1) };
    expect(sealPayload(header)).toEqual(sealPayload(unsealed));
  });
});

describe("digests", () => {
  test("round-trip in every variant", () => {
    const plain: BabePreDigest = {
      type: "SecondaryPlain",
      value: { authorityIndex: 1, slot: 2n },
    };
    for (const value of [primary, secondary, plain])
      expect(decode(BabePreDigest, encode(BabePreDigest, value))).toEqual({ ok: true, value });
    const { authorities, randomness } = epoch;
    const logs: BabeConsensusLog[] = [
      { type: "NextEpochData", value: { authorities, randomness } },
      { type: "OnDisabled", value: 2 },
      {
        type: "NextConfigData",
        value: { type: "V1", value: { c: [1n, 2n], allowedSlots: 1 } },
      },
    ];
    for (const value of logs)
      expect(decode(BabeConsensusLog, encode(BabeConsensusLog, value))).toEqual({
        ok: true,
        value,
      });
  });

  test("announce the next epoch and configuration, each once", () => {
    const nextEpoch = { authorities: epoch.authorities, randomness: epoch.randomness };
    const nextConfig = { c: [1n, 2n], allowedSlots: 1 } as const;
    const data = babeConsensusItem({ type: "NextEpochData", value: nextEpoch });
    const config = babeConsensusItem({
      type: "NextConfigData",
      value: { type: "V1", value: nextConfig },
    });
    const announced = (...items: Header["digest"]) =>
      babeAnnouncementOf(sealed(primary, { items }));
    expect(announced()).toEqual({ ok: true, value: {} });
    expect(announced(data, config)).toEqual({ ok: true, value: { nextEpoch, nextConfig } });
    expect(announced(data, data)).toMatchObject({ error: { code: "babe/repeated-digest" } });
    const bad = babePreDigestItem(primary).value;
    if (!bad || !("engine" in bad)) throw new Error("expected engine data");
    expect(announced({ type: "Consensus", value: bad })).toMatchObject({
      error: { code: "babe/bad-digest" },
    });
  });
});
