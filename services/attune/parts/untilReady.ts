/** Waits until a message sent now would reach its room, which `/readyz` says; tells what is missing if it takes long. */
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"

const TELL_AFTER = "8 seconds"
const ASK_EVERY = "50 millis"

interface Answer {
  readonly ready: boolean
  readonly text: string
}

const ask = (url: string): Effect.Effect<Answer> =>
  Effect.tryPromise(async (signal) => {
    const response = await fetch(url, { signal })
    return { ready: response.status === 200, text: (await response.text()).trim() }
  }).pipe(Effect.orElseSucceed(() => ({ ready: false, text: "the edge does not answer" })))

/** Succeeds when `GET <base>/readyz` answers 200. */
export const untilReady = (base: string): Effect.Effect<void> => {
  const url = `${base}/readyz`
  const tell = Effect.flatMap(ask(url), ({ text }) => Effect.logWarning(`not ready yet: ${text}`)).pipe(
    Effect.delay(TELL_AFTER),
    Effect.forever
  )
  return ask(url).pipe(
    Effect.repeat({ schedule: Schedule.spaced(ASK_EVERY), until: ({ ready }) => ready }),
    Effect.asVoid,
    Effect.raceFirst(tell)
  )
}
