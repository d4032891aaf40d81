// SPDX-License-Identifier: BSL-1.0
// As main.cpp, with a package of npm: node next.mjs cron-parser|croner <lines
import { createInterface } from 'node:readline';

const calls = 20_000;
const [, , name] = process.argv;
const library = await import(name);

function prepare(expression, tz) {
  if (name === 'croner') {
    const job = new library.Cron(expression, { timezone: tz, paused: true });
    return (start) => job.nextRun(start);
  }
  const parsed = (library.CronExpressionParser ?? library.default).parse(expression, { tz });
  return (start) => {
    parsed.reset(start);
    return parsed.next();
  };
}

function measure(next, count) {
  const nanos = [];
  let state = 2463534242;
  let found = 0;
  for (let i = 0; i < count; ++i) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    const start = new Date((1577836800 + ((state >>> 0) % 631152000)) * 1000);
    const begin = process.hrtime.bigint();
    try {
      if (next(start)) ++found;
    } catch {
      // none
    }
    nanos.push(Number(process.hrtime.bigint() - begin));
  }
  nanos.sort((a, b) => a - b);
  return [nanos[count >> 1], nanos[Math.floor(count * 0.99)], found];
}

for await (const line of createInterface({ input: process.stdin })) {
  const [expression, tz] = line.split('\t');
  let told = ['-', '-', '-'];
  try {
    const next = prepare(expression, tz);
    const probe = measure(next, 20);
    // The slow ones need not be asked as often.
    told = measure(next, Math.max(100, Math.min(calls, Math.floor(2e9 / (probe[1] + 1)))));
  } catch {
    // It refuses the expression.
  }
  console.log(told.join('\t'));
}
