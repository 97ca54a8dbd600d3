/** `node tests/changer/run-storms.ts [FIRST [COUNT [STEPS]]]`: storms by hand; ends at the first that fails. */
import { Storm } from "./storm.ts";

const [first = 1, count = 1000, steps = 400] = process.argv.slice(2).map(Number);

for (let seed = first; seed < first + count; seed += 1) {
  const storm = await Storm.begin(seed);
  try {
    await storm.blow(steps);
    await storm.calm();
  } catch (fault) {
    process.stderr.write(`${[`seed ${seed}:`, ...storm.story].join("\n")}\n`);
    throw fault;
  }
}
process.stdout.write(`${count} storms\n`);
