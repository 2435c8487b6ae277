import { type Node, type Range, rangeOf } from "./tree.ts";

/** A source whose positions are bytes. */
export class Source {
  readonly #bytes: Buffer;

  constructor(content: string) {
    this.#bytes = Buffer.from(content);
  }

  textAt({ start, end }: Range): string {
    return this.#bytes.subarray(start, end).toString();
  }

  textOf(node: Node): string {
    return this.textAt(rangeOf(node));
  }

  /** Where `token` first is within `range`. */
  find(token: string, { start, end }: Range): Range | undefined {
    const at = this.#bytes.subarray(start, end).indexOf(token);
    return at === -1 ? undefined : { start: start + at, end: start + at + Buffer.byteLength(token) };
  }

  /** The whole source with `text` in place of `range`. */
  replace({ start, end }: Range, text: string): string {
    return this.textAt({ start: 0, end: start }) + text + this.textAt({ start: end, end: this.#bytes.length });
  }

  /** The line of a position, from 1. */
  lineAt(position: number): number {
    return this.textAt({ start: 0, end: position }).split("\n").length;
  }
}
