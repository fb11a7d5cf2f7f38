// Installs what package-lock.json names when node_modules is missing or older than it, and nothing otherwise.
// Plain JavaScript on Node's own modules: it runs before anything is installed, on whatever Node (20 or newer) is there.
import { spawnSync } from "node:child_process"
import { createHash } from "node:crypto"
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const stamp = join(root, "node_modules", ".attune-installed")
const wanted = createHash("sha256")
  .update(readFileSync(join(root, "package-lock.json")))
  .digest("hex")

// Node's package is optional to npm, which leaves one out without a word when its download fails.
const hasRuntime = () =>
  existsSync(join(root, "node_modules", ".bin", "node")) || Number(process.versions.node.split(".")[0]) >= 24

const isInstalled = existsSync(stamp) && readFileSync(stamp, "utf8") === wanted && hasRuntime()
if (!isInstalled) {
  const major = Number(process.versions.node.split(".")[0])
  if (major < 20) {
    console.error(`Attune needs Node 20 or newer to install itself; this is Node ${process.versions.node}.`)
    process.exit(1)
  }
  console.error("Installing dependencies (once) ...")
  const npm = spawnSync(
    "npm",
    ["ci", "--include=dev", "--include=optional", "--no-audit", "--no-fund", "--loglevel=error"],
    {
      cwd: root,
      stdio: ["ignore", 2, 2]
    }
  )
  if (npm.status !== 0) {
    console.error(
      "`npm ci` failed (its messages stand above). Check that the npm registry can be reached, then run this again."
    )
    process.exit(npm.status ?? 1)
  }
  linkRuntime()
  if (!hasRuntime()) {
    console.error(
      `No Node 24 came for ${process.platform}-${process.arch}: run this again, or install Node 24 or newer by hand.`
    )
    process.exit(1)
  }
  writeFileSync(stamp, wanted)
}

/**
 * npm 10 leaves the command `node` out when packages for several platforms offer it, although it installed only one;
 * npm 11 does not. Without the link, scripts would run on the system's Node.
 */
function linkRuntime() {
  const link = join(root, "node_modules", ".bin", "node")
  if (existsSync(link)) return
  const names = [`node-${process.platform}-${process.arch}`, `node-bin-${process.platform}-${process.arch}`]
  const name = names.find((candidate) => existsSync(join(root, "node_modules", candidate, "bin", "node")))
  if (name === undefined) return
  mkdirSync(dirname(link), { recursive: true })
  rmSync(link, { force: true })
  symlinkSync(join("..", name, "bin", "node"), link)
}
