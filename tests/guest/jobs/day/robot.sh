# the robot: every move that mtx has
T inventory "mtx inquiry; mtx inventory; mtx status"
transfer() {
  fault move; mtx transfer $ONE "$JOB_FREE"; in_slot "$JOB_FREE"; says "Storage Element $ONE:Empty" mtx status
  mtx transfer "$JOB_FREE" $ONE; in_slot $ONE
}
exchange() { fault exchange; mtx exchange $ONE $TWO; mtx status; mtx exchange $TWO $ONE; mtx status; }
port() { mtx transfer $FOUR "$JOB_PORT"; says "Element $JOB_PORT IMPORT/EXPORT:Full" mtx status; mtx transfer "$JOB_PORT" $FOUR; in_slot $FOUR; }
sequence() { fault load; mtx first "$DRIVE"; mtx next "$DRIVE"; mtx status; fault unload; mtx unload; mtx status; }
# nothing there, no room there, no such place
refused() { fails mtx transfer "$JOB_FREE" $ONE; fails mtx transfer $ONE $TWO; fails mtx load "$JOB_FREE" "$DRIVE"; fails mtx load 99 "$DRIVE"; mtx status; }
T transfer transfer
T exchange exchange
T port port
T sequence sequence
T refused refused
