/** The month of an instant (milliseconds since 1970) in UTC, as `2026-11`: how long one data key is used to seal. */
export const monthOf = (instant: number): string => new Date(instant).toISOString().slice(0, 7)
