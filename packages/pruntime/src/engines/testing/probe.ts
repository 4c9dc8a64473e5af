/** Contracts written against the bare mailbox, for tests of the engine. */
import type { CallResult, EngineHost } from "../engine.ts";
import { createJavascriptEngine, type JavascriptEngine } from "../javascript/javascript-engine.ts";

export const ID = new Uint8Array(32).fill(1);
const CALLER = new Uint8Array(32).fill(7);
export const FUEL = 300_000_000n;

/** Code whose entry runs `body`; `answer(n)` ends the call with a u32, `top` runs when it loads. */
export function probeCode(body: string, top = ""): string {
  return `(() => {
    const { box, operation } = __pha;
    const data = new Uint8Array(box, 112);
    const view = new DataView(box);
    const result = () => view.getInt32(0, true);
    const answer = (n) => { view.setUint32(112, n, true); operation(7, 4, 0); };
    ${top}
    __pha.entry = () => { ${body} };
  })()`;
}

export const EMPTY_HOST: EngineHost = {
  get: () => undefined,
  write: () => undefined,
  scan: () => [],
  open: () => undefined,
  pseudonym: () => new Uint8Array(32),
  boxKey: () => new Uint8Array(32),
  openBox: () => undefined,
  random: () => new Uint8Array(32),
};

export interface CallOptions {
  readonly fuel?: bigint;
  readonly kind?: "instantiate" | "command" | "query";
  readonly host?: EngineHost;
  readonly id?: Uint8Array;
  readonly args?: Uint8Array;
}

export function callProbe(engine: JavascriptEngine, options: CallOptions = {}): CallResult {
  return engine.call({
    contract: options.id ?? ID,
    kind: options.kind ?? "command",
    selector: new Uint8Array(4),
    args: options.args ?? new Uint8Array(0),
    caller: CALLER,
    owner: CALLER,
    block: { number: 5, timestampMs: 1_234n },
    fuelLimit: options.fuel ?? FUEL,
    host: options.host ?? EMPTY_HOST,
  });
}

/** One contract, one call, in an engine of its own. */
export function runProbe(body: string, options: CallOptions & { readonly top?: string } = {}) {
  const engine = createJavascriptEngine();
  const loaded = engine.load({ id: ID, code: probeCode(body, options.top) });
  return loaded.ok ? callProbe(engine, options) : loaded.error;
}

/** The u32 with which a probe answered. */
export function answerOf(result: CallResult): number | undefined {
  if (result.status !== "ok" || result.output.length !== 4) return undefined;
  return new DataView(result.output.buffer, result.output.byteOffset).getUint32(0, true);
}
