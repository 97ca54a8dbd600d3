/**
 * Small state files that are whole after any crash. Decides how they are replaced and read, not
 * what is in them. Invariant: a reader sees the old document or the new one, never half of one.
 */

import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { errnoOf } from "../../host/lib/error.ts";

/** A parsed JSON object: nothing is known of its fields yet. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** Replaces the file. Throws what the file system throws. */
export function writeJson(path: string, document: JsonObject): void {
  const fresh = `${path}.new`;
  writeFileSync(fresh, `${JSON.stringify(document, undefined, 2)}\n`);
  renameSync(fresh, path);
}

/** The document, undefined where there is no file. Throws where it is not a JSON object. */
export function readJson(path: string): JsonObject | undefined {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (fault) {
    if (errnoOf(fault) === "ENOENT") {
      return undefined;
    }
    throw fault;
  }
  const document: unknown = JSON.parse(text);
  if (!isJsonObject(document)) {
    throw new SyntaxError(`${path} does not hold a JSON object`);
  }
  return document;
}

/** Whether a value is an object with fields. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A field, whatever it is. */
export function fieldOf(document: JsonObject | undefined, name: string): unknown {
  return document?.[name];
}

/** A field as text, or the fallback where it is something else. */
export function textField(document: JsonObject, name: string, fallback: string): string {
  const value = fieldOf(document, name);
  return typeof value === "string" ? value : fallback;
}

/** A field as a whole number of at least 0, or the fallback. */
export function countField(document: JsonObject, name: string, fallback: number): number {
  const value = fieldOf(document, name);
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0 ? value : fallback;
}
