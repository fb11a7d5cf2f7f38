/** How the texts of settings are read. What each accepts is told to people by `allowed`, beside it in settings.ts. */
import * as Schema from "effect/Schema"
import * as SchemaTransformation from "effect/SchemaTransformation"
import { isLoopback } from "#libs/domain/isLoopback.ts"

/** Decimal digits only: "0x10", "1e3" and " 1", which Number() alone would take, are refused. */
export const wholeNumber = (minimum: number, maximum: number) =>
  Schema.String.check(Schema.isPattern(/^\d{1,15}$/)).pipe(
    Schema.decodeTo(Schema.Int.check(Schema.isBetween({ minimum, maximum })), SchemaTransformation.numberFromString)
  )

/** A non-empty list of entries separated by commas. */
const listOf = (entry: Schema.Codec<string, string>) =>
  Schema.String.pipe(
    Schema.decodeTo(
      Schema.Array(entry).check(Schema.isMinLength(1)),
      SchemaTransformation.transform({
        decode: (text): ReadonlyArray<string> =>
          text
            .split(",")
            .map((part) => part.trim())
            .filter((part) => part !== ""),
        encode: (parts: ReadonlyArray<string>) => parts.join(",")
      })
    )
  )

export const LoopbackHost = Schema.String.check(Schema.makeFilter(isLoopback))

/** An address that says nothing but where: credentials in it would end up in logs and process lists. */
const isPlainUrl = (protocols: ReadonlyArray<string>, mayHavePath: boolean) => (text: string) => {
  const url = URL.parse(text)
  if (url === null || !protocols.includes(url.protocol) || url.host === "") return false
  if (url.username !== "" || url.password !== "") return false
  return mayHavePath || (/^\/?$/.test(url.pathname) && url.search === "" && url.hash === "")
}

const NatsUrl = Schema.String.check(Schema.makeFilter(isPlainUrl(["nats:", "tls:"], false)))
export const NatsUrls = listOf(NatsUrl)

const HttpUrl = Schema.String.check(Schema.makeFilter(isPlainUrl(["http:", "https:"], true)))

export const HttpUrls = listOf(HttpUrl)

const Origin = Schema.String.check(
  Schema.makeFilter((text: string) => isPlainUrl(["http:", "https:"], false)(text) && URL.parse(text)?.origin === text)
)
export const Origins = listOf(Origin)

/** A path as it is; whether something is there is found out by who opens it. */
export const FilePath = Schema.NonEmptyString.check(Schema.makeFilter((text: string) => !text.includes("\0")))

export const Secret = Schema.RedactedFromValue(Schema.NonEmptyString)

const COPIES = { "1": 1, "3": 3, "5": 5 } as const

/** Copies of a stream: an odd number, so that a majority is always one side. */
export const Replicas = Schema.Literals(["1", "3", "5"]).pipe(
  Schema.decodeTo(
    Schema.Literals([1, 3, 5]),
    SchemaTransformation.transform({ decode: (text) => COPIES[text], encode: (count) => `${count}` as const })
  )
)
