/** All Chinese catalogues as one part, loaded when this language is chosen. */
import { ZH } from "./zh.ts";
import { ZH_ANALYTICS } from "./zh-analytics.ts";
import { ZH_BUILD } from "./zh-build.ts";
import { ZH_LOGS } from "./zh-logs.ts";
import { ZH_MACHINES } from "./zh-machines.ts";
import { ZH_SETTINGS } from "./zh-settings.ts";
import { ZH_VERIFY } from "./zh-verify.ts";
import { ZH_WALLETS } from "./zh-wallets.ts";

export const ZH_EVERY = {
  ...ZH,
  ...ZH_ANALYTICS,
  ...ZH_BUILD,
  ...ZH_LOGS,
  ...ZH_MACHINES,
  ...ZH_SETTINGS,
  ...ZH_VERIFY,
  ...ZH_WALLETS,
};
