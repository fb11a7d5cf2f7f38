import { spawn } from "node:child_process"
import { once } from "node:events"
import { mkdtempSync, rmSync, statSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import * as Effect from "effect/Effect"
import { afterAll, describe, expect, it } from "vitest"
import { DataDir, type DataDirBusy, type DataDirUnusable } from "#libs/datadir/DataDir.ts"

const root = mkdtempSync(join(tmpdir(), "attune-datadir-"))
afterAll(() => rmSync(root, { recursive: true, force: true }))

const own = <A>(dir: string, what: string, during: Effect.Effect<A>): Effect.Effect<A, DataDirBusy | DataDirUnusable> =>
  Effect.flatMap(DataDir, () => during).pipe(Effect.provide(DataDir.layer(dir, what)))
const run = <A, E>(effect: Effect.Effect<A, E>) => Effect.runPromise(effect)
const attempt = (dir: string) => run(Effect.result(own(dir, "a second one", Effect.void)))

const repository = fileURLToPath(new URL("../..", import.meta.url))
const holderSource = `
  import * as Effect from "effect/Effect"
  import { DataDir } from "#libs/datadir/DataDir.ts"
  // The test's end of this pipe keeps the holder alive, and no longer than the test.
  process.stdin.on("end", () => process.exit()).resume()
  const held = Effect.flatMap(DataDir, () => Effect.sync(() => console.log("held"))).pipe(Effect.andThen(Effect.never))
  await Effect.runPromise(Effect.provide(held, DataDir.layer(process.argv[1], "attune up")))
`

describe("a data folder", () => {
  it("is made for its owner only", async () => {
    const dir = join(root, "deep", "made")
    await run(own(dir, "test", Effect.void))
    expect(statSync(dir).mode & 0o777).toBe(0o700)
  })

  it("refuses a second owner in another process, names the first, and is free when that one is killed", async () => {
    const dir = join(root, "held")
    const holder = spawn(process.execPath, ["--input-type=module-typescript", "-e", holderSource, dir], {
      cwd: repository,
      stdio: ["pipe", "pipe", "inherit"]
    })
    await once(holder.stdout, "data")

    const refused = await run(Effect.flip(own(dir, "a second one", Effect.void)))
    expect(refused).toMatchObject({ _tag: "DataDirBusy", holder: { value: { pid: holder.pid, what: "attune up" } } })
    expect(refused.message).toContain(`attune up (process ${holder.pid}, since `)

    holder.kill("SIGKILL")
    await once(holder, "exit")
    expect((await attempt(dir))._tag).toBe("Success")
  })

  it("refuses a second owner in the same process until the first lets go", async () => {
    const dir = join(root, "same")
    const inner = await run(
      own(
        dir,
        "the first",
        Effect.promise(() => attempt(dir))
      )
    )
    expect(inner).toMatchObject({ _tag: "Failure", failure: { _tag: "DataDirBusy" } })
    expect((await attempt(dir))._tag).toBe("Success")
  })

  it("says so when it cannot be made", async () => {
    const refused = await run(Effect.flip(own("/dev/null/data", "test", Effect.void)))
    expect(refused._tag).toBe("DataDirUnusable")
    expect(refused.message).toContain("/dev/null/data")
  })
})
