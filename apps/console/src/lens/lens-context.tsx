/** The lens: through whose eyes pages show what is protected. */
import { createContext, useContext } from "react";
import type { Account } from "../chain/accounts.ts";

/** `mine`: what I can open. `network`: what everybody holds. `other`: what another account can open. */
export type Lens = "mine" | "network" | "other";
export const LENSES: readonly Lens[] = ["mine", "network", "other"];

export interface LensValue {
  readonly lens: Lens;
  readonly setLens: (lens: Lens) => void;
  /** Who looks through `other`. */
  readonly other: Account | undefined;
  readonly setOther: (id: string) => void;
}

export const LensContext = createContext<LensValue>({
  lens: "mine",
  setLens: () => undefined,
  other: undefined,
  setOther: () => undefined,
});

export function useLens(): LensValue {
  return useContext(LensContext);
}
