import { Loader } from "lucide-react";
import type { ComponentProps, ReactNode } from "react";

export interface ButtonProps extends Omit<ComponentProps<"button">, "children"> {
  readonly tone?: "primary" | "plain" | "quiet" | "danger";
  readonly isBusy?: boolean;
  readonly icon?: ReactNode;
  readonly children: ReactNode;
}

export function Button({
  tone = "plain",
  isBusy = false,
  icon,
  children,
  className = "",
  ...rest
}: ButtonProps): ReactNode {
  return (
    <button
      type="button"
      {...rest}
      aria-disabled={isBusy || undefined}
      aria-busy={isBusy || undefined}
      onClick={isBusy ? undefined : rest.onClick}
      className={`button button-${tone} ${className}`}
    >
      {isBusy ? <Loader className="spin" size={16} aria-hidden /> : icon}
      <span>{children}</span>
    </button>
  );
}
