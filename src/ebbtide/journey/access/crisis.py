"""Words of self-harm in what a person writes. No clock, no database. It errs towards calling: a word too many costs one call."""

import re
import unicodedata

# English and Spanish, folded (no accents, lower case). A denial ("I am not suicidal") is found too: a person calls and asks. [design]
PHRASES = (
    r"suicid\w*",
    r"kill(?:ing)? myself",
    r"end(?:ing)? (?:my|this) life",
    r"end it all",
    r"tak(?:e|ing) my (?:own )?life",
    r"(?:want|wish|going|ready) to die",
    r"wish i (?:was|were) dead",
    r"better off (?:dead|without me)",
    r"(?:harm|hurt|cut)(?:ing|ting)? myself",
    r"self[ -]?harm\w*",
    r"no reason to (?:live|go on)",
    r"(?:do not|don'?t|dont) want to (?:live|be here|be alive|wake up)",
    r"can(?:not|'?t) go on(?: living)?",
    r"not worth living",
    r"matarme",
    r"me quiero matar",
    r"quit(?:ar|o|arme)(?:me)? la vida",
    r"acabar con (?:mi vida|todo)",
    r"(?:quiero|quisiera|prefiero) morir(?:me)?",
    r"no quiero (?:vivir|seguir viviendo|despertar)",
    r"(?:hacerme|me hago) dano",
    r"autolesi\w*",
    r"no vale la pena vivir",
)
PATTERN = r"\b(?:" + "|".join(PHRASES) + r")\b"
_FOUND = re.compile(PATTERN)


def folded(text: str) -> str:
    """Lower case, no accents, plain apostrophes, single spaces."""
    plain = "".join(
        c for c in unicodedata.normalize("NFD", text.replace("\u2019", "'")) if not unicodedata.combining(c)
    )
    return " ".join(plain.lower().split())


def speaks_of_self_harm(*texts: str) -> bool:
    """Whether any of these texts holds words of self-harm."""
    return any(_FOUND.search(folded(text)) for text in texts)
