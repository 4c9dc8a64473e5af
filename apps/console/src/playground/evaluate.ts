/** Runs the script of a declaration in the engine that contracts run in: it reaches nothing of the page. */
import type { ContractEngine, EngineHost } from "@pha/pruntime/engines/javascript";
import { fail, ok, type Result } from "@pha/scale";

const ID = new Uint8Array(32).fill(0xde);
const NOBODY = new Uint8Array(32);
/** Characters of a text that fit into one reply, two bytes each. */
const CHUNK = 30_000;
/** Head of a reply: whether it threw, how long the text is. */
const HEAD_BYTES = 5;
const FUEL = 500_000_000n;
/** Longest declaration, in characters: more than any artefact holds. */
const MOST_CHARACTERS = 1 << 20;
const DATA_AT = 112;

/**
 * @param script leaves its text in `declared.text`
 * @returns the text, or what the script threw
 */
export function evaluateIn(engine: ContractEngine, script: string): Result<string, string> {
  const loaded = engine.load({ id: ID, code: withReader(script) });
  if (!loaded.ok)
    return fail(
      loaded.error.code === "engine/contract-does-not-load" && loaded.error.reason !== "threw"
        ? `its top level ran out of ${loaded.error.reason}`
        : "its top level does not run",
    );
  let text = "";
  for (let length = 1; text.length < length; ) {
    const part = readPart(engine, text.length);
    if (part === undefined || part.length > MOST_CHARACTERS) return fail("it cannot be read");
    if (part.threw) return fail(part.text);
    length = part.length;
    if (part.text === "" && length > text.length) return fail("it cannot be read");
    text += part.text;
  }
  return ok(text);
}

function withReader(script: string): string {
  return `(() => {
  const door = __pha;
  let text = "";
  let threw = 0;
  try {
    ${script}
    text = String(declared.text);
  } catch (error) {
    threw = 1;
    text = String(error?.message ?? error).slice(0, 1000);
  }
  door.entry = () => {
    const view = new DataView(door.box);
    const from = view.getUint32(${DATA_AT}, true);
    const count = Math.max(0, Math.min(text.length - from, ${CHUNK}));
    view.setUint8(${DATA_AT}, threw);
    view.setUint32(${DATA_AT + 1}, text.length, true);
    for (let i = 0; i < count; i++)
      view.setUint16(${DATA_AT + HEAD_BYTES} + 2 * i, text.charCodeAt(from + i), true);
    door.operation(7, ${HEAD_BYTES} + 2 * count, 0);
  };
})()`;
}

const NO_HOST: EngineHost = {
  get: () => undefined,
  write: () => undefined,
  scan: () => [],
  open: () => undefined,
  pseudonym: () => new Uint8Array(32),
  boxKey: () => new Uint8Array(32),
  openBox: () => undefined,
  random: () => undefined,
};

function readPart(engine: ContractEngine, from: number) {
  const args = new Uint8Array(4);
  new DataView(args.buffer).setUint32(0, from, true);
  const result = engine.call({
    contract: ID,
    kind: "query",
    selector: new Uint8Array(4),
    args,
    caller: NOBODY,
    owner: NOBODY,
    block: { number: 0, timestampMs: 0n },
    fuelLimit: FUEL,
    host: NO_HOST,
  });
  if (result.status !== "ok" || result.output.length < HEAD_BYTES) return undefined;
  const view = new DataView(result.output.buffer, result.output.byteOffset, result.output.length);
  let text = "";
  for (let at = HEAD_BYTES; at + 1 < result.output.length; at += 2)
    text += String.fromCharCode(view.getUint16(at, true));
  return { threw: view.getUint8(0) === 1, length: view.getUint32(1, true), text };
}
