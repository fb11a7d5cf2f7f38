import { isIP } from "node:net"

/** Only reachable from this machine: a loopback address, or the name that always stands for one. */
export const isLoopback = (host: string): boolean =>
  host === "localhost" || host === "::1" || (isIP(host) === 4 && host.startsWith("127."))
