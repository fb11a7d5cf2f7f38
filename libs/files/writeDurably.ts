/** A small secret or setting that must be whole after a power cut: the old content or the new, never an empty file. */
import { closeSync, fsyncSync, openSync, renameSync, writeFileSync } from "node:fs"
import { dirname } from "node:path"

const synced = (path: string, flags: string, mode: number | undefined, use: (fd: number) => void): void => {
  const fd = openSync(path, flags, mode)
  try {
    use(fd)
    fsyncSync(fd)
  } finally {
    closeSync(fd)
  }
}

/** Replaces `file` by `content`, readable by its owner only, and returns when it is on disk. Throws what the system says. */
export const writeDurably = (file: string, content: string): void => {
  const fresh = `${file}.new`
  synced(fresh, "w", 0o600, (fd) => writeFileSync(fd, content))
  renameSync(fresh, file)
  // The new name is an entry of the folder, which is written when it likes unless it is told to.
  synced(dirname(file), "r", undefined, () => undefined)
}
