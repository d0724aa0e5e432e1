/** Keeps count of which invariants were looked at, and which did not hold. The bus would swallow what a callback throws. */
export class Ledger {
  readonly violations: string[] = [];
  readonly looked: Map<number, number> = new Map<number, number>();

  check(invariant: number, holds: boolean, what: string): void {
    this.looked.set(invariant, (this.looked.get(invariant) ?? 0) + 1);
    if (!holds) this.violations.push(`invariant ${invariant}: ${what}`);
  }

  /** Adds what another one looked at. */
  merge({ looked }: Ledger): void {
    for (const [invariant, count] of looked) this.looked.set(invariant, (this.looked.get(invariant) ?? 0) + count);
  }
}
