import { Download } from "lucide-react";
import { type ReactNode, useState } from "react";
import { receiptOf } from "../chain/kept-answers.ts";
import { type Problem, problemOf } from "../chain/problem.ts";
import { useText } from "../text/index.ts";
import { Button } from "../ui/button.tsx";
import { saveFile } from "../ui/save-file.ts";
import { ErrorCard } from "../ui/states.tsx";

/** Saves a receipt of question and answer: whoever has the file can verify it, here or in a terminal, without a network. */
export function KeepAnswer({ activity }: { readonly activity: number }): ReactNode {
  const t = useText();
  const [isBusy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem>();
  const keep = async (): Promise<void> => {
    setBusy(true);
    setProblem(undefined);
    try {
      const bytes = await receiptOf(activity);
      if (bytes) saveFile("answer.receipt", "application/octet-stream", bytes);
    } catch (error) {
      setProblem(problemOf(error));
    } finally {
      setBusy(false);
    }
  };
  return (
    <div className="stack-tight">
      <div>
        <Button
          tone="quiet"
          isBusy={isBusy}
          icon={<Download size={16} aria-hidden />}
          onClick={() => void keep()}
        >
          {t("activity.keep")}
        </Button>
      </div>
      {problem !== undefined && <ErrorCard problem={problem} onRetry={() => void keep()} />}
    </div>
  );
}
