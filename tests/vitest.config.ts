/**
 * Unit tests stand beside what they test and open nothing; everything under `tests/` opens ports, files or processes.
 * The second kind runs few files at a time: each has a broker of its own, and waits for conditions on a small machine.
 */
import { fileURLToPath } from "node:url"
import { defineConfig } from "vitest/config"

export default defineConfig({
  test: {
    root: fileURLToPath(new URL("..", import.meta.url)),
    reporters: process.env["CI"] === undefined ? ["default"] : ["verbose"],
    projects: [
      {
        extends: true,
        test: { name: "unit", include: ["services/**/*.test.ts", "libs/**/*.test.ts", "nats/**/*.test.ts"] }
      },
      {
        extends: true,
        test: {
          name: "real",
          include: ["tests/{contracts,integration,system}/**/*.test.ts"],
          globalSetup: "tests/support/findBroker.ts",
          pool: "forks",
          maxWorkers: 2,
          testTimeout: 60_000,
          hookTimeout: 60_000
        }
      }
    ]
  }
})
