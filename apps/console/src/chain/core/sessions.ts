/** Certificates: an account signs once, and a key of this page reads in its name until a block. */
import { certificateText } from "@pha/protocol";
import { toHex } from "@pha/scale";
import { type Client, createSession, type Session } from "@pha/sdk";
import type { Account } from "../accounts.ts";
import { keepSession, sessionOf } from "../sessions.ts";

/** Blocks before its end at which a certificate is made anew: an answer may take a few. */
const MARGIN_BLOCKS = 5;

/** The account's session for this contract, made now if there is none; the account signs then. */
export async function ensureSession(
  client: Client,
  account: Account,
  contract: Uint8Array,
  purpose: string,
): Promise<Session> {
  const { chain } = client;
  const key = {
    genesis: toHex(chain.genesisHash),
    account: account.address,
    contract: toHex(contract),
  };
  const known = sessionOf(key);
  if (known && known.certificate.expiry > chain.finality.head.number + MARGIN_BLOCKS) return known;
  const scopes = [{ contract, methods: undefined }];
  const session = await createSession(chain, { signer: account.signer, scopes, purpose });
  keepSession(key, session);
  return session;
}

export function textOfCertificate({ certificate }: Session): string {
  return certificateText(certificate);
}
