/** English of verdicts and their links, loaded with what shows them. */
export const EN_VERIFY = {
  "evidence.tree": "Chain of trust",
  "evidence.summary":
    "{holds} of {all} links hold. Checked in this browser under block {block}, {age} ago.",
  "evidence.way.light":
    "Finality comes from the light client of this page: it asks peers, and no server.",
  "evidence.way.node":
    "Finality comes with proofs from a node that is not trusted: they are checked here.",
  "evidence.clockAhead": "This machine's clock is {off} ahead of the chain",
  "evidence.clockBehind": "This machine's clock is {off} behind the chain",
  "evidence.clock":
    "Verdicts go by the chain's time and certificates by its blocks: both hold. Ages and times on this page are wrong until the clock is set.",
  "evidence.again": "Verify again",
  "evidence.raw": "Raw data",
  "evidence.terminal": "The same in a terminal",
  "evidence.simulatedTitle": "SIMULATED: no hardware protects this network",
  "evidence.simulated":
    "Every check below is the real one. The evidence at its end is made by software on this machine, so whoever runs it can read everything.",
  "evidence.broken": "A link of the chain of trust is broken.",
  "evidence.brokenHint": "Send nothing to this contract until its operators explain.",
  "evidence.noneTitle": "No evidence yet",
  "evidence.none": "The network has no contract whose chain of trust could be shown.",
  "evidence.noReplicasTitle": "No replica in reach",
  "evidence.noReplicas": "No worker host of this network serves the contract's cluster.",

  "link.genesis": "Network",
  "link.genesis.why":
    "A network is its first block. Whoever gives you another genesis hash gives you another network.",
  "link.finality": "Finality",
  "link.finality.why":
    "More than two thirds of the voters signed this block. This page checked their signatures, and each change of voters before.",
  "link.contract": "Contract",
  "link.contract.why":
    "A storage proof under the finalized block shows which code runs at this address, and who owns it.",
  "link.cluster": "Cluster",
  "link.cluster.why": "The replicas that hold the contract's key and vote its state.",
  "link.replica/registered": "Replica",
  "link.replica/registered.why":
    "The boot that answers is the one that the chain has registered, not one that a host made up.",
  "link.replica/evidence": "Evidence",
  "link.replica/evidence.why":
    "What the platform signed about the program that runs in it, with the boot's keys bound into it. Checked here, not by a server.",
  "link.replica/measurement": "Program",
  "link.replica/measurement.why":
    "Governance lists the programs that may run. This one's measurement is on the list.",
  "link.root-key": "Root key",
  "link.root-key.why": "Gatekeepers made it together; no single one ever held it.",
  "link.sealing-key": "Sealing key",
  "link.sealing-key.why":
    "What you send is sealed to this key. A majority of the replicas published the same one.",
  "link.state-root": "State",
  "link.state-root.why":
    "A majority of the replicas computed the same state. An answer from an older one is refused.",
  "link.replica/policy": "Policy",
  "link.replica/policy.why":
    "What the chain demands of platforms: patch levels, tolerated attributes, refused bulletins. Judged here once more.",
  "link.replica/standing": "Standing",
  "link.replica/standing.why":
    "It has shown lately that it follows the chain, and nothing is held against it.",
  "link.exposure": "Exposure",
  "link.exposure.why":
    "Who could open the machines: how many operators, how many vendors, and where it is proven that they stand.",
  "link.audit": "Audit key",
  "link.audit.why":
    "Who holds a contract's audit key reads all of it, from its first day on; a contract says which it has, or none.",
  "link.worker/registered": "Worker",
  "link.worker/registered.why":
    "The boot that answers is the one that the chain has registered, not one that a host made up.",
  "link.worker/evidence": "Evidence",
  "link.worker/evidence.why":
    "What the platform signed about the program that runs in it, with the boot's keys bound into it. Checked here, not by a server.",
  "link.worker/measurement": "Program",
  "link.worker/measurement.why":
    "Governance lists the programs that may run. This one's measurement is on the list.",
  "link.worker/policy": "Policy",
  "link.worker/policy.why":
    "What the chain demands of platforms: patch levels, tolerated attributes, refused bulletins. Judged here once more.",
  "link.worker/standing": "Standing",
  "link.worker/standing.why":
    "It has shown lately that it follows the chain, and nothing is held against it.",
  "link.evidence/read": "What it is",
  "link.evidence/genuine": "Vendor's signature",
  "link.evidence/genuine.why":
    "Signed by the platform's maker, down to a root that is pinned in this page, with revocations and lists that the chain keeps.",
  "link.evidence/measurement": "Program",
  "link.evidence/measurement.why": "Governance of this network lists the programs that may run.",
  "link.evidence/platform": "Machine",
  "link.evidence/taken": "This network's policy",
  "link.receipt": "Receipt",
  "link.receipt-command": "Command",
  "link.receipt-root": "State",
  "link.receipt-question": "Question",
  "link.receipt-answer": "Answer",
  "link.receipt-opens-command": "Opened command",
  "link.receipt-opens-reply": "Opened reply",
  "link.receipt-field": "Opened field",
  "link.receipt-field-word": "Whose field",

  "verify.title": "Verify",
  "verify.lead":
    "Paste a contract's address, a worker's identity, a receipt of a command or an answer, or a platform's evidence. Every check runs in this browser; no server is asked for a verdict.",
  "verify.label": "What to verify",
  "verify.run": "Verify",
  "verify.file": "Open a file",
  "verify.pick": "Contract {name}",
  "verify.fileTooLong": "The file is longer than any receipt or evidence.",
  "verify.emptyTitle": "Nothing to verify yet",
  "verify.empty": "Paste something above, or take one of the network's contracts.",
  "verify.kind.contract": "Contract {name}",
  "verify.kind.worker": "Worker {name}",
  "verify.kind.receipt": "Receipt {name}",
  "verify.kind.evidence": "Evidence of a platform, {name}",
  "verify.allHold": "All {all} links hold, checked here under finalized block {block}.",
  "verify.someBroken": "{holds} of {all} links hold: do not rely on it.",
  "verify.protection.verified": "Evidence of real hardware: its maker vouches for what runs.",
  "verify.protection.simulated": "SIMULATED hardware: the checks are real, the protection is not.",
  "verify.protection.broken": "Nothing can be said of what protects it.",
  "verify.links": "Link by link",
  "verify.share": "Pass it on",
  "verify.shareWhy": "The link holds no verdict: whoever opens it verifies anew.",
  "verify.notLinkable":
    "A receipt is longer than a link may be. Pass the file on; whoever has it verifies it here or in a terminal.",
  "verify.link": "Report link",
  "verify.badge": "For your page",
  "verify.badgeText": "Verify {name} yourself",
  "verify.under": "Now: {tone}, under block {block}.",
} as const;
