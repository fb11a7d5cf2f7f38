/** How probable it is that a text tells of acute danger to its writer. Pure; judged sentence by sentence, the worst counts. */
import { CRISIS_PHRASES, DENIAL, HYPERBOLE, OTHERS } from "./crisisPhrases.ts"

/** What a text without any of the phrases still leaves possible. */
const BASE = 0.01
const IF_DENIED = 0.15
const IF_ABOUT_OTHERS = 0.45
const IF_HYPERBOLE = 0.3

const SENTENCE_END = /[.!?;\n]+/

const ofSentence = (sentence: string): number => {
  let worst = BASE
  for (const { pattern, weight } of CRISIS_PHRASES) {
    const found = pattern.exec(sentence)
    if (found === null) continue
    // A phrase may hold its own "dont": only what stands before it denies it.
    const denied = DENIAL.test(sentence.slice(0, found.index)) ? IF_DENIED : 1
    worst = Math.max(worst, weight * denied)
  }
  if (worst === BASE) return BASE
  const others = OTHERS.test(sentence) && !/\b(?:i|im|me|myself|my)\b/.test(sentence) ? IF_ABOUT_OTHERS : 1
  const hyperbole = HYPERBOLE.test(sentence) ? IF_HYPERBOLE : 1
  return Math.max(BASE, worst * others * hyperbole)
}

const round = (value: number): number => Math.round(value * 1_000) / 1_000

export const crisisProbability = (text: string): number =>
  round(
    text
      .toLowerCase()
      .replaceAll(/['’`]/g, "")
      .split(SENTENCE_END)
      .reduce((worst, sentence) => Math.max(worst, ofSentence(sentence)), BASE)
  )
