// Messages a second of CPU time: bench.js FILE (MLLP frames); one line per library and task.
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { Hl7Message } from "@medplum/core";
import * as client from "node-hl7-client";

const require = createRequire(import.meta.url);
const simple = require("simple-hl7");
const messages = readFileSync(process.argv[2], "utf8").split("\x1c\r").map((m) => m.replace("\x0b", "")).filter(Boolean);
const bytes = messages.reduce((n, m) => n + Buffer.byteLength(m), 0);
const parser = new simple.Parser();
let sink = 0;

const tasks = {
  medplum_parse: (m) => { sink += Hl7Message.parse(m).segments.length; },
  medplum_parse_get: (m) => {
    const x = Hl7Message.parse(m);
    sink += x.getSegment("MSH").getField(10).toString().length + x.getSegment("PID").getField(5).getComponent(1).length;
    for (const s of x.getAllSegments("OBX")) sink += s.getField(5).toString().length;
  },
  "node-hl7-client_parse": (m) => { sink += new client.Message({ text: m }).toString().length & 1; },
  "node-hl7-client_parse_get": (m) => {
    const x = new client.Message({ text: m });
    sink += x.get("MSH.10").toString().length + x.get("PID.5.1").toString().length;
    if (m.includes("\rOBX")) x.get("OBX").forEach((s) => { sink += s.get("5").toString().length; });
  },
  "simple-hl7_parse": (m) => { sink += parser.parse(m).segments.length; },
  "simple-hl7_parse_get": (m) => {
    const x = parser.parse(m);
    sink += String(x.header.getField(8)).length + String(x.getSegment("PID").getComponent(5, 1)).length;
    for (const s of x.getSegments("OBX")) sink += String(s.getField(5)).length;
  },
};

for (const [name, task] of Object.entries(tasks)) {
  const rates = [];
  try {
    for (let round = 0; round < 4; round++) { // the first one warms up
      const start = process.cpuUsage();
      let done = 0, spent;
      do {
        for (let i = 0; i < 200; i++) task(messages[(done + i) % messages.length]);
        done += 200;
        const used = process.cpuUsage(start);
        spent = (used.user + used.system) / 1e6;
      } while (spent < 0.5);
      if (round) rates.push(done / spent);
    }
    rates.sort((a, b) => a - b);
    const rate = rates[1];
    console.log(`${name} ${rate.toFixed(0)} ${(rate * bytes / messages.length / 1e6).toFixed(2)}`);
  } catch (e) {
    console.log(`# ${name}: ${e.message}`);
  }
}
console.error(`(${sink})`);
