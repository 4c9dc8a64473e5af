/** Where evidence and the sealing key come from: one port per platform. */
export interface EvidenceProvider {
  /** Kind of evidence, shown at start and to users: `simulated`, later `tdx`, `sev-snp`, … */
  readonly name: string;
  /** @param reportData 64 bytes that the platform binds into the evidence */
  evidence(reportData: Uint8Array): Promise<Uint8Array>;
  /** 32 bytes that only this program on this platform obtains. */
  sealingKey(): Promise<Uint8Array>;
}
