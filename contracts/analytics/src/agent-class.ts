/** Browser and system of a user agent: few classes, so that no row is about one machine. */

/** The first that matches counts: others' names stand in the texts of most. */
const BROWSERS: readonly (readonly [string, string])[] = [
  ["bot", "Robot"],
  ["spider", "Robot"],
  ["crawl", "Robot"],
  ["Edg/", "Edge"],
  ["OPR/", "Opera"],
  ["Firefox/", "Firefox"],
  ["Chrome/", "Chrome"],
  ["Safari/", "Safari"],
];
const SYSTEMS: readonly (readonly [string, string])[] = [
  ["Android", "Android"],
  ["iPhone", "iOS"],
  ["iPad", "iOS"],
  ["Windows", "Windows"],
  ["Mac OS", "macOS"],
  ["Linux", "Linux"],
];

export function agentClass(userAgent: string): string {
  const named = (list: typeof BROWSERS): string | undefined =>
    list.find(([mark]) => userAgent.includes(mark))?.[1];
  const browser = named(BROWSERS) ?? "Other";
  if (browser === "Robot") return browser;
  return `${browser} on ${named(SYSTEMS) ?? "another system"}`;
}
