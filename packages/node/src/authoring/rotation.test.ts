/** A validator changes its keys while it runs: the new ones take over where the chain says so, without a restart. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Authorities, babePreDigestOf, Justification } from "@pha/consensus";
import { developmentPreset } from "@pha/runtime";
import { assert, decode, fromHex, toHex } from "@pha/scale";
import { createOverlay } from "@pha/state";
import { afterAll, expect, test } from "vitest";
import { epochsAt } from "../chain/babe-epochs.ts";
import { developmentChain } from "../preset-chain.ts";
import { keyMethods } from "../rpc/methods/keys.ts";
import { aDevChain } from "../testing/dev-chain.ts";
import { inProcessKeys } from "../testing/in-process-signer.ts";
import { createSigner } from "../testing/signer.ts";

const folder = mkdtempSync(join(tmpdir(), "pha-rotation-"));
afterAll(() => rmSync(folder, { recursive: true }));
const parameters = { slotDurationMs: 1_000n, epochLength: 10n };

test("rotated keys make and finalize the blocks two sessions later", async () => {
  const { keystore, sessionKeys } = inProcessKeys(folder);
  const node = aDevChain({ development: developmentChain({ parameters }), moreKeys: keystore });
  const { chain, pool, development } = node;
  const { runtime } = developmentPreset({ parameters });
  const alice = createSigner(runtime, chain.genesisHash, "//Alice");
  const rotate = keyMethods({ sessionKeys } as never)["author_rotateKeysWithOwner"];
  const answer = await rotate?.({ params: [toHex(alice.account)], connection: {} as never });
  const { keys, proof } = answer as { readonly keys: string; readonly proof: string };
  const [babe, grandpa] = [fromHex(keys).subarray(0, 32), fromHex(keys).subarray(32)];
  const args = { keys: { babe, grandpa }, proof: fromHex(proof) };
  await node.author();
  pool.submit(alice.sign({ pallet: "Session", name: "set_keys", args }, 0));

  const authorKey = (): string => {
    const { header } = chain.best;
    const claim = babePreDigestOf(header);
    assert(claim.ok, "every block is claimed");
    const { current } = epochsAt(development.runtime, chain.stateOf(header));
    return toHex(current.authorities[claim.value.value.authorityIndex]?.key ?? new Uint8Array());
  };
  const voters = () => {
    const overlay = createOverlay(chain.stateOf(chain.best.header));
    const set = development.runtime.runtimeApi(
      overlay,
      "GrandpaApi_grandpa_authorities",
      new Uint8Array(0),
    );
    const decoded = set.ok ? decode(Authorities, set.value) : undefined;
    return decoded?.ok ? decoded.value.map(({ key }) => toHex(key)) : [];
  };
  for (let block = 0; block < 40 && authorKey() !== toHex(babe); block++) await node.author();
  expect(authorKey()).toBe(toHex(babe));
  for (let block = 0; block < 10; block++) await node.author();
  expect(voters()).toEqual([toHex(grandpa)]);
  expect(chain.finalized.number).toBe(chain.best.number);
  const stored = chain.justification(chain.finalized.hash);
  const justification = stored && decode(Justification, stored);
  expect(
    justification?.ok && justification.value.precommits.map((vote) => toHex(vote.authority)),
  ).toEqual([toHex(grandpa)]);
});
