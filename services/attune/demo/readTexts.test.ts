import { describe, expect, it } from "vitest"
import { readTexts } from "./readTexts.ts"

describe("readTexts", () => {
  it("takes the column that the header of a table names", () => {
    expect(readTexts("sms.tsv", "id\ttext\tlabel\n1\thello there\tpositive\n2\tbye\tneutral\n")).toEqual({
      form: "tsv",
      texts: ["hello there", "bye"],
      skipped: 0,
      cleaned: 0
    })
  })

  it("takes the widest column of a table without a header", () => {
    const { texts } = readTexts(
      "sms.tsv",
      "a-rather-long-id\ta message that is longer than any id\tneg\nid\tone more\tneg"
    )
    expect(texts).toEqual(["a message that is longer than any id", "one more"])
  })

  it("takes the text of JSON lines and counts the lines that have none", () => {
    expect(readTexts("x.jsonl", '{"text":"one"}\n{"body":"two"}\nnot json\n{"text":"three"}\r\n')).toEqual({
      form: "jsonl",
      texts: ["one", "three"],
      skipped: 2,
      cleaned: 0
    })
  })

  it("takes every other file line by line, without the empty ones", () => {
    expect(readTexts("talk.txt", "one\n\n  two \r\n")).toEqual({
      form: "lines",
      texts: ["one", "two"],
      skipped: 0,
      cleaned: 0
    })
  })

  it("takes out control characters, which no message may hold, and counts the texts that had some", () => {
    expect(readTexts("talk.txt", "\u00c3\u009c all\u0007 write\nfine")).toEqual({
      form: "lines",
      texts: ["\u00c3 all write", "fine"],
      skipped: 0,
      cleaned: 1
    })
  })

  it("tells the form by the content where the name says nothing", () => {
    expect(readTexts("a", '{"text":"x"}').form).toBe("jsonl")
    expect(readTexts("a", "1\tx").form).toBe("tsv")
    expect(readTexts("a", "").texts).toEqual([])
  })
})
