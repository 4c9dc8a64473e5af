import { type ReactNode, useLayoutEffect, useRef } from "react";
import { readVault, type VaultId } from "../chain/vault.ts";

/** Text of the vault, written into its element and nowhere else: it is in no component's properties or state. */
export function Revealed({ id }: { readonly id: VaultId }): ReactNode {
  const ref = useRef<HTMLSpanElement>(null);
  useLayoutEffect(() => {
    const element = ref.current;
    if (element === null) return undefined;
    element.textContent = readVault(id) ?? "";
    return () => {
      element.textContent = "";
    };
  }, [id]);
  return <span ref={ref} className="data revealed" data-value />;
}
