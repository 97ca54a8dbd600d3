/**
 * Which files belong to the project: all below its root but what is made or fetched. Decides that
 * list only. Paths are relative to the root, with `/`, sorted.
 */

import { readdirSync, readFileSync } from "node:fs";
import { extname, join } from "node:path";

const FOREIGN_FOLDERS = new Set(["node_modules", "build", ".git"]);
const TEXT_EXTENSIONS = new Set(
  ".ts .mjs .js .json .md .toml .sh .c .py .yml .yaml".split(" ").concat(""),
);

/** Every file of the project. */
export function projectFiles(root: string, folder = ""): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true })
    .filter((entry) => !(entry.isDirectory() && FOREIGN_FOLDERS.has(entry.name)))
    .flatMap((entry) => {
      const path = folder === "" ? entry.name : `${folder}/${entry.name}`;
      return entry.isDirectory() ? projectFiles(root, path) : entry.isFile() ? [path] : [];
    })
    .sort();
}

/** The text files among them, with their content. */
export function projectTexts(root: string): Map<string, string> {
  return new Map(
    projectFiles(root)
      .filter((path) => TEXT_EXTENSIONS.has(extname(path)))
      .map((path) => [path, readFileSync(join(root, path), "utf8")]),
  );
}
