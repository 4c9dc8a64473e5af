/** The page that runs what `cryptoResults` runs, with the half of crypto that a browser gets. */
import {
  type CryptoInput,
  type CryptoResults,
  cryptoResults,
  type SignedText,
  signTexts,
  verifyTexts,
} from "@pha/testing-kit/crypto-results";
import { type EvidenceInput, evidenceResults } from "@pha/testing-kit/evidence-results";

export interface CryptoPage {
  run(input: CryptoInput): CryptoResults;
  evidence(input: EvidenceInput): Record<string, string>;
  sign(count: number): readonly SignedText[];
  verify(
    texts: readonly SignedText[],
  ): readonly { readonly own: boolean; readonly flipped: boolean }[];
}

const page: CryptoPage = {
  run: cryptoResults,
  evidence: evidenceResults,
  sign: signTexts,
  verify: verifyTexts,
};
Object.assign(globalThis, { cryptoPage: page });
