/*
 * Preloaded into libiscsi's iscsi-test-cu, which knows disks only; it stands between the tool and libiscsi, on the
 * client's side. READ CAPACITY(10) and (16) are answered here, so that the tool begins at all. With AS_DISK in the
 * environment the unit also says in INQUIRY that it is a disk, and the tool's disk commands become a tape drive's:
 *   READ(10), WRITE(10)   fixed blocks of 512 bytes, LOCATE(10) to the address, READ(6) or WRITE(6) of as many blocks
 *   START STOP UNIT       LOAD UNLOAD has the same bits; behind a load the unit attention 28h/00h is taken away
 * Everything else goes to the target as the tool made it.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <iscsi/iscsi.h>
#include <iscsi/scsi-lowlevel.h>
#include <stdlib.h>
#include <string.h>

enum { INQUIRY = 0x12, READ_6 = 0x08, WRITE_6 = 0x0a, READ_10 = 0x28, WRITE_10 = 0x2a, LOAD_UNLOAD = 0x1b };
enum { READ_CAPACITY_10 = 0x25, SERVICE_ACTION_IN = 0x9e, READ_CAPACITY_16 = 0x10 };
enum { NOWHERE = -1 };

static const unsigned char CAPACITY_10[8] = {0, 0, 0xff, 0xff, 0, 0, 2, 0};
static const unsigned char CAPACITY_16[32] = {0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0, 2, 0};
static const unsigned char TEST_UNIT_READY[6] = {0};
static const unsigned char BLOCKS_OF_512[6] = {0x15, 0x10, 0, 0, 12, 0};
static const unsigned char BLOCKS_OF_512_LIST[12] = {0, 0, 0x10, 8, 0, 0, 0, 0, 0, 0, 2, 0};

typedef struct scsi_task *(*send_fn)(struct iscsi_context *, int, struct scsi_task *, struct iscsi_data *);
typedef int (*queue_fn)(struct iscsi_context *, int, struct scsi_task *, iscsi_command_cb, struct iscsi_data *, void *);
typedef void (*reconnect_fn)(struct iscsi_context *, int);

/* The block behind the last one that was queued: the next one needs no LOCATE when it is this one. */
static long next_block = NOWHERE;
static int last_lun;

static void *real(const char *name) { return dlsym(RTLD_NEXT, name); }
static int as_disk(void) { return getenv("AS_DISK") != NULL; }

static struct scsi_task *answer(struct scsi_task *task, const unsigned char *data, int bytes) {
  task->datain.data = malloc(bytes);
  memcpy(task->datain.data, data, bytes);
  task->datain.size = bytes;
  task->status = SCSI_STATUS_GOOD;
  return task;
}

/* A command of our own; how it ends shows in the tool's next one. */
static void send(struct iscsi_context *iscsi, int lun, const unsigned char *cdb, int cdb_bytes, const unsigned char *list,
                 int list_bytes) {
  struct scsi_task *task = calloc(1, sizeof *task);
  struct iscsi_data data = {.size = list_bytes, .data = (unsigned char *)list};
  memcpy(task->cdb, cdb, cdb_bytes);
  task->cdb_size = cdb_bytes;
  task->xfer_dir = list_bytes > 0 ? SCSI_XFER_WRITE : SCSI_XFER_NONE;
  task->expxferlen = list_bytes;
  ((send_fn)real("iscsi_scsi_command_sync"))(iscsi, lun, task, list_bytes > 0 ? &data : NULL);
  scsi_free_scsi_task(task);
}

/* Makes a disk's READ(10) or WRITE(10) a tape drive's, and goes to its block. */
static void to_tape(struct iscsi_context *iscsi, int lun, struct scsi_task *task) {
  int opcode = task->cdb[0];
  if (!as_disk() || (opcode != READ_10 && opcode != WRITE_10)) {
    next_block = NOWHERE;
    return;
  }
  const unsigned char *lba = task->cdb + 2;
  long block = (long)lba[0] << 24 | lba[1] << 16 | lba[2] << 8 | lba[3];
  if (block != next_block) {
    unsigned char locate[10] = {0x2b, 0, 0, lba[0], lba[1], lba[2], lba[3]};
    send(iscsi, lun, BLOCKS_OF_512, 6, BLOCKS_OF_512_LIST, 12);
    send(iscsi, lun, locate, 10, NULL, 0);
  }
  next_block = block + (task->cdb[7] << 8 | task->cdb[8]);
  unsigned char cdb[6] = {opcode == READ_10 ? READ_6 : WRITE_6, 1, 0, task->cdb[7], task->cdb[8]};
  memset(task->cdb, 0, sizeof task->cdb);
  memcpy(task->cdb, cdb, sizeof cdb);
  task->cdb_size = sizeof cdb;
}

struct scsi_task *iscsi_scsi_command_sync(struct iscsi_context *iscsi, int lun, struct scsi_task *task,
                                          struct iscsi_data *data) {
  last_lun = lun;
  if (task->cdb[0] == READ_CAPACITY_10) {
    return answer(task, CAPACITY_10, sizeof CAPACITY_10);
  }
  if (task->cdb[0] == SERVICE_ACTION_IN && (task->cdb[1] & 0x1f) == READ_CAPACITY_16) {
    return answer(task, CAPACITY_16, sizeof CAPACITY_16);
  }
  next_block = NOWHERE;
  to_tape(iscsi, lun, task);
  next_block = NOWHERE;
  struct scsi_task *done = ((send_fn)real("iscsi_scsi_command_sync"))(iscsi, lun, task, data);
  if (!as_disk() || done == NULL) {
    return done;
  }
  if (task->cdb[0] == LOAD_UNLOAD && (task->cdb[4] & 1) != 0) {
    send(iscsi, lun, TEST_UNIT_READY, 6, NULL, 0);
  }
  if (task->cdb[0] == INQUIRY && task->datain.size > 0) {
    task->datain.data[0] &= 0xe0;
  }
  return done;
}

int iscsi_scsi_command_async(struct iscsi_context *iscsi, int lun, struct scsi_task *task, iscsi_command_cb done,
                             struct iscsi_data *data, void *state) {
  to_tape(iscsi, lun, task);
  return ((queue_fn)real("iscsi_scsi_command_async"))(iscsi, lun, task, done, data, state);
}

/*
 * A target may end a session over a wrong DataSN; the tool then makes settings of the session that is gone. Here the
 * new one is there before that.
 */
void iscsi_set_noautoreconnect(struct iscsi_context *iscsi, int state) {
  ((reconnect_fn)real("iscsi_set_noautoreconnect"))(iscsi, state);
  if (as_disk() && state == 0) {
    send(iscsi, last_lun, TEST_UNIT_READY, 6, NULL, 0);
  }
}
