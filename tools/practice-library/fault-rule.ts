/**
 * The words of a fault rule. Decides the grammar: one table of forms, matched word by word; what a
 * rule does when it strikes is elsewhere. Invariant: never throws; a mistake names the word, what
 * was expected there and a rule that works.
 */

import { parseSize } from "../../host/lib/size.ts";

export type FaultKind =
  | "cartridge-write"
  | "cartridge-read"
  | "drive-write"
  | "drive-read"
  | "drive-deferred"
  | "drive-hang"
  | "drive-drop"
  | "drive-reset"
  | "drive-unload"
  | "drive-load"
  | "drive-dirty"
  | "drive-rate"
  | "robot-move"
  | "robot-stuck";

/** A rule as read. What a kind does not use keeps its neutral value. */
export interface FaultRule {
  readonly kind: FaultKind;
  /** The rule's words, single spaces between. */
  readonly text: string;
  /** "" for every kind but cartridge-*. */
  readonly barcode: string;
  /** 1 for the first data transfer element; 0 for every kind but drive-*. */
  readonly drive: number;
  /** Logical object identifier from which (write) or at which (read) it strikes. */
  readonly at: number;
  /** The partition in which it strikes; undefined: in each. */
  readonly partition: number | undefined;
  /** Records of that drive that pass first, counted from when the rule was set. */
  readonly after: number;
  /** Strikes before it is spent; Infinity for every time. */
  readonly times: number;
  /** Bytes per second; 0 for every kind but drive-rate. */
  readonly rate: number;
}

type OptionName = "at" | "partition" | "after" | "times";

interface FaultForm {
  readonly kind: FaultKind;
  /** Words in angle brackets take a value. */
  readonly words: readonly string[];
  readonly options: readonly OptionName[];
  readonly required?: OptionName;
  readonly times: number;
  readonly example: string;
}

const ALWAYS = Number.POSITIVE_INFINITY;
const RULE_CHARACTERS_MAX = 200;
const RATE_MIN = 1024 * 1024;
const DRIVE = ["drive", "<number>"];
const CARTRIDGE = ["cartridge", "<barcode>"];

const FORMS: readonly FaultForm[] = [
  form(
    "cartridge-write",
    [...CARTRIDGE, "write", "fail"],
    ["at", "partition", "times"],
    "UND001L9 at 1000",
  ),
  {
    ...form(
      "cartridge-read",
      [...CARTRIDGE, "read", "fail"],
      ["at", "partition"],
      "UND001L9 at 1000",
    ),
    required: "at",
  },
  form("drive-write", [...DRIVE, "write", "fail"], ["after", "times"], "1 after 500"),
  form("drive-read", [...DRIVE, "read", "fail"], ["after", "times"], "1 times 1"),
  form("drive-deferred", [...DRIVE, "write", "deferred"], ["after"], "1 after 500"),
  form("drive-hang", [...DRIVE, "hang"], ["after"], "1 after 500"),
  form("drive-drop", [...DRIVE, "drop"], ["after"], "1 after 500"),
  { ...form("drive-reset", [...DRIVE, "reset"], ["after"], "1 after 500"), times: 1 },
  form("drive-unload", [...DRIVE, "unload", "fail"], [], "1"),
  form("drive-load", [...DRIVE, "load", "fail"], [], "1"),
  form("drive-dirty", [...DRIVE, "dirty"], ["after"], "1 after 500"),
  form("drive-rate", [...DRIVE, "rate", "<rate>"], [], "1 40M"),
  { ...form("robot-move", ["robot", "move", "fail"], ["times"], "times 2"), times: 1 },
  form("robot-stuck", ["robot", "stuck"], [], ""),
];

/** `values` fills the brackets in order; what is left of it follows the words. */
function form(
  kind: FaultKind,
  words: readonly string[],
  options: readonly OptionName[],
  values: string,
): FaultForm {
  const left = values.split(" ").filter((value) => value !== "");
  const filled = words.map((word) => (word.startsWith("<") ? (left.shift() ?? word) : word));
  return { kind, words, options, times: ALWAYS, example: [...filled, ...left].join(" ") };
}

