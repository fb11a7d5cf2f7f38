/** An engine that gets stuck, is slow, dies or throws when a text says so, and answers everything else at once. */
import { serveEngine } from "#libs/analysis/serveEngine.ts"

const SLOW_MS = 10

serveEngine((text) => {
  if (text.includes("get stuck")) for (;;);
  if (text.includes("take your time")) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, SLOW_MS)
  if (text.includes("die")) process.exit(1)
  if (text.includes("throw")) throw new Error("asked to")
  return { sentiment: "neutral", sentiment_score: 0, crisis_probability: 0 }
})
