import { describe, expect, it } from "vitest"
import { nearestName } from "./nearestName.ts"

const names = ["ATTUNE_PORT", "ATTUNE_HOST", "ATTUNE_DATA_DIR"]

describe("nearestName", () => {
  it("finds the name with a letter missing, doubled or swapped", () => {
    expect(nearestName("ATTUNE_PRT", names)).toBe("ATTUNE_PORT")
    expect(nearestName("ATTUNE_HOOST", names)).toBe("ATTUNE_HOST")
    expect(nearestName("ATTUNE_DATADIR", names)).toBe("ATTUNE_DATA_DIR")
  })

  it("guesses nothing when nothing is close", () => {
    expect(nearestName("ATTUNE_SOMETHING_ELSE", names)).toBeUndefined()
  })
})
