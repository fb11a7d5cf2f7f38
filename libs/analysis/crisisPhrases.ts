/**
 * Wordings that, said about oneself, may mean acute danger, with how much weight each has alone (0 to 1). A first cut, by
 * hand, English only: it ranks messages for people to look at and decides nothing. Matched on lower-cased words with
 * apostrophes removed.
 */
export interface CrisisPhrase {
  readonly pattern: RegExp
  readonly weight: number
}

const phrase = (source: string, weight: number): CrisisPhrase => ({
  pattern: new RegExp(`\\b(?:${source})\\b`),
  weight
})

const SELF_KILLING = "(?:kill(?:ing)?|hang(?:ing)?|shoot(?:ing)?|drown(?:ing)?) my ?self"

export const CRISIS_PHRASES: ReadonlyArray<CrisisPhrase> = [
  phrase(`(?:going|gonna|about|plan|planning|ready|decided) to (?:${SELF_KILLING}|end my life|end it all)`, 0.97),
  phrase("(?:tonight|today|tomorrow) (?:i|ill|i will|im going to) (?:end it|kill myself|be gone for good)", 0.95),
  phrase("(?:wrote|writing|written|left) (?:my|a) (?:suicide|goodbye) (?:note|letter)", 0.95),
  phrase(
    "(?:took|taken|swallowed) (?:all|too many|a bunch of|a whole bottle of) (?:my |the )?(?:pills|meds|tablets)",
    0.95
  ),
  phrase(SELF_KILLING, 0.85),
  phrase("(?:end|ending|take|taking) my (?:own )?life", 0.9),
  phrase("end it all", 0.75),
  phrase("want to (?:die|be dead)|wanna die|wish i (?:was|were) dead|wish i (?:was|were) never born", 0.8),
  phrase("(?:dont|do not) want to (?:live|be alive|exist|wake up)(?: any ?more)?", 0.8),
  phrase("(?:cant|cannot|can not) (?:go on|keep going|live like this|do this) any ?more", 0.55),
  phrase("no (?:reason|point) (?:to live|in living|to go on|in going on)", 0.75),
  phrase("better off (?:without me|if i (?:was|were) (?:dead|gone))", 0.8),
  phrase("(?:feel|feeling|am|im|so|being) suicidal", 0.85),
  phrase("suicidal (?:thoughts|again)", 0.6),
  phrase("(?:cut|cutting|hurt|hurting|harm|harming|burn|burning) my ?self", 0.65),
  phrase("self ?harm(?:ed|ing)?", 0.45),
  phrase("(?:think|thinking|thought) (?:about|of) (?:suicide|dying|ending it)", 0.7),
  phrase("suicide", 0.3),
  phrase("nothing left to live for|nobody would (?:miss me|notice if i (?:died|was gone))", 0.8),
  phrase("(?:feel|feeling|im|am|so) (?:hopeless|worthless|trapped)", 0.3)
]

/** Before a phrase, in the same sentence: it is denied, or lies behind the speaker. */
export const DENIAL =
  /\b(?:not|never|no longer|wont|wouldnt|dont|didnt|isnt|arent|wasnt|cant imagine|used to|stopped|without)\b(?:\W+\w+){0,4}\W*$/

/** Anywhere in the sentence: it speaks about, or to, somebody else. */
export const OTHERS =
  /\b(?:he|she|they|friend|brother|sister|mother|mum|mom|father|dad|son|daughter|someone|somebody|people|anyone|you|your|movie|film|book|song|game|article|documentary)\b/

/** Anywhere in the sentence: it is a manner of speaking. */
export const HYPERBOLE =
  /\b(?:lol|lmao|haha\w*|rofl|jk|just kidding|homework|traffic|monday|this game|of laughter|laughing)\b/
