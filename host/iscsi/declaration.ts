/**
 * Keys by which a side only says something of itself; they are not negotiated. Decides who may say
 * which (RFC 7143, chapter 13).
 */

/** An initiator says these in the first text of a login. */
export const INITIATOR_DECLARATIONS: readonly string[] = [
  "InitiatorName",
  "SessionType",
  "TargetName",
];

/** A target says these; TargetName too, in the answer to SendTargets. */
export const TARGET_DECLARATIONS: readonly string[] = [
  "TargetAddress",
  "TargetAlias",
  "TargetPortalGroupTag",
];

/** An initiator may say this at any time. */
export const INITIATOR_ALIAS = "InitiatorAlias";
