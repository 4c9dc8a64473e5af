/**
 * Which platform this machine is, by what is there.
 *
 * The order is from the narrowest platform to the widest: an enclave under Gramine may see its host's devices, too. The
 * simulated TEE is never found: it is asked for by name.
 */
import { readFile } from "node:fs/promises";
import { PhaError } from "@pha/scale";
import { openVtpmProvider } from "./azure-vtpm.ts";
import type { AskChipKey } from "./chip-key.ts";
import { openConfigfsProvider } from "./configfs-tsm.ts";
import { openDstackProvider } from "./dstack.ts";
import type { EvidenceProvider } from "./evidence-provider.ts";
import { openGramineProvider } from "./gramine.ts";
import { openNitroProvider } from "./nitro.ts";
import { openSevGuestProvider } from "./sev-guest.ts";
import { openSimulatedProvider } from "./simulated.ts";
import type { AskTdQuote } from "./td-quote.ts";

export interface ProviderOptions {
  /** One of `PROVIDERS`, or `auto`. */
  readonly provider: string;
  /** The provider's own file; the simulated one's is required. */
  readonly platform: string | undefined;
  /** Files of the program, which the simulated TEE measures as real ones measure by themselves. */
  readonly program?: readonly string[];
  /** Of SEV-SNP's: has the certificate of the chip's key fetched when the machine gives none. */
  readonly askChipKey?: AskChipKey;
  /** Of Azure's on TDX: has Intel's quote of a local report fetched. */
  readonly askTdQuote?: AskTdQuote;
}

interface Choice {
  /** `undefined` where the machine has no such device. */
  readonly open: (options: ProviderOptions) => Promise<EvidenceProvider | undefined>;
}

/** In the order in which they are looked for. */
export const PROVIDERS: Readonly<Record<string, Choice>> = {
  gramine: { open: () => openGramineProvider() },
  "configfs-tsm": {
    open: async ({ platform, askChipKey }) =>
      openConfigfsProvider({ vek: await fileOf(platform), askChipKey }),
  },
  "sev-guest": {
    open: async ({ platform, askChipKey }) =>
      openSevGuestProvider({ vek: await fileOf(platform), askChipKey }),
  },
  nitro: { open: () => openNitroProvider() },
  dstack: { open: () => openDstackProvider() },
  "azure-vtpm": {
    open: async ({ platform, askChipKey, askTdQuote }) =>
      openVtpmProvider({ vek: await fileOf(platform), askChipKey, askTdQuote }),
  },
};

/** @throws PhaError `provider/…` */
export async function openProvider(
  options: ProviderOptions,
  providers: Readonly<Record<string, Choice>> = PROVIDERS,
): Promise<EvidenceProvider> {
  const { provider, platform } = options;
  if (provider === "simulated") return openSimulatedProvider(platform ?? "", options.program ?? []);
  if (provider === "auto") {
    for (const { open } of Object.values(providers)) {
      const found = await open(options);
      if (found !== undefined) return found;
    }
    throw new PhaError("provider/none", "this machine has no TEE that pRuntime knows", {
      facts: { lookedFor: Object.keys(providers).join(", ") },
      hint: "Run it in an SGX enclave under Gramine, a TDX, SEV-SNP or CCA guest, a Nitro enclave, a dstack machine or a confidential one of Azure; simulated ones are for development chains and are asked for by name.",
    });
  }
  const choice = providers[provider];
  if (choice === undefined)
    throw new PhaError("provider/unknown", `there is no evidence provider ${provider}`, {
      facts: { provider },
      hint: `This release knows auto, simulated, ${Object.keys(providers).join(", ")}.`,
    });
  const opened = await choice.open(options);
  if (opened !== undefined) return opened;
  throw new PhaError("provider/not-here", `this machine has no ${provider}`, {
    facts: { provider },
    hint: "Leave --provider away to take what is there.",
  });
}

async function fileOf(platform: string | undefined): Promise<Uint8Array | undefined> {
  if (platform === undefined) return undefined;
  try {
    return new Uint8Array(await readFile(platform));
  } catch (cause) {
    throw new PhaError("provider/no-certificate", "the chip's certificate cannot be read", {
      facts: { platform },
      hint: "Give the DER file of the chip's key as AMD's key service gives it, or leave --platform away.",
      cause,
    });
  }
}
