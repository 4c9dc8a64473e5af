/** One signature of each kind that hardware vendors make, over the text "vendor"; keys of this file only. */
import { ecdsaVerify, rsaVerify } from "@pha/crypto";
import { fromHex, utf8 } from "@pha/scale";

const message = utf8("vendor");
const P256 = {
  publicKey: fromHex(
    "ba0ab642f01f903d2fb8e980aecb4f2133bf964e36125079969507f6bd8fd549d407f2bd2afe2be29543527f" +
      "bfba96f4c384288c482026d1e5dc9c25374da1d3",
  ),
  signature: fromHex(
    "2a163472c78b9c2cd7ce2d2df30e954a03d83d21752083a36e890c1c8701f999b36966045637af48749708b3" +
      "c1089e4c3a522d98bf4325933f1a5a3a8485b468",
  ),
};
const P384 = {
  publicKey: fromHex(
    "08e09cfd21f05e4734c990193ff4371162b7a0e30ac42deb871257910439768eb40ce2fd481340920e3d9e45" +
      "c434b2888a6fe0650691be5ff995caef5abf2bd74ede68b88fa99615e11fadfb1f9d3efdb446f48752290295" +
      "03ff98d939a14e92",
  ),
  signature: fromHex(
    "7a284a963d09d4846f6f3bdb9257ad9c8a8eb1ea4381daa53f74dc11bea6a7cc2a6a707c20ce75711ab7464f" +
      "39e53cdd8eb3741d345d4774eeb99c5b6c78ab6ee3fdeaf9735fc95c572d36bbf44162939527560c98942427" +
      "bb654bac542d324c",
  ),
};
const RSA_PSS = {
  modulus: fromHex(
    "bbb5e2f1967bf20d8498dd0402b2f1c306facced80ab0344089fb201d444ff5807fc1eb0c950f6eb071e7e8a" +
      "84ba419369ec8cb3c54d756be854ba684d3e0cef51ba7b0c668173d169441a0e73ff4f133e0775c19032e748" +
      "346f3394206ccafe9ad5c63f47d4d735fb8127916960601894d494e5ecac0ff6d21bca8cd6f01925b6a832ac" +
      "613729081922aba274ffc7f6c203e8ae21ad6fb3ad7e66208387c9e951f2b11449386158ccdc20ed660debbb" +
      "56e77dfbe96a62a2296dc984bd36151ae526650420a88a9e8d8035121b1b832cd7724c3d9bea19fbb70bce42" +
      "61d426d2e57e4449260ef016016da179b2e9f6a022fb7b4a35921b5114034b7d428f54cf",
  ),
  signature: fromHex(
    "47c7381ce96c99298ae160af04e9b7b7375b6a8a000fc64fdcab2169949a41e6b0de87d22e45ac6f18d62698" +
      "1cb036c6b902255c40516bbd5546a9c9aa741aab4cf11e47a189ed7d7942959bfa21203296e5a88d95df1ba1" +
      "26f342311ac24d1efb6d5ecc3d3707bbae73eec5ae6a57ad2b5987dd547be0e1ea987d991592d31e253a9986" +
      "33a3ffc732a162219946c425dc870ca4dfdc9d6141b2039084e1d1dee9c3c3bf0e731aefbfd06ab7a3c4f38f" +
      "b6090a2548ab9cedc0c4445095f0e06883e8df3ca172c9effad7480e8fbc8186b431649b7d4595558f480a2a" +
      "6baa35a0f129a25c21fa0934953ab9ee46c0aa194981784e99d8b94a401a15e6f05ff0e2",
  ),
};

/** Verdicts on the good signatures and on changed ones. */
export function vendorVerdicts(change: (bytes: Uint8Array) => Uint8Array): readonly boolean[] {
  const ecdsa = (curve: "P-256" | "P-384", publicKey: Uint8Array, signature: Uint8Array): boolean =>
    ecdsaVerify({
      curve,
      digest: curve === "P-256" ? "SHA-256" : "SHA-384",
      publicKey,
      message,
      signature,
    });
  const rsa = (signature: Uint8Array): boolean =>
    rsaVerify({
      publicKey: { modulus: RSA_PSS.modulus, exponent: 65_537 },
      padding: "pss",
      digest: "SHA-384",
      message,
      signature,
    });
  return [
    ecdsa("P-256", P256.publicKey, P256.signature),
    ecdsa("P-256", P256.publicKey, change(P256.signature)),
    ecdsa("P-256", change(P256.publicKey), P256.signature),
    ecdsa("P-384", P384.publicKey, P384.signature),
    ecdsa("P-384", P384.publicKey, change(P384.signature)),
    ecdsa("P-384", change(P384.publicKey), P384.signature),
    rsa(RSA_PSS.signature),
    rsa(change(RSA_PSS.signature)),
  ];
}
