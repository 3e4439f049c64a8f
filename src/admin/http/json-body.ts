// A JSON object that came with a request: names in any letter case, as Go reads them; what has the wrong type is noted.
import type { Context } from 'hono';

export class JsonBody {
  readonly #fields: ReadonlyMap<string, unknown>;
  /** The first thing that is wrong; undefined while nothing is. */
  problem: string | undefined;

  private constructor(fields: ReadonlyMap<string, unknown>) {
    this.#fields = fields;
  }

  /** Reads the body of a request; a string says why it is no object. */
  static async read(c: Context): Promise<JsonBody | string> {
    const text = await c.req.text();
    try {
      const value: unknown = JSON.parse(text);
      if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
        return new JsonBody(
          new Map(Object.entries(value).map(([name, field]) => [name.toLowerCase(), field])),
        );
      }
      return "Couldn't parse json: the body must be an object";
    } catch (error) {
      return `Couldn't parse json: ${(error as Error).message}`;
    }
  }

  /** Takes a text; '' when it is not there. */
  text(name: string): string {
    const value = this.#field(name);
    return typeof value === 'string' ? value : (this.#note(name, value, 'a string') ?? '');
  }

  /** Takes a whole number; undefined when it is not there. */
  number(name: string): number | undefined {
    const value = this.#field(name);
    if (typeof value === 'number' && Number.isSafeInteger(value)) return value;
    return this.#note(name, value, 'a whole number');
  }

  /** Takes a boolean; undefined when it is not there. */
  flag(name: string): boolean | undefined {
    const value = this.#field(name);
    return typeof value === 'boolean' ? value : this.#note(name, value, 'true or false');
  }

  /** Takes a list of texts; undefined when it is not there. */
  texts(name: string): readonly string[] | undefined {
    const value = this.#field(name);
    const isText = (item: unknown): item is string => typeof item === 'string';
    if (Array.isArray(value) && value.every(isText)) return value;
    return this.#note(name, value, 'a list of strings');
  }

  #field(name: string): unknown {
    return this.#fields.get(name.toLowerCase());
  }

  /** Notes a value of the wrong form; null is as good as not there. */
  #note(name: string, value: unknown, form: string): undefined {
    if (value === undefined || value === null) return;
    this.problem ??= `Couldn't parse json: "${name}" must be ${form}`;
  }
}
