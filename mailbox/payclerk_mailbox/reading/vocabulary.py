"""Words that no name, no signature and no free reason may hold: with one of them a person reads the answer."""

from __future__ import annotations

import re
from typing import Final


def words_of(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Reference 2.2, "must not decide", with the words that take an answer back or ask for part of it.
CONDITIONS: Final = re.compile(
    r"\b(?:but|except|if|once|unless|subject to|provided|providing|pending|with changes|as noted|revis\w{0,6}|resubmit\w{0,4}"
    r"|instead|however|although|though|actually|kidding|wait|oops|ignore|disregard|mistake|rather|changed (?:my|our) mind"
    r"|maybe|perhaps|not sure|unsure|probably|possibly|partial\w{0,2}|partly|only|first|second|third|one of|part of"
    r"|mais|sauf|si|s'il|s'ils|sous reserve|a condition|cependant|toutefois|plutot|en fait|peut-etre|seulement|pas sur"
    r"|pero|salvo|siempre que|con cambios|excepto|sin embargo|mejor dicho|en realidad|quizas?|tal vez|solo|primer[oa]?|segund[oa]"
    r"|objections?|objeciones|no problem)\b"
)
ACCEPTING: Final = re.compile(
    r"\b(?:accept\w{0,6}|approv\w{0,4}|approuv\w{0,4}|acept\w{0,6}|aprob\w{0,4}|aprueb\w{0,3}|yes|yep|yeah|agree\w{0,2}|confirm\w{0,4}"
    r"|oui|d'accord|de acuerdo|ok|okay|go ahead|proceed|will bill|send the form)\b"
)
TAKEN_BACK: Final = re.compile(
    r"\b(?:reject\w{0,4}|declin\w{0,5}|refus\w{0,4}|rechaz\w{0,5}|not (?:approve\w?|accept\w{0,3})|wait|hold|kidding|oops|ignore|disregard|mistake)\b"
)
MONEY: Final = re.compile(
    r"[$€£¥]|\b\d{1,3}(?:[.,' ]\d{3})+\b|\b\d{5,}\b|\b\d+[.,]\d\d\b|\b\d+ ?(?:usd|cad|eur|dollars|k)\b|%"
)
# "Decline. Our invoice is attached": who sends an invoice declines nothing.
SENDING: Final = re.compile(
    r"\b(?:attach\w{0,6}|enclos\w{0,4}|see (?:our|the|my) (?:bill|invoice|form)|(?:we|i)(?:'ll| will) (?:send|submit)"
    r"|to follow|ci-joint\w{0,2}|(?:en )?piece jointe|ci-inclus\w?|adjunt\w{0,4}|anex[oa]s?)\b"
)
# What a person writes of a bill, also in capitals between name and telephone.
REMARK: Final = re.compile(
    r"(?:deduct\w{0,4}|withh[eo]ld\w{0,3}|reserv(?:ed?s?|ation|ations|ing)|disput\w{1,3}|den(?:y|ies|ied)|disallow\w{0,3}"
    r"|backcharg\w{1,3}|back-charg\w{1,3}|charge[ds]?|cancel\w{2,6}|void(?:ed|s)?|reduc\w{1,4}|offset\w{0,5}|penalt\w{1,4}"
    r"|damages|liens?|rights?|protest\w{0,3}|object(?:ed|s|ing)?|draft|test|sample|jok(?:e|es|ing)|sarcas[mt]\w{0,4}"
    r"|rescind\w{0,3}|revok\w{1,3}|mistaken?|errors?|erroneous\w{0,2}|accident\w{0,4}|incomplete|unpaid|overdue|retain\w{0,4}"
    r"|retention|unsigned|unauthori[sz]ed|discount\w{0,3}|owed|owing|unacceptable|disapprov\w{1,3}|disagree\w{0,2}|fake"
    r"|dedui\w{1,4}|retenue?s?|retenir|litige|contest\w{1,4}|annul\w{1,4}|brouillon|erreurs?|blague|penalites?|reserves?"
    r"|deduc\w{2,5}|reten\w{2,5}|descont\w{1,4}|descuent\w{1,2}|disput\w{1,4}|anul\w{2,4}|borrador|broma|multas?|reservas?"
    r"|reclam\w{1,6})"
)

# A line or a name that holds one of these is a sentence.
SENTENCE_WORDS: Final = words_of(
    """
    a accept acceptance accepted accepting accepts aceptado aceptamos acepto add ademas adjust after agree
    agreed all already also always amount an and another any approuve approval approve approved approves approx
    approximately april aprobado apruebo are area as ask at attendez attendre august aunque aussi available
    avant avec avons await back be because before below bientot bill billed billing both but by call can cancel
    cannot cant ce cela ces cette change changed changes check claim combien como complete con condition
    conditional conditions confirm confirmed correct could credit cuando cuanto day days december decline
    declined declines del demain deposit despues did disregard do does dois doit dont draft due east effective
    either el ella elle en error es esperar espere est esta este estimate estimated et etre except excluded
    excludes excluding exclusive extra false falta faut february few final first fix follow following follows
    for form friday from full get give go going had half has hasta have hay he hello her hi his hold how however
    i if ignore il ils in include included incorrect instead invoice invoiced is it item items its january je
    july june just know la labor las last late later le les less let letter leur like line lines lo los lot lots
    mail mais manana march mas material materials maximum maybe me meet menos merci minimum minus missing moins
    monday montant monto more must my nada ne need needs net never new next no non none north nos nosotros not
    note noted nothing notre nous november now nuestro o october of off ok okay on once one only open or other
    ou oui our out over owe paid par para part partial partially pas pay pending percent period pero peut phase
    phases please plus pm por porque postpone pour pouvez pregunta price problem ps puis quand que quel question
    questions qui quien rechazo reconsider reduced refuse refused refuser reject rejected rejects remove
    required resubmit retainage retract revise revised revision rfi sans saturday sauf scope se second see send
    september ser sera seulement should si sin since so sobre solo some sommes son sont soon sous south starting
    stop su subject suis sunday sur sure sus tambien tax taxes tbc tbd temporarily tentative tentatively terms
    than that the their them then there these they third this those though thru thursday tiene till to today
    tomorrow tonight too total tous tout toutes tower true tuesday two un una under une unit unless until up us
    usted verify voici void vos votre vous wait waiting waiver waivers want was we wednesday week were west what
    when where which while who why will wing with withdraw within without wont work would wrong ya yes yesterday
    yet yo you your zone
    """
)
# Small words that names, companies and addresses are made with.
PARTICLES: Final = words_of("& and at da de del den der des di du e et for jr la le les of sr st the van von y")
