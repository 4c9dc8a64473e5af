import { Download } from "lucide-react";
import type { ReactNode } from "react";
import { useText } from "../text/index.ts";
import { Button } from "./button.tsx";
import { saveFile } from "./save-file.ts";

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
        onClick={() => saveFile(`${name}.csv`, "text/csv", csv())}
      >
        {t("explorer.csv")}
      </Button>
      <Button onClick={() => saveFile(`${name}.json`, "application/json", json())}>
        {t("explorer.json")}
      </Button>
    </>
  );
}
