/** A UUID of version 7 (RFC 9562): 48 bits of time, then randomness, so that ids made later sort later. */

/** Bytes of randomness one takes. */
export const UUID_V7_RANDOM_BYTES = 10

const VERSION_7 = 0x70
const VARIANT = 0x80

/** `now`: milliseconds since 1970; `random`: at least ten random bytes. Node's own function is too new for every Node 24. */
export const uuidV7 = (now: number, random: Uint8Array): string => {
  const bytes = Buffer.alloc(16)
  bytes.writeUIntBE(now, 0, 6)
  bytes.set(random.subarray(0, UUID_V7_RANDOM_BYTES), 6)
  bytes[6] = VERSION_7 | (bytes.readUInt8(6) & 0x0f)
  bytes[8] = VARIANT | (bytes.readUInt8(8) & 0x3f)
  const hex = bytes.toString("hex")
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-")
}