/** Every form of rule with an example, one line each, for help and mistakes. */
export function faultRuleExamples(): string[] {
  return FORMS.map(({ example }) => example);
}

/** The rule, or why it is none: what, where, an example. */
export function parseFaultRule(text: string): FaultRule | { readonly problem: string } {
  const words = text.trim().split(/\s+/).filter(Boolean);
  if (words.length === 0 || text.length > RULE_CHARACTERS_MAX) {
    return { problem: `a rule is 1 to ${RULE_CHARACTERS_MAX} characters; ${seeAlso(FORMS)}` };
  }
  const lengths = FORMS.map((one) => matchedWords(one, words));
  const longest = Math.max(...lengths);
  const nearest = FORMS.filter((_, index) => lengths[index] === longest);
  const whole = nearest.find((one) => one.words.length === longest);
  if (whole === undefined) {
    const expected = [...new Set(nearest.map((one) => one.words[longest]))].join(" or ");
    const found = words[longest] ?? "nothing";
    const where = `word ${longest + 1}: expected ${expected}, found ${found}`;
    return { problem: `${where}; ${seeAlso(nearest)}` };
  }
  return readOptions(whole, words);
}

function seeAlso(forms: readonly FaultForm[]): string {
  return `for example: ${forms.map(({ example }) => example).join(" | ")}`;
}

function matchedWords(one: FaultForm, words: readonly string[]): number {
  const mismatch = one.words.findIndex((pattern, index) => !matches(pattern, words[index] ?? ""));
  return mismatch < 0 ? one.words.length : mismatch;
}

function matches(pattern: string, word: string): boolean {
  switch (pattern) {
    case "<number>":
      return /^[1-9]\d{0,2}$/.test(word);
    case "<barcode>":
      return /^\w{1,32}$/.test(word);
    case "<rate>":
      return (parseSize(word) ?? 0) >= RATE_MIN;
    default:
      return pattern === word;
  }
}

function readOptions(one: FaultForm, words: readonly string[]) {
  const options = new Map<string, number>();
  for (let index = one.words.length; index < words.length; index += 2) {
    const name = words[index] ?? "";
    const value = words[index + 1] ?? "";
    const isKnown = one.options.some((option) => option === name) && !options.has(name);
    if (!isKnown) {
      const expected = one.options.length === 0 ? "the end" : one.options.join(" or ");
      return {
        problem: `word ${index + 1}: expected ${expected}, found ${name}; ${seeAlso([one])}`,
      };
    }
    if (!/^\d{1,12}$/.test(value) || (name === "times" && Number(value) === 0)) {
      const found = value === "" ? "nothing" : value;
      return {
        problem: `word ${index + 2}: ${name} needs a number, found ${found}; ${seeAlso([one])}`,
      };
    }
    options.set(name, Number(value));
  }
  if (one.required !== undefined && !options.has(one.required)) {
    return { problem: `${one.required} NUMBER is missing at the end; ${seeAlso([one])}` };
  }
  return ruleOf(one, words, options);
}

function ruleOf(
  one: FaultForm,
  words: readonly string[],
  options: ReadonlyMap<string, number>,
): FaultRule {
  const wordAt = (pattern: string) => words[one.words.indexOf(pattern)] ?? "";
  return {
    kind: one.kind,
    text: words.join(" "),
    barcode: one.words.includes("<barcode>") ? wordAt("<barcode>") : "",
    drive: one.words.includes("<number>") ? Number(wordAt("<number>")) : 0,
    rate: one.words.includes("<rate>") ? (parseSize(wordAt("<rate>")) ?? 0) : 0,
    at: options.get("at") ?? 0,
    partition: options.get("partition"),
    after: options.get("after") ?? 0,
    times: options.get("times") ?? one.times,
  };
}
