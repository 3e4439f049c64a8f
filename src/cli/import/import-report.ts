// What an import could not say in this relay's config, each with its place, and what the user should know beside.

export interface ImportPlace {
  readonly file: string;
  readonly line: number;
}

export class ImportReport {
  readonly #lines: string[] = [];
  #missed = 0;

  /** A thing that was not translated: the config does not do it. */
  missed({ file, line }: ImportPlace, message: string): void {
    this.#missed += 1;
    this.#lines.push(`${file}:${line}: not translated: ${message}`);
  }

  /** A thing that was translated and is worth a look. */
  note({ file, line }: ImportPlace, message: string): void {
    this.#lines.push(`${file}:${line}: note: ${message}`);
  }

  /** True when all was translated. */
  get isWhole(): boolean {
    return this.#missed === 0;
  }

  /** One line for each finding, in the order in which they were made. */
  get text(): string {
    return this.#lines.map((line) => `${line}\n`).join('');
  }
}
