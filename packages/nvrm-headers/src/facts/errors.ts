/** What is wrong with a text of facts, and in which line. */
export class FactsError extends Error {
  override readonly name = 'FactsError';
  /** Lines count from 1; 0 when it is no single line's fault. */
  readonly line: number;

  constructor(line: number, message: string) {
    super(line === 0 ? `facts: ${message}` : `facts, line ${line}: ${message}`);
    this.line = line;
  }
}
