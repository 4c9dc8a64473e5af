/**
 * The runtime artefact: the Wasm of `:code`, and behind it the bundled JavaScript of the state transition.
 *
 *     artefact = Wasm with sections runtime_version, runtime_apis, pha_transition_hash │ section pha_transition
 *                └──────────────────── :code ─────────────────────────────────────────┘  └─ :pha_transition ─┘
 *
 * It is one Wasm module; in state it is cut before its last section, so that light clients fetch the views alone. The
 * hash in the views binds both parts.
 *
 * **Bounds**: sections are walked once; nothing is allocated but the parts. **Trust**: root hands in artefacts, and a
 * mistake must not take the chain: whatever is not exactly of this form is refused.
 */
import { blake2b256 } from "@pha/crypto";
import { RuntimeVersion } from "@pha/frame";
import {
  concatBytes,
  DecodeFailure,
  decode,
  equalBytes,
  fail,
  ok,
  Reader,
  type Result,
  utf8,
  utf8ToText,
} from "@pha/scale";
import { customSection } from "./wasm-module.ts";

/** Key of the state transition in state. */
export const TRANSITION_KEY: Uint8Array = utf8(":pha_transition");
const SECTION = {
  version: "runtime_version",
  hash: "pha_transition_hash",
  transition: "pha_transition",
} as const;
const MAGIC = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];

export interface RuntimeArtefact {
  /** For `:code`. */
  readonly code: Uint8Array;
  /** For `:pha_transition`: UTF-8 of a script. */
  readonly transition: Uint8Array;
  readonly version: RuntimeVersion;
}

export type ArtefactError =
  /** No module, cut, or without a readable version. */
  | { readonly code: "runtime/unreadable-artefact" }
  /** No transition, or no hash of one. */
  | { readonly code: "runtime/missing-transition" }
  /** The hash is of another transition. */
  | { readonly code: "runtime/mismatched-transition" };

/** Sections of `:code` that name a transition. */
export function transitionSections(transition: Uint8Array): Readonly<Record<string, Uint8Array>> {
  return { [SECTION.hash]: blake2b256(transition) };
}

/** @param code whose sections name the transition */
export function joinArtefact(code: Uint8Array, transition: Uint8Array): Uint8Array {
  return concatBytes(code, customSection(SECTION.transition, transition));
}

export function splitArtefact(artefact: Uint8Array): Result<RuntimeArtefact, ArtefactError> {
  const sections = customSections(artefact);
  if (sections === undefined) return fail({ code: "runtime/unreadable-artefact" });
  const encoded = only(sections, SECTION.version);
  const version = encoded && decode(RuntimeVersion, encoded.content);
  if (!version?.ok) return fail({ code: "runtime/unreadable-artefact" });
  const hash = only(sections, SECTION.hash);
  const transition = only(sections, SECTION.transition);
  if (hash === undefined || transition === undefined || transition !== sections.at(-1))
    return fail({ code: "runtime/missing-transition" });
  if (transition.end !== artefact.length) return fail({ code: "runtime/missing-transition" });
  if (!equalBytes(hash.content, blake2b256(transition.content)))
    return fail({ code: "runtime/mismatched-transition" });
  return ok({
    code: artefact.subarray(0, transition.start),
    transition: transition.content,
    version: version.value,
  });
}

/** Hash of the transition that `:code` names; `undefined` when it names none. */
export function transitionHashOf(code: Uint8Array): Uint8Array | undefined {
  const sections = customSections(code);
  return sections && only(sections, SECTION.hash)?.content;
}

interface Section {
  readonly name: string;
  readonly content: Uint8Array;
  readonly start: number;
  readonly end: number;
}

function only(sections: readonly Section[], name: string): Section | undefined {
  const found = sections.filter((section) => section.name === name);
  return found.length === 1 ? found[0] : undefined;
}

/** Custom sections in order; `undefined` when the bytes are no module, or cut. */
function customSections(module: Uint8Array): readonly Section[] | undefined {
  if (MAGIC.some((byte, i) => module[i] !== byte)) return undefined;
  const reader = new Reader(module);
  reader.offset = MAGIC.length;
  const found: Section[] = [];
  try {
    while (reader.remaining > 0) {
      const start = reader.offset;
      const id = reader.u8();
      const body = new Reader(reader.raw(leb128(reader)));
      if (id !== 0) continue;
      const name = utf8ToText(body.raw(leb128(body)));
      if (name === undefined) return undefined;
      found.push({ name, content: body.raw(body.remaining), start, end: reader.offset });
    }
  } catch (error) {
    if (!(error instanceof DecodeFailure)) throw error;
    return undefined;
  }
  return found;
}

/** Unsigned LEB128 of at most 32 bits. */
function leb128(reader: Reader): number {
  let value = 0;
  for (let shift = 0; shift < 35; shift += 7) {
    const byte = reader.u8();
    value += (byte & 127) * 2 ** shift;
    if (byte < 128) return value;
  }
  throw new DecodeFailure("out-of-range");
}
