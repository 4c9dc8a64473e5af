import { expect, test } from "vitest";
import type { ChipKeyName } from "../wire/index.ts";
import { askChipKeyAt, createHostDesk } from "./host-desk.ts";

const asked = {
  line: "Turin",
  chipId: new Uint8Array(8).fill(7),
  tcb: { fmc: 1, bootloader: 2, tee: 3, snp: 4, microcode: 5 },
} as const;

test("questions go to the host and answers to who asked, in any order, once", async () => {
  const desk = createHostDesk<ChipKeyName>();
  const ask = askChipKeyAt(desk);
  const sent: { readonly id: number; readonly name: ChipKeyName }[] = [];
  // Before there is a host there is nobody to ask.
  expect(await ask(asked)).toBeUndefined();
  desk.connect((id, name) => sent.push({ id, name }));
  const [one, other] = [ask(asked), ask({ ...asked, line: "Milan" })];
  expect(sent.map(({ name }) => name.line.type)).toEqual(["Turin", "Milan"]);
  expect(sent[0]?.name).toMatchObject({ chipId: asked.chipId, fmc: 1, snp: 4 });
  desk.answered(sent[1]?.id ?? 0, undefined);
  desk.answered(sent[0]?.id ?? 0, Uint8Array.of(1));
  desk.answered(sent[0]?.id ?? 0, Uint8Array.of(2));
  desk.answered(99, Uint8Array.of(3));
  expect(await one).toEqual(Uint8Array.of(1));
  expect(await other).toBeUndefined();
});

test("a host that does not answer has none", async () => {
  const desk = createHostDesk<Uint8Array>(10);
  const sent: number[] = [];
  desk.connect((id) => sent.push(id));
  expect(await desk.ask(Uint8Array.of(1))).toBeUndefined();
  // An answer that comes too late is no other question's.
  const next = desk.ask(Uint8Array.of(2));
  desk.answered(sent[0] ?? 0, Uint8Array.of(1));
  desk.answered(sent[1] ?? 0, Uint8Array.of(2));
  expect(await next).toEqual(Uint8Array.of(2));
});
