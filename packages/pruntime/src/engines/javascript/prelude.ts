/**
 * JavaScript that runs before a contract: opens the mailbox and removes what is not deterministic or makes code.
 *
 * Removed by allow-list, so that what a later engine adds stays out until someone has looked at it.
 */
import { BOX_BYTES } from "./mailbox.ts";

/** Global names that contracts may use. */
export const ALLOWED_GLOBALS: readonly string[] = [
  "AggregateError",
  "Array",
  "ArrayBuffer",
  "BigInt",
  "BigInt64Array",
  "BigUint64Array",
  "Boolean",
  "DataView",
  "Error",
  "EvalError",
  "Float32Array",
  "Float64Array",
  "Infinity",
  "Int16Array",
  "Int32Array",
  "Int8Array",
  "InternalError",
  "Iterator",
  "JSON",
  "Map",
  "Math",
  "NaN",
  "Number",
  "Object",
  "Promise",
  "Proxy",
  "RangeError",
  "ReferenceError",
  "Reflect",
  "RegExp",
  "Set",
  "String",
  "Symbol",
  "SyntaxError",
  "TypeError",
  "URIError",
  "Uint16Array",
  "Uint32Array",
  "Uint8Array",
  "Uint8ClampedArray",
  "WeakMap",
  "WeakSet",
  "decodeURI",
  "decodeURIComponent",
  "encodeURI",
  "encodeURIComponent",
  "escape",
  "globalThis",
  "isFinite",
  "isNaN",
  "parseFloat",
  "parseInt",
  "undefined",
  "unescape",
];

/** Name under which a contract finds the engine while it loads. */
export const DOOR = "__pha";
export const OPERATION = "__operation";

/** Stands at the beginning of the mailbox until the host has found it. */
export const BOX_MARK = [0x9d1f_3c5b, 0x62e8_a417, 0xd05b_7e29, 0x48c6_f1b3] as const;

export const PRELUDE = `(() => {
  const allowed = new Set(${JSON.stringify([...ALLOWED_GLOBALS, OPERATION])});
  const makers = [
    function () {},
    function* () {},
    async function () {},
    async function* () {},
  ];
  for (const maker of makers) {
    const proto = Object.getPrototypeOf(maker);
    Object.defineProperty(proto, "constructor", { value: undefined, writable: false, configurable: false });
  }
  delete Math.random;
  // The mailbox stays where it is: nothing may move or free a buffer's bytes.
  for (const name of ["transfer", "transferToFixedLength", "resize"]) delete ArrayBuffer.prototype[name];
  for (const name of Object.getOwnPropertyNames(globalThis))
    if (!allowed.has(name)) delete globalThis[name];
  for (const name of Object.getOwnPropertyNames(globalThis))
    if (!allowed.has(name)) throw new Error("cannot remove " + name);
  const operation = globalThis.${OPERATION};
  delete globalThis.${OPERATION};
  const box = new ArrayBuffer(${BOX_BYTES});
  const words = new DataView(box);
  ${BOX_MARK.map((word, i) => `words.setUint32(${4 * i}, ${word}, true);`).join("\n  ")}
  globalThis.${DOOR} = { box, operation, entry: undefined };
})()`;

/** Runs after the contract has registered its entry. */
export const CLOSE_DOOR = `delete globalThis.${DOOR}; undefined`;
