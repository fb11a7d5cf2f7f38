/** Reads 32 bytes written as hex, base64 or base64url; undefined if the text is none of them. */
const HEX = /^[0-9a-fA-F]{64}$/
// 43 digits are 258 bits: the last one may carry only the 4 that belong to the 32nd byte.
const BASE64 = /^[A-Za-z0-9+/_-]{42}[AEIMQUYcgkosw048]=?$/

export const parseMasterKey = (text: string): Uint8Array | undefined => {
  const trimmed = text.trim()
  if (HEX.test(trimmed)) return new Uint8Array(Buffer.from(trimmed, "hex"))
  return BASE64.test(trimmed) ? new Uint8Array(Buffer.from(trimmed, "base64")) : undefined
}
