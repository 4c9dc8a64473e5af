/** Keys of a folder, asked for as from a signer in another process: through its codecs, and with its refusals. */
import { assert, type Codec, decode, encode } from "@pha/scale";
import { openKeystoreFolder } from "../signer/keystore-folder.ts";
import { createRemoteKeys, type RemoteKeys } from "../signer/remote-keys.ts";
import { createSignerMachine } from "../signer/signer-machine.ts";
import { SignerAnswer, SignerRequest } from "../signer/signer-messages.ts";
import { type SigningJournal, volatileJournal } from "../signer/signing-journal.ts";

export function inProcessKeys(
  path: string,
  { journal = volatileJournal() }: { readonly journal?: SigningJournal } = {},
): RemoteKeys {
  const folder = openKeystoreFolder(path);
  const handle = createSignerMachine({ folder, authority: undefined, journal });
  const ask = async (request: SignerRequest): Promise<SignerAnswer> =>
    sent(SignerAnswer, handle(sent(SignerRequest, request)));
  return createRemoteKeys(ask, folder.keys());
}

function sent<T>(codec: Codec<T>, value: T): T {
  const arrived = decode(codec, encode(codec, value));
  assert(arrived.ok, "what was encoded decodes");
  return arrived.value;
}
