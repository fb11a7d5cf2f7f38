/** Line breaks and tabs belong to ordinary writing; every other C0 and C1 control character has no place in a message. */
const isControl = (code: number): boolean => code < 0x20 || (code >= 0x7f && code < 0xa0)

/** True if `value` holds a control character, any at all. */
export const hasControlCharacter = (value: string): boolean => {
  for (let index = 0; index < value.length; index++) if (isControl(value.charCodeAt(index))) return true
  return false
}

/** True if `value` holds a control character other than tab, line feed and carriage return. */
export const hasForbiddenControl = (value: string): boolean => {
  for (let index = 0; index < value.length; index++) {
    const code = value.charCodeAt(index)
    if (isControl(code) && code !== 0x09 && code !== 0x0a && code !== 0x0d) return true
  }
  return false
}
