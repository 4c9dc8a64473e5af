/** Chinese words of a contract's log. */
import type { EN_LOGS } from "./en-logs.ts";

export const ZH_LOGS = {
  "logs.title": "日志",
  "logs.keeps": "此合约保存一份供其所有者读取的日志：",
  "logs.network":
    "日志行密封在合约的状态中。其他所有人只能得知某个区块的写入量按大小档位有所增加，对日志行一无所知。",
  "logs.notOwner": "{account} 不是所有者：合约只把日志交给 {owner}。",
  "logs.noAccount": "合约只把日志交给 {owner}。请选择该账户来读取。",
  "logs.read": "读取日志",
  "logs.readWhy": "{wallet} 会先请求签名，不产生费用。",
  "logs.purpose": "读取 {contract} 的日志",
  "logs.filter": "筛选",
  "logs.follow": "跟踪",
  "logs.lines": "日志行，最新的在前",
  "logs.count": "{count} 行中的 {shown} 行。",
  "logs.lost": "{count} 行已不存在：被较新的行取代。",
  "logs.noMatch": "没有包含此文本的行。",
  "logs.emptyTitle": "尚无日志行",
  "logs.empty": "命令写入的状态最终确定后，其日志行立即显示在这里。",
} as const satisfies Record<keyof typeof EN_LOGS, string>;
