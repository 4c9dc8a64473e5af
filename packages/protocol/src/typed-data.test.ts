import { ecdsaFromSecret, ethereumAddress, ethereumSigner, keccak256 } from "@pha/crypto";
import { fromHex, toHex, utf8 } from "@pha/scale";
import { expect, test } from "vitest";
import { type TypedData, typedDataHash } from "./typed-data.ts";

const cow = ecdsaFromSecret(keccak256(utf8("cow")));
const cowAddress = cow && ethereumAddress(cow.publicKey);

/** The example in EIP-712. */
const MAIL: TypedData = {
  types: {
    EIP712Domain: [
      { name: "name", type: "string" },
      { name: "version", type: "string" },
      { name: "chainId", type: "uint256" },
      { name: "verifyingContract", type: "address" },
    ],
    Person: [
      { name: "name", type: "string" },
      { name: "wallet", type: "address" },
    ],
    Mail: [
      { name: "from", type: "Person" },
      { name: "to", type: "Person" },
      { name: "contents", type: "string" },
    ],
  },
  primaryType: "Mail",
  domain: {
    name: "Ether Mail",
    version: "1",
    chainId: 1,
    verifyingContract: "0xCcCCccccCCCCcCCCCCCcCcCccCcCCCcCcccccccC",
  },
  message: {
    from: { name: "Cow", wallet: "0xCD2a3d9F938E13CD947Ec05AbC7FE734Df8DD826" },
    to: { name: "Bob", wallet: "0xbBbBBBBbbBBBbbbBbbBbbbbBBbBbbbbBbBbbBBbB" },
    contents: "Hello, Bob!",
  },
};

test("the standard's example has the published hash, and its published signature is Cow's", () => {
  const hash = typedDataHash(MAIL);
  expect(toHex(hash)).toBe("0xbe609aee343fb3c4b28e1df9e632fca64fcfaede20f02e86244efddf30957bd2");
  const signature = fromHex(
    "4355c47d63924e8a72e509b65029052eb6c299d53a04e167c5775fd466751c9d07299936d304c153f6443dfa05f40ff007d72911b6f72307f996231605b915621c",
  );
  expect(ethereumSigner(hash, signature)).toEqual(cowAddress);
});

test("lists, and structs in lists: hash and signature that MetaMask's library publishes", () => {
  const hash = typedDataHash({
    ...MAIL,
    types: {
      ...MAIL.types,
      Person: [
        { name: "name", type: "string" },
        { name: "wallets", type: "address[]" },
      ],
      Mail: [
        { name: "from", type: "Person" },
        { name: "to", type: "Person[]" },
        { name: "contents", type: "string" },
      ],
    },
    message: {
      from: {
        name: "Cow",
        wallets: [
          "0xCD2a3d9F938E13CD947Ec05AbC7FE734Df8DD826",
          "0xDeaDbeefdEAdbeefdEadbEEFdeadbeEFdEaDbeeF",
        ],
      },
      to: [
        {
          name: "Bob",
          wallets: [
            "0xbBbBBBBbbBBBbbbBbbBbbbbBBbBbbbbBbBbbBBbB",
            "0xB0BdaBea57B0BDABeA57b0bdABEA57b0BDabEa57",
            "0xB0B0b0b0b0b0B000000000000000000000000000",
          ],
        },
      ],
      contents: "Hello, Bob!",
    },
  });
  expect(toHex(hash)).toBe("0xa85c2e2b118698e88db68a8105b794a8cc7cec074e89ef991cb4f5f533819cc2");
});

test("a salt in the domain, and bytes: signatures that MetaMask made for Phala's workers", () => {
  const hash = typedDataHash({
    types: {
      EIP712Domain: [
        { name: "name", type: "string" },
        { name: "version", type: "string" },
        { name: "salt", type: "bytes32" },
      ],
      PhatContractQuery: [{ name: "encodedQuery", type: "bytes" }],
    },
    primaryType: "PhatContractQuery",
    domain: {
      name: "Phat Contract Query",
      version: "1",
      salt: toHex(keccak256(utf8("phala/phat-contract"))),
    },
    message: { encodedQuery: toHex(utf8("Hello")) },
  });
  const signature = fromHex(
    "5b7a4c7db4889547d4cff51d928b95a2a86737d301a0bed7337c112467b138eb704c15d174df08424d4ec5eba50c7335c9a43db8f95f1ad03805d172a8f53b621c",
  );
  const key = fromHex("029df1e69b8b7c2da2efe0069dc141c2cec0317bf3fd135abaeb69ee33801f5970");
  expect(ethereumSigner(hash, signature)).toEqual(ethereumAddress(key));
});

test("every value and every type is in the hash", () => {
  const one = (type: string, value: string | number | boolean): string =>
    toHex(
      typedDataHash({
        types: { EIP712Domain: [], T: [{ name: "a", type }] },
        primaryType: "T",
        domain: {},
        message: { a: value },
      }),
    );
  const hashes = [
    one("uint32", 1),
    one("uint32", 2),
    one("uint64", 1),
    one("bool", true),
    one("bool", false),
    one("bytes4", "0x01020304"),
    one("bytes4", "0x01020305"),
    one("bytes", "0x01020304"),
    one("string", "0x01020304"),
    one("string", ""),
  ];
  expect(new Set(hashes).size).toBe(hashes.length);
});

test("what does not fit its type is a mistake of the caller", () => {
  const hashOf = (type: string, value: string | number) => () =>
    typedDataHash({
      types: { EIP712Domain: [], T: [{ name: "a", type }] },
      primaryType: "T",
      domain: {},
      message: { a: value },
    });
  for (const [type, value] of [
    ["bytes4", "0x0102"],
    ["address", "0x01"],
    ["uint32", -1],
    ["string", 1],
    ["string[]", "text"],
    ["Nothing", "text"],
    ["toString", "text"],
  ] as const)
    expect(hashOf(type, value), type).toThrow();
  expect(() =>
    typedDataHash({
      types: { EIP712Domain: [], T: [{ name: "toString", type: "string" }] },
      primaryType: "T",
      domain: {},
      message: {},
    }),
  ).toThrow();
});
