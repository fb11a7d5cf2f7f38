/** A listening HTTP server as a scoped resource. */
import type { Server } from "node:http"
import * as Effect from "effect/Effect"
import { EdgeError } from "./EdgeError.ts"

/** Listens; succeeds with the port, which is chosen by the system if 0 was asked for. */
export const listen = (server: Server, host: string, port: number): Effect.Effect<number, EdgeError> =>
  Effect.callback((resume) => {
    const onError = (error: NodeJS.ErrnoException) =>
      resume(
        Effect.fail(
          new EdgeError({
            reason: "AddressUnusable",
            host,
            port,
            detail:
              error.code === "EADDRINUSE"
                ? "another process listens there; choose another with ATTUNE_PORT"
                : error.message
          })
        )
      )
    server.once("error", onError)
    server.listen(port, host, () => {
      server.off("error", onError)
      const address = server.address()
      resume(Effect.succeed(typeof address === "object" && address !== null ? address.port : port))
    })
  })

/** Stops listening; connections that are not WebSockets any more of this server's are ended with it. */
export const stopListening = (server: Server): Effect.Effect<void> =>
  Effect.callback((resume) => {
    server.close(() => resume(Effect.void))
    server.closeAllConnections()
  })
