import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { loadNetworks } from "./app/known-networks.ts";
import { applyLanguage } from "./app/language.ts";
import { applyTheme } from "./app/preferences.ts";
import { router } from "./app/router.tsx";
import "./styles/index.css";

applyTheme();
void applyLanguage();
void loadNetworks();
// While the shell paints: every page needs it.
void import("./chain/core/index.ts");

const queries = new QueryClient({
  defaultOptions: {
    queries: {
      // A network may be on this machine: what the browser thinks of the internet is nothing to wait for.
      networkMode: "always",
      retry: 1,
      staleTime: 5_000,
      refetchOnWindowFocus: false,
    },
  },
});

const element = document.getElementById("root");
if (element)
  createRoot(element).render(
    <StrictMode>
      <QueryClientProvider client={queries}>
        <RouterProvider router={router} />
      </QueryClientProvider>
    </StrictMode>,
  );
