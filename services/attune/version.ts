/** The version of this build, from package.json: the one place where it is written. */
import { readFileSync } from "node:fs"
import * as Schema from "effect/Schema"

const Manifest = Schema.fromJsonString(Schema.Struct({ version: Schema.String }))

export const { version } = Schema.decodeSync(Manifest)(
  readFileSync(new URL("../../package.json", import.meta.url), "utf8")
)
