/** Numbers of RFC 7143 that more than one file uses: operation codes, tags, status values. */

/** Initiator to target. */
export const OPCODE_NOP_OUT = 0x00;
export const OPCODE_SCSI_COMMAND = 0x01;
export const OPCODE_TASK_MANAGEMENT_REQUEST = 0x02;
export const OPCODE_LOGIN_REQUEST = 0x03;
export const OPCODE_TEXT_REQUEST = 0x04;
export const OPCODE_DATA_OUT = 0x05;
export const OPCODE_LOGOUT_REQUEST = 0x06;
export const OPCODE_SNACK_REQUEST = 0x10;

/** Target to initiator. */
export const OPCODE_NOP_IN = 0x20;
export const OPCODE_SCSI_RESPONSE = 0x21;
export const OPCODE_TASK_MANAGEMENT_RESPONSE = 0x22;
export const OPCODE_LOGIN_RESPONSE = 0x23;
export const OPCODE_TEXT_RESPONSE = 0x24;
export const OPCODE_DATA_IN = 0x25;
export const OPCODE_LOGOUT_RESPONSE = 0x26;
export const OPCODE_R2T = 0x31;
export const OPCODE_ASYNC_MESSAGE = 0x32;
export const OPCODE_REJECT = 0x3f;

/** Initiator Task Tag or Target Transfer Tag that stands for none. */
export const RESERVED_TAG = 0xffffffff;

/** Login stages (CSG, NSG). */
export const STAGE_SECURITY = 0;
export const STAGE_OPERATIONAL = 1;
export const STAGE_FULL_FEATURE = 3;

/** Login status: class in the high byte, detail in the low byte. */
export const LOGIN_SUCCESS = 0x0000;
export const LOGIN_INITIATOR_ERROR = 0x0200;
export const LOGIN_AUTHENTICATION_FAILURE = 0x0201;
export const LOGIN_AUTHORIZATION_FAILURE = 0x0202;
export const LOGIN_TARGET_NOT_FOUND = 0x0203;
export const LOGIN_UNSUPPORTED_VERSION = 0x0205;
export const LOGIN_TOO_MANY_CONNECTIONS = 0x0206;
export const LOGIN_MISSING_PARAMETER = 0x0207;
export const LOGIN_SESSION_TYPE_NOT_SUPPORTED = 0x0209;
export const LOGIN_SESSION_DOES_NOT_EXIST = 0x020a;
export const LOGIN_INVALID_DURING_LOGIN = 0x020b;
export const LOGIN_OUT_OF_RESOURCES = 0x0302;

/** Reject reasons. */
export const REJECT_DATA_DIGEST_ERROR = 0x02;
export const REJECT_PROTOCOL_ERROR = 0x04;
export const REJECT_COMMAND_NOT_SUPPORTED = 0x05;
export const REJECT_IMMEDIATE_COMMAND = 0x06;
export const REJECT_TASK_IN_PROGRESS = 0x07;
export const REJECT_INVALID_PDU_FIELD = 0x09;

/** Task management functions. */
export const FUNCTION_ABORT_TASK = 1;
export const FUNCTION_ABORT_TASK_SET = 2;
export const FUNCTION_CLEAR_ACA = 3;
export const FUNCTION_CLEAR_TASK_SET = 4;
export const FUNCTION_LOGICAL_UNIT_RESET = 5;
export const FUNCTION_TARGET_WARM_RESET = 6;
export const FUNCTION_TARGET_COLD_RESET = 7;
export const FUNCTION_TASK_REASSIGN = 8;

/** Task management responses. */
export const FUNCTION_COMPLETE = 0;
export const FUNCTION_TASK_DOES_NOT_EXIST = 1;
export const FUNCTION_LUN_DOES_NOT_EXIST = 2;
export const FUNCTION_REASSIGNMENT_NOT_SUPPORTED = 4;
export const FUNCTION_NOT_SUPPORTED = 5;
export const FUNCTION_AUTHORIZATION_FAILED = 6;
export const FUNCTION_REJECTED = 255;

/** Logout reasons and responses. */
export const LOGOUT_CLOSE_SESSION = 0;
export const LOGOUT_CLOSE_CONNECTION = 1;
export const LOGOUT_REMOVE_FOR_RECOVERY = 2;
export const LOGOUT_DONE = 0;
export const LOGOUT_CID_NOT_FOUND = 1;
export const LOGOUT_RECOVERY_NOT_SUPPORTED = 2;

/** Response field of a SCSI Response: the status counts, or the target could not do it. */
export const RESPONSE_COMPLETED = 0x00;
export const RESPONSE_TARGET_FAILURE = 0x01;

/** Events of an Asynchronous Message. */
export const ASYNC_SCSI_EVENT = 0;
export const ASYNC_LOGOUT_REQUEST = 1;
export const ASYNC_CONNECTION_DROPPED = 2;
export const ASYNC_SESSION_DROPPED = 3;
export const ASYNC_NEGOTIATION_REQUEST = 4;
