import { Download } from "lucide-react";
import type { ReactNode } from "react";
import { useText } from "../text/index.ts";
import { Button } from "./button.tsx";

/** What a list shows, as a file: made in this page, nothing is asked. */
export function ExportButtons({
  name,
  csv,
  json,
}: {
  /** Of the file, without its ending. */
  readonly name: string;
  readonly csv: () => string;
  readonly json: () => string;
}): ReactNode {
  const t = useText();
  return (
    <>
      <Button
        icon={<Download size={16} aria-hidden />}
        onClick={() => save(`${name}.csv`, "text/csv", csv())}
      >
        {t("explorer.csv")}
      </Button>
      <Button onClick={() => save(`${name}.json`, "application/json", json())}>
        {t("explorer.json")}
      </Button>
    </>
  );
}

function save(name: string, type: string, text: string): void {
  const address = URL.createObjectURL(new Blob([text], { type }));
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  URL.revokeObjectURL(address);
}
