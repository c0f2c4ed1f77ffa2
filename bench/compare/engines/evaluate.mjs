// Asks json-rules-engine, one event at a time, which of ten rules match:
//
//     node evaluate.mjs RULES.json EVENTS.ndjson EVENTS PASSES
//
// The folder of its packages is in the environment as BENCH_PACKAGES. Reading the log is not in the seconds.

import { createReadStream, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";

const { Engine } = createRequire(`${process.env.BENCH_PACKAGES}/`)("json-rules-engine");

async function read(path, most) {
  const events = [];
  for await (const line of createInterface({ input: createReadStream(path) })) {
    if (events.length === most) break;
    const { event, props } = JSON.parse(line);
    events.push({ event, city: props.city, price: props.price });
  }
  return events;
}

// Conditions of a higher priority are asked first, and the others only if those hold.
function engine(rules) {
  const made = new Engine([], { allowUndefinedFacts: true });
  rules.forEach(({ event, price, cities }, at) => {
    const all = [
      { fact: "event", operator: "equal", value: event, priority: 3 },
      { fact: "price", operator: "greaterThanInclusive", value: price, priority: 2 },
      { fact: "city", operator: "in", value: cities, priority: 1 },
    ];
    made.addRule({ conditions: { all }, event: { type: `${at}` } });
  });
  return made;
}

const [rules, path, most, passes] = process.argv.slice(2);
const matching = JSON.parse(readFileSync(rules, "utf8")).matching;
const events = await read(path, Number(most));
const result = { events: events.length, seconds: [], processor: [] };
for (let pass = 0; pass < Number(passes); pass++) {
  const asked = engine(matching);
  const counts = matching.map(() => 0);
  const begun = process.hrtime.bigint();
  const ran = process.cpuUsage();
  for (const event of events) {
    for (const { type } of (await asked.run(event)).events) counts[Number(type)]++;
  }
  const { user, system } = process.cpuUsage(ran);
  result.seconds.push(Number(process.hrtime.bigint() - begun) / 1e9);
  result.processor.push((user + system) / 1e6);
  result.counts ??= counts;
  if (`${result.counts}` !== `${counts}`) throw new Error("two passes differ");
}
console.log("RESULT", JSON.stringify(result));
