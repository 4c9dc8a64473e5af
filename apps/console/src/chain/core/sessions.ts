/** Certificates: an account signs once, and a key of this page reads in its name until a block. */
import { certificateText } from "@pha/protocol";
import { toHex } from "@pha/scale";
import { type Client, createSession, type Session } from "@pha/sdk";
import type { Account } from "../accounts.ts";
import { certificateLife, LIVES } from "../certificate-life.ts";
import { expireSession, keepSession, type SessionKey, sessionOf } from "../sessions.ts";

/** Blocks before its end at which a certificate is made anew: an answer may take a few. */
export const MARGIN_BLOCKS = 5;

/** Certificates that are being signed, by what they are for: whoever wants the same waits for the one prompt. */
const asked = new Map<string, Promise<Session>>();

export interface SessionInput {
  readonly account: Account;
  readonly contract: Uint8Array;
  /** Words in the certificate. */
  readonly purpose: string;
  /** Told when the account is asked, and whether a former certificate ended. */
  readonly onAsk?: ((reason: "first" | "renewed") => void) | undefined;
}

/** The account's session for this contract, made now if there is none that lasts; the account signs then. */
export async function ensureSession(client: Client, input: SessionInput): Promise<Session> {
  const { chain } = client;
  const { account, contract, purpose, onAsk } = input;
  const key = keyOf(client, account, contract);
  const name = nameOf(key);
  const known = sessionOf(key);
  const lasts =
    known !== undefined &&
    !known.isOver &&
    known.session.certificate.expiry > chain.finality.head.number + MARGIN_BLOCKS;
  if (lasts) return known.session;
  onAsk?.(known === undefined ? "first" : "renewed");
  const running = asked.get(name);
  if (running !== undefined) return running;
  const made = createSession(chain, {
    signer: account.certifier,
    scopes: [{ contract, methods: undefined }],
    purpose,
    expiresInMs: LIVES[certificateLife.get()],
  }).finally(() => asked.delete(name));
  asked.set(name, made);
  const session = await made;
  keepSession(key, session, { name: account.name, wallet: account.wallet?.name });
  return session;
}

function keyOf({ chain }: Client, { address }: Account, contract: Uint8Array): SessionKey {
  return { genesis: toHex(chain.genesisHash), account: address, contract: toHex(contract) };
}

function nameOf({ genesis, account, contract }: SessionKey): string {
  return `${genesis} ${account} ${contract}`;
}

/** Of a certificate that a worker says has ended: the next one is a renewal. */
export function markExpired(client: Client, account: Account, contract: Uint8Array): void {
  expireSession(keyOf(client, account, contract));
}

export function textOfCertificate({ certificate }: Session): string {
  return certificateText(certificate);
}
