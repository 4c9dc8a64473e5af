import { X } from "lucide-react";
import { type ReactNode, useEffect, useId, useRef } from "react";
import { useText } from "../text/index.ts";

/** A modal of the platform: it holds the focus, gives it back, and Escape closes it. */
export function Dialog({
  isOpen,
  onClose,
  title,
  kind = "center",
  children,
}: {
  readonly isOpen: boolean;
  readonly onClose: () => void;
  readonly title: string;
  readonly kind?: "center" | "drawer";
  readonly children: ReactNode;
}): ReactNode {
  const t = useText();
  const id = useId();
  const ref = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const dialog = ref.current;
    if (dialog === null) return;
    if (isOpen && !dialog.open) {
      dialog.showModal();
      dialog.querySelector<HTMLElement>("[data-first-focus]")?.focus();
    }
    if (!isOpen && dialog.open) dialog.close();
  }, [isOpen]);
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: Escape closes it, and so does its button
    <dialog
      ref={ref}
      className={`dialog dialog-${kind}`}
      aria-labelledby={id}
      onClose={onClose}
      onClick={(event) => {
        // The backdrop is the dialog itself; its content lies in the box inside.
        if (event.target === ref.current) onClose();
      }}
    >
      {isOpen && (
        <div className="dialog-box">
          <header className="dialog-header">
            <h2 id={id} className="dialog-title">
              {title}
            </h2>
            <button
              type="button"
              className="icon-button"
              aria-label={t("ui.close")}
              onClick={onClose}
            >
              <X size={18} aria-hidden />
            </button>
          </header>
          <div className="dialog-content">{children}</div>
        </div>
      )}
    </dialog>
  );
}
