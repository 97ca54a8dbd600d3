/** Where the initiator tells what a person may want to read. Decides the form only. */

/** One line; "warn" is for what should not happen. */
export type Log = (level: "info" | "warn", message: string) => void;
