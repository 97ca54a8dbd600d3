/**
 * The file with the access list: which initiators may log in, and which logical units each of them sees.
 * One line each, `INITIATOR-NAME [LUN,LUN...]`; without numbers all units are seen; `#` begins a remark.
 * Decides what a line may hold and who may be able to change the file.
 */

import { LANE_COUNT_MAX } from "../../assembly/spec/abi.ts";
import { OperatorError } from "../lib/error.ts";
import { OTHERS_MAY_WRITE, readSecretFile } from "../lib/secret-file.ts";
import type { AccessList, VisibleLuns } from "../target/unit-view.ts";
import { isIscsiName } from "./iscsi-name.ts";

const FILE_BYTES_MAX = 64 * 1024;
const LUN_PATTERN = /^\d{1,5}$/;
const SHOWN_LENGTH_MAX = 80;
const LUNS_FORM = `logical units are numbers from 0 (changer) to ${LANE_COUNT_MAX}, each once, as 0,1,2`;

/** The list in that file. Throws OperatorError. */
export function readAccessFile(path: string): AccessList {
  const { bytes, size } = readSecretFile(path, "accessFile", OTHERS_MAY_WRITE, FILE_BYTES_MAX + 1);
  const list =
    bytes.length > FILE_BYTES_MAX
      ? `${size} bytes, at most ${FILE_BYTES_MAX} are read`
      : parseAccessList(bytes.toString("utf8"));
  if (typeof list === "string") {
    throw new OperatorError("accessFile", path, list);
  }
  return list;
}

/** The list in the text of such a file, or what is wrong with it. */
export function parseAccessList(text: string): AccessList | string {
  const list = new Map<string, VisibleLuns>();
  for (const [index, line] of text.split("\n").entries()) {
    const words = line.replace(/#.*/, "").trim().split(/\s+/);
    const [name = "", ...numbers] = words;
    if (name === "") {
      continue;
    }
    const luns = visibleLuns(numbers);
    const wrong = luns === undefined ? LUNS_FORM : wrongName(name, list);
    if (luns === undefined || wrong !== undefined) {
      return `line ${index + 1}: ${wrong}`;
    }
    list.set(name, luns);
  }
  return list.size === 0 ? "it names no initiator, so nobody could log in" : list;
}

function wrongName(name: string, list: AccessList): string | undefined {
  const shown = JSON.stringify(name.slice(0, SHOWN_LENGTH_MAX));
  if (!isIscsiName(name)) {
    return `${shown} is no iSCSI name (iqn.YYYY-MM.domain:name, eui. or naa.)`;
  }
  return list.has(name) ? `${shown} is there twice` : undefined;
}

/** Numbers, "all" without any; undefined for anything else. */
function visibleLuns(words: readonly string[]): VisibleLuns | undefined {
  if (words.length === 0) {
    return "all";
  }
  const numbers = words.join("").split(",");
  const luns = numbers.map(Number);
  const isRight =
    numbers.every((text) => LUN_PATTERN.test(text)) &&
    luns.every((lun) => lun <= LANE_COUNT_MAX) &&
    new Set(luns).size === luns.length;
  return isRight ? luns : undefined;
}
