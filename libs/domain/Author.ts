/** A random pseudonym standing for one user in everything stored in the clear; the link to the user is in `KEYS`. */
import * as Schema from "effect/Schema"

export const Author = Schema.String.check(Schema.isPattern(/^[A-Za-z0-9_-]{22}$/)).pipe(Schema.brand("Author"))
export type Author = typeof Author.Type
