/** A contract's log. It is its owner's: forgotten as soon as nobody shows it. */
import { type UseQueryResult, useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import type { LogReading, LogTail, LogTailInput } from "./core/logs.ts";
import { useMaybeConnected } from "./network-context.tsx";
import { chainKey, connectedOf } from "./queries.ts";

const LOOK_MS = 2_000;

export interface LogAsked extends LogTailInput {
  /** Whether what comes is asked for too. */
  readonly isFollowed: boolean;
}

/** @param asked absent until somebody may and wants to read it */
export function useLog(address: string, asked: LogAsked | undefined): UseQueryResult<LogReading> {
  const connected = useMaybeConnected();
  const look = useMemo(() => {
    let tail: LogTail | undefined;
    return async (input: LogTailInput): Promise<LogReading> => {
      const { createLogTail } = await import("./core/logs.ts");
      tail ??= createLogTail(connectedOf(connected).client, input);
      return tail.look();
    };
  }, [connected]);
  return useQuery({
    queryKey: chainKey(connected, "log", address, asked?.account.address ?? ""),
    queryFn: () => {
      if (asked === undefined) throw new Error("a log was read that nobody asked for");
      return look(asked);
    },
    enabled: connected !== undefined && asked !== undefined,
    refetchInterval: ({ state }) =>
      asked?.isFollowed !== true || (asked.account.wallet !== undefined && state.error !== null)
        ? false
        : LOOK_MS,
    gcTime: 0,
    retry: false,
  });
}
