/** A protected value through the lens: the value itself, or what is there for everybody else. */
import { Lock } from "lucide-react";
import type { ReactNode } from "react";
import type { SealedFacts } from "../chain/sealed.ts";
import type { VaultId } from "../chain/vault.ts";
import { byteCount } from "../format/index.ts";
import { useText } from "../text/index.ts";
import { Copyable } from "../ui/copyable.tsx";
import { Detail } from "../ui/facts.tsx";
import { useLens } from "./lens-context.tsx";
import { Revealed } from "./revealed.tsx";

export function Protected({
  id,
  owner,
  sealed,
}: {
  readonly id: VaultId;
  /** The account that may open it: its name and address. */
  readonly owner: { readonly account: string; readonly address: string };
  /** How it travelled; absent of what never left this page, or is not kept. */
  readonly sealed?: SealedFacts | undefined;
}): ReactNode {
  const { lens, other } = useLens();
  const t = useText();
  // What an account sees of its own is its own, whoever looks through it.
  if (lens === "mine" || (lens === "other" && other?.address === owner.address))
    return <Revealed key={lens} id={id} />;
  if (lens === "other")
    return (
      <span className="locked">
        <Lock size={14} aria-hidden />
        {t("lens.locked", { owner: owner.account, other: other?.name ?? "" })}
      </span>
    );
  return sealed === undefined ? (
    <span className="locked">
      <Lock size={14} aria-hidden />
      {t("lens.nothing")}
    </span>
  ) : (
    <Ciphertext sealed={sealed} />
  );
}

export function Ciphertext({ sealed }: { readonly sealed: SealedFacts }): ReactNode {
  const t = useText();
  return (
    <div className="ciphertext">
      <code className="data ciphertext-bytes">
        {sealed.begins}
        {sealed.isWhole ? "" : "…"}
      </code>
      <dl className="inline-facts">
        <Detail term={t("lens.length")}>
          <code className="data">{byteCount(sealed.bytes)}</code>
        </Detail>
        <Detail term={t("lens.hash")}>
          <Copyable value={sealed.hash} label={t("lens.hash")} />
        </Detail>
      </dl>
    </div>
  );
}
