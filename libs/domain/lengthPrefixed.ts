/** Joins strings so that no two different lists give the same bytes: each part's UTF-8 length (32 bit) stands before it. */
export const lengthPrefixed = (parts: ReadonlyArray<string>): Buffer =>
  Buffer.concat(
    parts.flatMap((part) => {
      const bytes = Buffer.from(part, "utf8")
      const length = Buffer.alloc(4)
      length.writeUInt32BE(bytes.length)
      return [length, bytes]
    })
  )
