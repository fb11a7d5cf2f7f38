import { describe, expect, it } from "vitest"
import { parseDelivery } from "./delivery.ts"

const delivery = { seq: 42, storedAt: 1_795_389_449_095, pending: 7 }

describe("the reply subject of a delivered message", () => {
  it("gives place, time in milliseconds and what waits behind it", () => {
    expect(parseDelivery("$JS.ACK.ANN.c1.1.42.3.1795389449095999999.7")).toEqual(delivery)
  })
  it("is read in the longer layout of later servers too", () => {
    expect(parseDelivery("$JS.ACK._.hash.ANN.c1.1.42.3.1795389449095999999.7")).toEqual(delivery)
    expect(parseDelivery("$JS.ACK._.hash.ANN.c1.1.42.3.1795389449095999999.7.token")).toEqual(delivery)
  })
  it.each(["", "_INBOX.x", "$JS.ACK.ANN.c1.1.x.3.1795389449095999999.7", "$JS.ACK.ANN.c1.1.42.3.1.7.8"])(
    "is not taken for one when it is %j",
    (reply) => expect(parseDelivery(reply)).toBeUndefined()
  )
})
