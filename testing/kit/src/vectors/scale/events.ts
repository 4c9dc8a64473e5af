/**
 * Recorded `System.Events` with the events that sidecar read from them.
 *
 * The types of those runtimes are in no vector, so the check is of what does not need them: the number of records, and
 * that accounts, hashes and byte strings of the expected events occur in their order.
 */
import assert from "node:assert/strict";
import { ss58Decode } from "@pha/crypto";
import { Reader, toHex } from "@pha/scale";
import type { VectorCase } from "../vector-case.ts";
import { hex, isJson, type Json, list, object } from "./json.ts";

export function eventCases(file: Json): readonly VectorCase[] {
  const name = `block ${String(file["block"] ?? "")}`;
  const decoded = object(file["decodedBySidecar"] ?? {}, "decodedBySidecar");
  const events = [
    ...eventsOf(decoded["onInitialize"]),
    ...list(decoded["perExtrinsic"], "perExtrinsic").flatMap(eventsOf),
    ...eventsOf(decoded["onFinalize"]),
  ];
  return [
    {
      name: `${name}: number of events`,
      run: () => checkCount(hex(file["systemEvents"], "events"), events),
    },
    {
      name: `${name}: order of events`,
      run: () => checkOrder(hex(file["systemEvents"], "events"), events),
    },
    {
      name: `${name}: fields of events`,
      run: () => ({ skip: "the metadata of that runtime is in no vector" }),
    },
  ];
}

function eventsOf(value: unknown): readonly Json[] {
  const events = isJson(value) ? value["events"] : value;
  return list(events, "events").map((event) => object(event, "event"));
}

function checkCount(bytes: Uint8Array, events: readonly Json[]): undefined {
  assert.equal(new Reader(bytes).compact(), events.length);
  return undefined;
}

function checkOrder(bytes: Uint8Array, events: readonly Json[]): undefined {
  const all = toHex(bytes).slice(2);
  let from = 0;
  for (const event of events) {
    let end = from;
    for (const part of longParts(event["data"])) {
      const at = all.indexOf(part, from);
      assert(
        at >= 0 && at % 2 === 0,
        `${part} of ${JSON.stringify(event["method"])} is there, in order`,
      );
      end = Math.max(end, at + part.length);
    }
    from = end;
  }
  return undefined;
}

/** Digits of accounts and of byte strings of 20 bytes and more, as they lie in the data. */
function longParts(value: unknown): readonly string[] {
  if (typeof value === "string") {
    if (/^0x([0-9a-f]{2}){20,}$/.test(value)) return [value.slice(2)];
    const account = /^[1-9A-HJ-NP-Za-km-z]{46,50}$/.test(value) ? ss58Decode(value) : undefined;
    return account?.ok ? [toHex(account.value.publicKey).slice(2)] : [];
  }
  if (Array.isArray(value)) return value.flatMap(longParts);
  return isJson(value) ? Object.values(value).flatMap(longParts) : [];
}
