import { Check, Copy } from "lucide-react";
import { type ReactNode, useEffect, useState } from "react";
import { shortened } from "../format/index.ts";
import { useText } from "../text/index.ts";

/** Data with a button that copies all of it; long data is shortened in the middle. */
export function Copyable({
  value,
  label,
  isWhole = false,
  head,
  tail,
}: {
  readonly value: string;
  /** What is copied, for who does not see it. */
  readonly label: string;
  readonly isWhole?: boolean;
  readonly head?: number;
  readonly tail?: number;
}): ReactNode {
  const t = useText();
  const [isCopied, setCopied] = useState(false);
  useEffect(() => {
    if (!isCopied) return undefined;
    const timer = setTimeout(() => setCopied(false), 1500);
    return () => clearTimeout(timer);
  }, [isCopied]);
  return (
    <span className="copyable">
      <code className="data" title={value}>
        {isWhole ? value : shortened(value, head, tail)}
      </code>
      <button
        type="button"
        className="icon-button"
        aria-label={isCopied ? t("ui.copied") : t("ui.copy", { what: label })}
        onClick={() => {
          // A browser may forbid the clipboard: then nothing is said to be copied.
          navigator.clipboard?.writeText(value).then(
            () => setCopied(true),
            () => undefined,
          );
        }}
      >
        {isCopied ? <Check size={14} aria-hidden /> : <Copy size={14} aria-hidden />}
      </button>
    </span>
  );
}
