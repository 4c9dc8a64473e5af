/** English of a contract's log; loaded with the pages that show one. */
export const EN_LOGS = {
  "logs.title": "Log",
  "logs.keeps": "The contract keeps a log that its owner can read:",
  "logs.network":
    "Its lines are sealed in the contract's state. Everybody else learns that a block's writes grew, in buckets of size, and nothing of a line.",
  "logs.notOwner": "{account} is not the owner: the contract gives its log to {owner} alone.",
  "logs.noAccount": "The contract gives its log to {owner} alone. Choose that account to read it.",
  "logs.read": "Read the log",
  "logs.readWhy": "{wallet} asks for a signature first, which costs nothing.",
  "logs.purpose": "read the log of {contract}",
  "logs.filter": "Filter",
  "logs.follow": "Follow",
  "logs.lines": "Lines of the log, the newest first",
  "logs.count": "{shown} of {count} lines.",
  "logs.lost": "{count} lines are gone: newer ones took their place.",
  "logs.noMatch": "No line has this text.",
  "logs.emptyTitle": "No lines yet",
  "logs.empty": "What commands log stands here as soon as the state they wrote is final.",
} as const;
