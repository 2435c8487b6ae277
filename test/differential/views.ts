/** Views of contracts, all of them read in one call and named as the model's state is. */
import type { Interface, ParamType, Result } from "ethers";
import type { NetworkConnection } from "hardhat/types/network";

/** Whatever a state consists of. */
export type Value =
  bigint | number | boolean | string | undefined | readonly Value[] | { readonly [name: string]: Value };
export type State = Readonly<Record<string, Value>>;

export interface View {
  readonly target: string;
  readonly data: string;
  readonly decode: (answer: string) => Value;
}

/** A call of a view; what it answers is named as its outputs are. */
function viewOf(target: string, abi: Interface, method: string, ...inputs: readonly unknown[]): View {
  const fragment = abi.getFunction(method)!;
  const { outputs } = fragment;
  // Most answers are the one before.
  let [last, value]: [string, Value] = ["", undefined];
  return {
    target,
    data: abi.encodeFunctionData(fragment, inputs),
    decode: (answer) => {
      if (answer === last) return value;
      const values = abi.decodeFunctionResult(fragment, answer);
      value = outputs.length === 1 ? plain(values[0], outputs[0]!) : components(values, outputs);
      last = answer;
      return value;
    },
  };
}

function plain(value: unknown, type: ParamType): Value {
  if (type.isArray()) return (value as Result).map((item: unknown) => plain(item, type.arrayChildren));
  if (type.isTuple()) return components(value as Result, type.components);
  return value as Value;
}

function components(values: Result, types: readonly ParamType[]): Value {
  const named = types.every(({ name }) => name !== "");
  const list = types.map((type, index) => plain(values[index], type));
  return named ? Object.fromEntries(types.map(({ name }, index) => [name, list[index]])) : list;
}

/** Views by name; lists of them are read as lists. */
// eslint-disable-next-line @typescript-eslint/consistent-indexed-object-style -- a record cannot contain itself
export interface Views {
  readonly [name: string]: View | readonly View[] | readonly Views[];
}

/** Reads views at one moment, with one call. What fails is undefined. */
export interface Reader {
  readonly address: string;
  /** A view by its contract's name for it; asked for again, it is the same. */
  readonly view: (target: string, abi: Interface, method: string, ...inputs: readonly unknown[]) => View;
  readonly balance: (account: string) => View;
  readonly read: (views: Views) => Promise<State>;
}

export async function deployReader(connection: NetworkConnection): Promise<Reader> {
  const { ethers, provider } = connection;
  const contract = await ethers.deployContract("ViewReader");
  const address = await contract.getAddress();
  const known = new Map<string, View>();
  const view: Reader["view"] = (target, abi, method, ...inputs) => {
    const key = [target, method, ...inputs].join();
    const found = known.get(key) ?? viewOf(target, abi, method, ...inputs);
    known.set(key, found);
    return found;
  };
  const READ = contract.interface.getFunction("read").selector;
  return {
    address,
    view,
    balance: (account) => view(address, contract.interface, "balanceOf", account),
    read: async (views) => {
      const all: View[] = [];
      const assemble = collect(views, all);
      const data = READ + encodeViews(all);
      const answer = (await provider.request({
        method: "eth_call",
        params: [{ to: address, data }, "latest"],
      })) as string;
      return assemble(splitBytes(answer));
    },
  };
}

const word = (value: number) => value.toString(16).padStart(64, "0");

/** The ABI-encoded argument of `read`: ethers takes longer for it than the chain does for the call. */
function encodeViews(views: readonly View[]): string {
  let end = 32 * views.length;
  const offsets: string[] = [];
  const parts: string[] = [];
  for (const { target, data } of views) {
    const [bytes, words] = [data.length / 2 - 1, Math.ceil((data.length / 2 - 1) / 32)];
    offsets.push(word(end));
    parts.push(
      target.slice(2).toLowerCase().padStart(64, "0"),
      word(64),
      word(bytes),
      data.slice(2).padEnd(64 * words, "0"),
    );
    end += 32 * (3 + words);
  }
  return [word(32), word(views.length), ...offsets, ...parts].join("");
}

/** The parts of an ABI-encoded `bytes[]`, without a copy of them. */
function splitBytes(encoded: string): string[] {
  const wordAt = (byte: number) => Number.parseInt(encoded.slice(2 + 2 * byte, 2 + 2 * (byte + 32)), 16);
  const start = wordAt(0) + 32;
  return Array.from({ length: wordAt(start - 32) }, (_, index) => {
    const part = start + wordAt(start + 32 * index);
    const length = wordAt(part);
    return `0x${encoded.slice(2 + 2 * (part + 32), 2 + 2 * (part + 32 + length))}`;
  });
}

/** Lists what is to be read in `all`. Returns what makes the state of its answers. */
function collect(part: Views, all: View[]): (answers: readonly string[]) => State {
  const parts = Object.entries(part).map(
    ([name, item]) => [name, isList(item) ? list(item, all) : one(item, all)] as const,
  );
  return (answers) => Object.fromEntries(parts.map(([name, read]) => [name, read(answers)]));
}

function list(items: readonly View[] | readonly Views[], all: View[]): (answers: readonly string[]) => Value {
  const reads = items.map((item) => (isView(item) ? one(item, all) : collect(item, all)));
  return (answers) => reads.map((read) => read(answers));
}

function one(view: View, all: View[]): (answers: readonly string[]) => Value {
  const index = all.push(view) - 1;
  return (answers) => {
    const answer = answers[index]!;
    return answer === "0x" ? undefined : view.decode(answer);
  };
}

function isList(item: Views[string]): item is readonly View[] | readonly Views[] {
  return Array.isArray(item);
}

function isView(item: View | Views): item is View {
  return typeof item.decode === "function";
}
