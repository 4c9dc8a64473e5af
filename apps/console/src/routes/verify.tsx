import { useNavigate, useSearch } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { VerifyView } from "../features/verify/verify-view.tsx";

export function VerifyPage(): ReactNode {
  const { subject } = useSearch({ from: "/verify" });
  const navigate = useNavigate();
  return (
    <VerifyView
      subject={subject}
      onSubject={(next) =>
        void navigate({ to: "/verify", search: (former) => ({ ...former, subject: next }) })
      }
    />
  );
}
