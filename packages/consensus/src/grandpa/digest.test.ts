import { expect, test } from "vitest";
import { aHeader, authoritiesOf, scheduledChange, voters } from "../../test/chain-builder.ts";
import { announcedChangesOf, scheduledChangeOf } from "./digest.ts";

test("an announcement that cannot be read is refused, not skipped", () => {
  const data = Uint8Array.of(1);
  const header = aHeader({ digest: [{ type: "Consensus", value: { engine: "FRNK", data } }] });
  expect(announcedChangesOf(header)).toMatchObject({ error: { code: "grandpa/bad-digest" } });
  expect(scheduledChangeOf(header)).toMatchObject({ error: { code: "grandpa/bad-digest" } });
});

test("a scheduled change is found among other digests", () => {
  const list = voters(2);
  const other = { type: "Consensus", value: { engine: "BABE", data: Uint8Array.of(9) } } as const;
  const header = aHeader({ digest: [other, scheduledChange(list)] });
  expect(scheduledChangeOf(header)).toEqual({
    ok: true,
    value: { authorities: authoritiesOf(list), delay: 0 },
  });
});
