import fc from "fast-check";
import { expect, test } from "vitest";
import { permute as node } from "./keccak.node.ts";
import { permute as web } from "./keccak.web.ts";

test("both halves permute alike, again and again", () => {
  const state = fc.uint8Array({ minLength: 200, maxLength: 200 });
  fc.assert(
    fc.property(state, (drawn) => {
      const [a, b] = [new Uint32Array(drawn.slice().buffer), new Uint32Array(drawn.slice().buffer)];
      for (let i = 0; i < 3; i++) {
        node(a);
        web(b);
        expect(a).toEqual(b);
      }
    }),
    { numRuns: 50 },
  );
});

test("the state of zeros becomes that of the reference", () => {
  // The first lane in KeccakF-1600-IntermediateValues, after one permutation and after two.
  const words = new Uint32Array(50);
  node(words);
  expect([words[0], words[1]]).toEqual([0x40e1dde7, 0xf1258f79]);
  node(words);
  expect([words[0], words[1]]).toEqual([0xf96ecb3c, 0x2d5c954d]);
});
