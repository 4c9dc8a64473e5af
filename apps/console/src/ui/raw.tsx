import type { ReactNode } from "react";

/** Long data as it is, in a box of its own that scrolls; the keyboard reaches it. */
export function Raw({ children }: { readonly children: ReactNode }): ReactNode {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached without a pointer
    <pre className="data raw" tabIndex={0}>
      {children}
    </pre>
  );
}
