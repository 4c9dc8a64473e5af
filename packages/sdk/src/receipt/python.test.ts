/** The verifier in Python, which shares no line with ours, comes to the same. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { itemKey, Receipt, StateReceipt, withoutOpening } from "@pha/protocol";
import { COUNTER } from "@pha/pruntime/testing";
import { decode, encode, toHex } from "@pha/scale";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { receiptNetwork } from "../testing/receipt-network.ts";
import { stateReceiptNetwork } from "../testing/state-receipt-network.ts";
import { type MadeReceipt, makeReceipt } from "./make-receipt.ts";
import { makeStateReceipt } from "./make-state-receipt.ts";

const scripts = join(import.meta.dirname, "..", "..", "python");
const folder = mkdtempSync(join(tmpdir(), "pha-receipt-"));
const hasPython = spawnSync("python3", ["-c", "0"]).status === 0;
/** Places between two changed bytes: a signature takes a thousand times longer in Python. */
const STRIDE = process.env["PHA_LONG"] === undefined ? 4_001 : 1;

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.runIf(hasPython)("without our code", () => {
  let genesis: string;
  let made: MadeReceipt;
  beforeAll(async () => {
    const { network, chain, input } = receiptNetwork();
    genesis = toHex(network.chain.genesisHash);
    made = await makeReceipt(chain(), input);
  });

  function python(script: string, receipt: Uint8Array, ...more: readonly string[]) {
    const file = join(folder, "receipt");
    writeFileSync(file, receipt);
    const [first = genesis, ...rest] = more;
    return spawnSync("python3", ["-B", join(scripts, script), first, file, ...rest], {
      encoding: "utf8",
    });
  }

  test("a receipt is verified, and opened", () => {
    const { verified, bytes } = made;
    const proof = {
      contract: toHex(verified.contract),
      cluster: toHex(verified.cluster),
      command: toHex(verified.commandId),
      origin: toHex(verified.origin),
      included: verified.included.number,
      executed: verified.executed.number,
      finalized: verified.finalized.number,
      root: toHex(verified.root),
      sealed_command_hash: toHex(verified.sealedHash),
      sealed_reply_hash: toHex(verified.replyHash ?? bytes),
    };
    const plain = python("verify_receipt.py", bytes);
    expect(plain.stderr).toBe("");
    expect(JSON.parse(plain.stdout)).toEqual(proof);
    const opened = python("open_receipt.py", bytes);
    expect(opened.stderr).toBe("");
    const { body, reply } = verified;
    if (body === undefined || reply?.outcome.type !== "Ok")
      throw new Error("the receipt opens both");
    expect(JSON.parse(opened.stdout)).toEqual({
      ...proof,
      selector: toHex(body.selector),
      args: toHex(body.args),
      reply_key: toHex(body.replyKey),
      outcome: "ok",
      value: toHex(reply.outcome.value),
      fuel: Number(reply.fuelUsed),
    });
    const receipt = decode(Receipt, bytes);
    if (!receipt.ok) throw new Error(receipt.error.code);
    const closed = python("open_receipt.py", encode(Receipt, withoutOpening(receipt.value)));
    expect(JSON.parse(closed.stdout)).toEqual(proof);
  });

  test("a reply that is a blob is verified and opened, and no other", async () => {
    const { network, chain, input } = receiptNetwork({
      command: { selector: COUNTER.echo, argument: 2_000 },
    });
    const large = await makeReceipt(chain(), input);
    const own = toHex(network.chain.genesisHash);
    const opened = python("open_receipt.py", large.bytes, own);
    expect(opened.stderr).toBe("");
    expect(JSON.parse(opened.stdout)).toMatchObject({
      sealed_reply_hash: toHex(large.verified.replyHash ?? input.commandId),
      outcome: "ok",
      value: toHex(new Uint8Array(2_000).fill(5)),
    });
    const receipt = decode(Receipt, large.bytes);
    if (!receipt.ok) throw new Error(receipt.error.code);
    const { opening } = receipt.value;
    const changed = (replyBlob: Uint8Array | undefined) =>
      python(
        "verify_receipt.py",
        encode(Receipt, { ...receipt.value, opening: { ...opening, replyBlob } }),
        own,
      ).stderr;
    expect(changed(opening.replyBlob?.map((byte) => byte ^ 1))).toBe(
      "not verified: another reply than the step names\n",
    );
    expect(changed(undefined)).toBe(
      "not verified: a sealed reply that is missing, or that nothing opens\n",
    );
  });

  test("another network's, and one with any byte changed, is refused", () => {
    const other = python("verify_receipt.py", made.bytes, "00".repeat(32));
    expect(other.status).toBe(1);
    expect(other.stderr).toBe("not verified: a receipt of another version or network\n");
    const cut = python("open_receipt.py", made.bytes.subarray(0, 1000));
    expect(cut.stderr).toBe("not verified: truncated\n");
    const flipped = python("flip_receipt.py", made.bytes, genesis.slice(2), String(STRIDE));
    expect(flipped.stderr).toBe("");
    expect(JSON.parse(flipped.stdout)).toEqual([]);
  }, 1_200_000);

  test("a receipt of fields is verified; a changed one, and one of the other kind, is refused", async () => {
    const scene = stateReceiptNetwork();
    const own = toHex(scene.network.chain.genesisHash);
    const { bytes, verified } = await makeStateReceipt(scene.chain(), scene.input);
    const run = python("verify_fields.py", bytes, own);
    expect(run.stderr).toBe("");
    const { at, finalized, stateBlock } = verified;
    expect(JSON.parse(run.stdout)).toEqual({
      contract: toHex(verified.contract),
      cluster: toHex(verified.cluster),
      boot: toHex(verified.boot),
      worker: toHex(verified.worker),
      read: at.number,
      finalized: finalized.number,
      block: stateBlock.number,
      root: toHex(verified.root),
      fields: verified.fields.map(({ key, value, path, salt }) => ({
        key: toHex(key),
        value: toHex(value),
        path: toHex(path),
        salt: toHex(salt),
      })),
    });
    const flipped = python("flip_receipt.py", bytes, own.slice(2), String(STRIDE));
    expect(flipped.stderr).toBe("");
    expect(JSON.parse(flipped.stdout)).toEqual([]);
    const receipt = decode(StateReceipt, bytes);
    if (!receipt.ok) throw new Error(receipt.error.code);
    const { fields } = receipt.value;
    const [one, two] = fields;
    if (one === undefined || two === undefined) throw new Error("two fields are opened");
    const why = (changed: typeof fields) =>
      python("verify_fields.py", encode(StateReceipt, { ...receipt.value, fields: changed }), own)
        .stderr;
    expect(why([{ ...one, salt: two.salt }])).toBe(
      "not verified: another value, salt or path than in the state\n",
    );
    expect(why([{ ...one, path: two.path }])).toContain("not verified");
    expect(why([{ ...one, key: two.key }])).toBe("not verified: a wrong signature\n");
    expect(why([two])).toBe("");
    expect(python("verify_fields.py", made.bytes).stderr).toContain("not verified");
    expect(python("verify_receipt.py", bytes, own).stderr).toContain("not verified");
  }, 1_200_000);

  test("storage items have the keys that their names hash to", () => {
    const text = ["verify_receipt.py", "verify_fields.py"]
      .map((script) => readFileSync(join(scripts, script), "utf8"))
      .join("");
    const items = [
      ["GRANDPA_AUTHORITIES", itemKey("Grandpa", "Authorities")],
      ["PHALA_MQ_OUTBOUND_MESSAGES", itemKey("PhalaMq", "OutboundMessages")],
      ["PHA_CONTRACT_STATE_STEPS", itemKey("PhaContractState", "Steps")],
      ["PHALA_PHAT_CONTRACTS_CONTRACTS", itemKey("PhalaPhatContracts", "Contracts")],
      ["PHALA_PHAT_CONTRACTS_SEALING_KEYS", itemKey("PhalaPhatContracts", "SealingKeys")],
      ["PHALA_PHAT_CONTRACTS_CLUSTERS", itemKey("PhalaPhatContracts", "Clusters")],
      ["PHA_CONTRACT_STATE_ROOTS", itemKey("PhaContractState", "Roots")],
    ] as const;
    for (const [name, key] of items)
      expect(text).toContain(`${name} = bytes.fromhex("${toHex(key).slice(2)}")`);
  });
});
