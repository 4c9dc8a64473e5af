/** What was built, or opened from a file. */
import { Download, Hammer } from "lucide-react";
import { type ReactNode, useRef, useState } from "react";
import { byteCount } from "../../format/index.ts";
import { useBuildText } from "../../text/build.ts";
import { Badge } from "../../ui/badge.tsx";
import { Button } from "../../ui/button.tsx";
import { Card } from "../../ui/card.tsx";
import { Copyable } from "../../ui/copyable.tsx";
import { Detail } from "../../ui/facts.tsx";
import { saveFile } from "../../ui/save-file.ts";
import { ErrorCard } from "../../ui/states.tsx";
import type { PlaygroundState } from "./playground.ts";

/** As the chain has it. */
const MAX_ARTEFACT_BYTES = 512 << 10;

export interface ArtefactCardProps {
  readonly state: PlaygroundState;
  readonly onBuild: () => void;
  readonly onOpen: (bytes: Uint8Array) => void;
}

export function ArtefactCard({ state, onBuild, onOpen }: ArtefactCardProps): ReactNode {
  const t = useBuildText();
  const file = useRef<HTMLInputElement>(null);
  const [tooLong, setTooLong] = useState<number>();
  const { built, builtOf, build, buildProblem, source } = state;
  const open = async (list: FileList | null): Promise<void> => {
    const [first] = list ?? [];
    if (first === undefined) return;
    setTooLong(first.size > MAX_ARTEFACT_BYTES ? first.size : undefined);
    if (first.size <= MAX_ARTEFACT_BYTES) onOpen(new Uint8Array(await first.arrayBuffer()));
    // The same file may be chosen again.
    if (file.current !== null) file.current.value = "";
  };
  return (
    <Card title={t("build.artefact")}>
      <p className="muted">{t("build.artefactWhy")}</p>
      <div className="row-wrap">
        <Button
          tone="primary"
          icon={<Hammer size={16} aria-hidden />}
          isBusy={build === "building"}
          onClick={onBuild}
        >
          {t("build.build")}
        </Button>
        <Button onClick={() => file.current?.click()}>{t("build.open")}</Button>
        <input
          ref={file}
          type="file"
          accept=".json"
          className="visually-hidden"
          tabIndex={-1}
          aria-label={t("build.open")}
          data-testid="artefact-file"
          onChange={({ target }) => void open(target.files)}
        />
      </div>
      {tooLong !== undefined && (
        <p className="field-problem" role="alert">
          {t("build.tooLong", { most: byteCount(MAX_ARTEFACT_BYTES), size: byteCount(tooLong) })}
        </p>
      )}
      {buildProblem !== undefined && <ErrorCard problem={buildProblem} />}
      {built === undefined ? (
        <p className="small muted">{t("build.none")}</p>
      ) : (
        <>
          {builtOf === undefined && (
            <div>
              <Badge>{t("build.fromFile")}</Badge>
            </div>
          )}
          {builtOf !== undefined && builtOf !== source && (
            <div>
              <Badge tone="simulated">{t("build.stale")}</Badge>
            </div>
          )}
          <dl className="details" data-testid="built">
            <Detail term={t("build.name")}>
              <code className="data">
                {built.artefact.name} {built.artefact.version}
              </code>
            </Detail>
            <Detail term={t("build.size")}>
              <code className="data">{byteCount(built.bytes.length)}</code>
            </Detail>
            <Detail term={t("build.entries")}>
              <code className="data">
                {[
                  ...Object.keys(built.artefact.commands),
                  ...Object.keys(built.artefact.queries),
                ].join(", ")}
              </code>
            </Detail>
            <Detail term={t("build.codeHash")}>
              <Copyable value={built.codeHash} label={t("build.codeHash")} />
            </Detail>
          </dl>
          <div>
            <Button
              tone="quiet"
              icon={<Download size={16} aria-hidden />}
              onClick={() =>
                saveFile(`${built.artefact.name}.pha.json`, "application/json", built.bytes)
              }
            >
              {t("build.download")}
            </Button>
          </div>
        </>
      )}
    </Card>
  );
}
