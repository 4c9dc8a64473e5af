import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useText } from "../text/index.ts";
import { Empty } from "../ui/states.tsx";

export function NotFoundPage(): ReactNode {
  const t = useText();
  return (
    <Empty
      title={t("notFound.title")}
      action={
        <Link to="/" className="button button-plain">
          {t("notFound.action")}
        </Link>
      }
    >
      {t("notFound.text")}
    </Empty>
  );
}
