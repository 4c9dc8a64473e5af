/**
 * What somebody shows as evidence: of which kind it is, and which report data it names.
 *
 * **Trust**: no signature is looked at. What is read here is what a verifier is asked about next; it is believed by nobody.
 */
import { type Codec, decode } from "@pha/scale";
import { AndroidEnvelope } from "./android/evidence.ts";
import { KEY_DESCRIPTION, parseKeyDescription } from "./android/parse.ts";
import { parseAndroidChain } from "./android/verify.ts";
import { parseCcaToken } from "./arm/parse-cca.ts";
import {
  type EvidenceKind,
  evidenceEnvelope,
  kindOf,
  MAX_EVIDENCE_BYTES,
} from "./evidence-kind.ts";
import { parseQuote } from "./intel/quote.ts";
import { parseNitroDocument } from "./nitro/parse.ts";
import { SnpEnvelope } from "./sev-snp/evidence.ts";
import { parseSnpReport } from "./sev-snp/parse.ts";
import { SimulatedEvidence } from "./simulated/parse.ts";
import { AzureEnvelope } from "./tpm/evidence.ts";
import { AzureTdxEnvelope } from "./tpm/tdx-evidence.ts";

/** Evidence whose kind was recognised. */
export interface ShownEvidence {
  readonly kind: EvidenceKind;
  /** Envelope: kind byte and the vendor's evidence, without what quotes are padded with. */
  readonly envelope: Uint8Array;
  /** As it says itself; absent where it names a hash of them alone. */
  readonly reportData: Uint8Array | undefined;
}

/** @param bytes an envelope, or a document as Intel's, AWS's or Arm's platforms give it; `undefined`: it is neither */
export function recognizeEvidence(bytes: Uint8Array): ShownEvidence | undefined {
  // Quotes are padded by some platforms, never to as much again.
  if (bytes.length > 2 * MAX_EVIDENCE_BYTES) return undefined;
  const found = fromDocument(bytes) ?? fromEnvelope(bytes);
  return found && found.envelope.length <= MAX_EVIDENCE_BYTES ? found : undefined;
}

function fromDocument(bytes: Uint8Array): ShownEvidence | undefined {
  const quote = parseQuote(bytes);
  if (quote.ok) {
    const { body, bytes: length } = quote.value;
    const kind = body.type === "sgx" ? "IntelSgxDcap" : "IntelTdxDcap";
    return shown(kind, bytes.subarray(0, length), body.report.reportData);
  }
  const nitro = parseNitroDocument(bytes);
  if (nitro.ok) return shown("AwsNitro", bytes, nitro.value.userData ?? new Uint8Array(0));
  const token = parseCcaToken(bytes);
  return token.ok ? shown("ArmCca", bytes, token.value.realm.claims.challenge) : undefined;
}

function shown(
  kind: EvidenceKind,
  body: Uint8Array,
  reportData: Uint8Array | undefined,
): ShownEvidence {
  return { kind, envelope: evidenceEnvelope(kind, body), reportData };
}

function fromEnvelope(bytes: Uint8Array): ShownEvidence | undefined {
  const kind = kindOf(bytes);
  const body = bytes.subarray(1);
  const inside = <T>(codec: Codec<T>): T | undefined => {
    const decoded = decode(codec, body);
    return decoded.ok ? decoded.value : undefined;
  };
  switch (kind) {
    case "AmdSevSnp": {
      const envelope = inside(SnpEnvelope);
      const report = envelope && parseSnpReport(envelope.report);
      return report?.ok ? shown(kind, body, report.value.reportData) : undefined;
    }
    case "AndroidKey": {
      const envelope = inside(AndroidEnvelope);
      const chain = envelope && parseAndroidChain(envelope);
      const extension = chain?.ok ? chain.value[0]?.extensions.get(KEY_DESCRIPTION) : undefined;
      const description = extension && parseKeyDescription(extension.value);
      return description?.ok ? shown(kind, body, description.value.challenge) : undefined;
    }
    case "AzureVtpm":
      return inside(AzureEnvelope) && shown(kind, body, undefined);
    case "AzureTdx":
      return inside(AzureTdxEnvelope) && shown(kind, body, undefined);
    case "Simulated": {
      const statement = inside(SimulatedEvidence);
      return statement && shown(kind, body, statement.reportData);
    }
    case undefined:
    case "IntelSgxIas":
      return undefined;
    default: {
      const document = fromDocument(body);
      return document?.kind === kind ? document : undefined;
    }
  }
}
