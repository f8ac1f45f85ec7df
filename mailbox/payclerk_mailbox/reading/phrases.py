"""The closed grammar of answers in English, French and Spanish (reference 2.2), as patterns of whole clauses.

Written without accents and in lower case, as `comparable` leaves them. A clause counts only when a pattern uses up
every word of it, so nothing is ever found *in* a sentence: "not approved" is not "approved" (openworker #445).
"""

from __future__ import annotations

from typing import Final

# --- what an answer is about ---------------------------------------------------------------------------------------
PERIOD_EN: Final = (
    r"(?:(?:for |in )?(?:this|the|the current|this current) (?:billing )?(?:period|month|cycle)|at this time)"
)
PERIOD_FR: Final = r"(?:(?:pour |durant |pendant )?(?:cette|la)(?: presente)? periode(?: de facturation)?|(?:pour )?ce mois(?:[- ]ci)?)"
PERIOD_ES: Final = r"(?:(?:para |en |durante )?(?:este|el) (?:periodo|mes)(?: de facturacion)?)"

_INVITED_EN: Final = (
    rf"(?:(?:the |your |this )?(?:billing )?(?:invitation|invite|request)(?: to bill)?(?: {PERIOD_EN})?"
    rf"|to bill(?: {PERIOD_EN})?|{PERIOD_EN}|it|this)"
)
_INVITED_FR: Final = (
    rf"(?:(?:l'|votre |cette |la )(?:invitation|demande)(?: (?:a|de) facturer)?(?: {PERIOD_FR})?"
    rf"|de facturer(?: {PERIOD_FR})?|{PERIOD_FR})"
)
_INVITED_ES: Final = (
    rf"(?:(?:la |su |tu |esta )(?:invitacion|solicitud)(?: (?:a|de|para) facturar)?(?: {PERIOD_ES})?"
    rf"|facturar(?: {PERIOD_ES})?|{PERIOD_ES})"
)
_CLAIM_EN: Final = (
    r"(?:(?:the |your |this )?(?:progress |monthly )?(?:claim|pay app|pay application|application(?: for payment)?"
    r"|payment application|invoice|billing|requisition|draw)(?: as submitted| for payment)?|as submitted|for payment|it|this)"
)
_CLAIM_FR: Final = (
    r"(?:(?:la |cette |votre |le |ce |votre )(?:demande(?: de paiement)?|facture|decompte|situation|facturation))"
)
_CLAIM_ES: Final = (
    r"(?:(?:la |esta |su |el |este )(?:solicitud(?: de pago)?|factura|estimacion|certificacion|cobro|estado de pago))"
)
ABOUT: Final = {
    "invitation": (_INVITED_EN, _INVITED_FR, _INVITED_ES),
    "owner_claim": (_CLAIM_EN, _CLAIM_FR, _CLAIM_ES),
}

# --- who and how ---------------------------------------------------------------------------------------------------
WHO_EN: Final = r"(?:i|we|our (?:company|firm|team|office){names})"
_WHO_FR: Final = r"(?:je |j'|nous |on )"
_WHO_ES: Final = r"(?:yo |nosotros )"
_TAIL_EN: Final = r"(?: thanks| thank you| please proceed)?"
_TAIL_FR: Final = r"(?: merci(?: beaucoup)?| avec plaisir| volontiers)?"
_TAIL_ES: Final = r"(?: (?:muchas )?gracias| con gusto)?"

# --- verbs of one kind each; {en} {fr} {es} stand for what it is about, {who} for the subject -------------------------
ACCEPT: Final = (
    rf"(?:yes )?(?:{{who}} )?(?:(?:have|has|do|hereby|gladly|happily|formally) ){{{{0,2}}}}(?:accepts?|accepted|approves?|approved)(?: {{en}})?{_TAIL_EN}",
    rf"(?:yes )?{{who}}(?: are| am|'re|'m) (?:happy|pleased|glad) to (?:accept|approve)(?: {{en}})?{_TAIL_EN}",
    rf"(?!your ){{en}} (?:is |has been )?(?:accepted|approved){_TAIL_EN}",  # "your" is what programs tell
    rf"(?:oui )?{_WHO_FR}?(?:l')?(?:accepte[es]?|acceptees|acceptons|approuve[es]?|approuvees|approuvons)(?: {{fr}})?{_TAIL_FR}",
    rf"(?!votre ){{fr}} (?:est )?(?:acceptee?|approuvee?){_TAIL_FR}",
    r"accepter|approuver|aceptar|aprobar",  # alone, as one presses a button
    r"(?:i |we )?confirm that (?:i|we) accept|(?:je |nous )?confirm(?:e|ons) que (?:j'accepte|nous acceptons)|confirm(?:o|amos) que (?:acepto|aceptamos)",
    rf"{_WHO_ES}?(?:acepto|aceptamos|aceptad[oa]|apruebo|aprobamos|aprobad[oa])(?: {{es}})?{_TAIL_ES}",
    rf"(?!su |tu ){{es}} (?:esta )?(?:aceptad[oa]|aprobad[oa]){_TAIL_ES}",
)
# "Not approved" is not here: it may be a refusal or only where things stand, and a person can tell.
DECLINE: Final = (
    rf"(?:no )?(?:{{who}} )?(?:(?:must|have to|need to|will have to|respectfully|regretfully|hereby|do|would like to|wish to|want to) ){{{{0,2}}}}(?:declines?|declined|rejects?|rejected|refuses?|refused)(?: {{en}})?{_TAIL_EN}",
    rf"{{who}}(?: are| am|'re|'m) declining(?: {{en}})?{_TAIL_EN}",
    rf"(?:{{who}} )?(?:do not|don't|cannot|can't|can not|will not|won't|(?:are |am |'re |'m )?(?:unable|not able) to) (?:accept|approve)(?: {{en}})?{_TAIL_EN}",
    rf"(?!your ){{en}} (?:is |has been )?(?:declined|rejected){_TAIL_EN}",
    rf"{_WHO_FR}?(?:(?:dois|devons|doit|souhaite|souhaitons) )?(?:refuse[esr]?|refusons|decline[esr]?|declinons|rejette|rejetons|rejetee?|rejeter)(?: {{fr}})?(?: merci)?",
    rf"{_WHO_FR}(?:ne |n')(?:peux |pouvons |peut )?(?:pas )?(?:accepte[r]?|acceptons|approuve[r]?|approuvons)(?: pas)?(?: {{fr}})?",
    rf"{_WHO_ES}?(?:(?:debo|debemos|tengo que|tenemos que|queremos|deseamos) )?(?:rechazo|rechazamos|rechazad[oa]|rechazar|declino|declinamos|declinad[oa]|declinar)(?: {{es}})?(?: gracias)?",
    rf"{_WHO_ES}?no (?:acepto|aceptamos|apruebo|aprobamos|(?:puedo|podemos) (?:aceptar|aprobar))(?: {{es}})?",
)
# The question of an invitation is "Do you want to bill this period?": these answer it in its own words.
WILL_BILL: Final = (
    rf"(?:yes )?{{who}}(?: will| will be| want to| would like to| do want to| wish to| plan to| are going to| are| am|'ll|'ll be|'re|'m|'d like to) (?:bill|billing|invoice|invoicing)(?: {PERIOD_EN})?{_TAIL_EN}",
    r"(?:{who} )?(?:confirm|confirmed|agree|agreed)(?: thanks| thank you)?",
    rf"(?:oui )?(?:nous|on|je) (?:facturons|facturerons|allons facturer|va facturer|vais facturer|facturerai|souhaitons facturer|souhaite facturer|voulons facturer)(?: {PERIOD_FR})?",
    rf"(?:oui )?(?:(?:c'est )?d'accord(?: pour (?:nous|moi))?|(?:je suis|nous sommes) d'accord|{_WHO_FR}?(?:confirme[es]?|confirmons)){_TAIL_FR}",
    rf"(?:(?:vamos a|queremos|deseamos|voy a|quiero) facturar|facturaremos)(?: {PERIOD_ES})?",
    rf"(?:(?:estoy |estamos )?de acuerdo|confirmo|confirmamos|confirmad[oa]){_TAIL_ES}",
)
WILL_NOT_BILL: Final = (
    rf"(?:there is |there's |{{who}}(?: have| have got|'ve|'ve got) )?nothing (?:for us )?to (?:bill|invoice|claim)(?: for)?(?: {PERIOD_EN})?{_TAIL_EN}",
    rf"(?:{{who}}(?: are| am|'re|'m| will) )?not (?:be )?(?:billing|invoicing)(?: anything)?(?: {PERIOD_EN})?{_TAIL_EN}",
    rf"{{who}}(?: are| am|'re|'m) not (?:billing|invoicing)(?: anything)?(?: {PERIOD_EN})?{_TAIL_EN}",
    rf"(?:{{who}} )?(?:will not|won't) (?:be )?(?:bill|billing|invoice|invoicing)(?: anything)?(?: {PERIOD_EN})?{_TAIL_EN}",
    rf"{{who}} (?:do not|don't) (?:have anything|wish|want|need|plan|intend) to (?:bill|invoice)(?: anything)?(?: {PERIOD_EN})?{_TAIL_EN}",
    rf"(?:cannot|can't|unable to|{{who}} (?:cannot|can't|are unable to)) (?:bill|invoice)(?: {PERIOD_EN})?",
    rf"(?:{{who}} have )?no (?:billing|invoice|invoices)(?: from us)?(?: {PERIOD_EN})?{_TAIL_EN}",
    rf"(?:nous n'avons |je n'ai |on n'a |il n'y a )?rien a facturer(?: {PERIOD_FR})?(?: merci)?",
    rf"(?:nous|on|je) ne (?:facturons|facturerons|facture|facturerai) (?:pas|rien)(?: {PERIOD_FR})?",
    rf"(?:pas de|aucune) (?:facturation|facture)(?: {PERIOD_FR})?",
    rf"(?:no (?:tenemos|tengo|hay) )?nada que facturar(?: {PERIOD_ES})?(?: gracias)?",
    rf"no (?:vamos a facturar|facturaremos|facturamos)(?: nada)?(?: {PERIOD_ES})?",
    rf"{PERIOD_ES} no (?:vamos a facturar|facturaremos|facturamos)(?: nada)?|{PERIOD_FR} (?:nous|on) ne (?:facturons|facture|facturerons) (?:pas|rien)",
    rf"(?:sin|no hay) (?:facturacion|factura)(?: {PERIOD_ES})?",
)
AS_NOTED: Final = (
    r"(?:{who} )?(?:approve|approves|approved)(?: {en})? as noted",
    r"(?:approuve|approuvee|j'approuve|nous approuvons)(?: {fr})? (?:comme annote|tel qu'annote|avec annotations)e?",
    r"(?:aprobad[oa]|apruebo|aprobamos)(?: {es})? (?:segun lo anotado|con anotaciones|segun anotaciones)",
)
# `sí` is not here: without its accent it is also "if" (reference 2.2); see kinds_of_clauses.py.
YES: Final = (
    r"(?:yes|yep|yeah|yup)(?: please| indeed| of course| sir| thanks| thank you| (?:we|i) (?:do|will|would))?",
    r"oui(?: s'il vous plait| bien sur| merci| volontiers| avec plaisir)?",
)
NO: Final = (r"(?:no|nope)(?: thanks| thank you| sorry| gracias)?", r"non(?: merci| desolee?s?)?")
OK: Final = (r"ok|okay",)

# --- what may stand around the answer ------------------------------------------------------------------------------
SORRY: Final = (
    r"(?:unfortunately|regrettably|regretfully|sorry|apologies|(?:i am|we are|i'm|we're) (?:sorry|afraid))",
    r"(?:malheureusement|desolee?s?|(?:je suis|nous sommes) desolee?s?)",
    r"(?:lamentablemente|desafortunadamente|desgraciadamente|lo siento|lo sentimos|lo lamento)",
)
GREETING: Final = (
    r"(?:hi|hello|hey|dear|greetings|good (?:morning|afternoon|evening|day))",
    r"(?:bonjour|salut|bonsoir|chere?|allo)",
    r"(?:hola|buenos dias|buen dia|buenas tardes|buenas|estimad[oa]s?)",
)
# A name may follow: "Thanks Anna".
COURTESY: Final = (
    r"(?:thanks|many thanks|thank you|thx|thanks again|thank you again|cheers)(?: very much| so much| a lot)?",
    r"merci(?: beaucoup| d'avance| bien)?",
    r"(?:muchas )?gracias(?: de antemano)?",
)
# Complete in themselves.
COMPLETE_COURTESY: Final = (
    r"(?:thanks|thank you) for (?:the|your|this) (?:billing )?(?:invitation|invite|e-?mail|message|note|reminder|opportunity)",
    r"(?:thanks|thank you) for (?:reaching out|inviting us|checking|letting us know)",
    r"(?:i |we )?hope (?:you are|you're|all is|this finds you|this email finds you|this message finds you)(?: doing)? well",
    r"sorry for the (?:delay|late reply|delayed reply)",
    r"(?:(?:all the |my )?best|(?:best|kind|warm|kindest|warmest) regards|best wishes|regards|sincerely|yours (?:truly|sincerely)|respectfully|sincerely yours|take care)",
    r"have a (?:good|great|nice|lovely) (?:day|weekend|week|evening|one)",
    r"(?:much appreciated|(?:we |i )?appreciate it|talk soon|you too)",
    r"(?:please )?(?:let (?:me|us) know if you (?:have any questions|need anything(?: else| further)?)|call (?:me |us )?with any questions)",
    r"(?:bien )?cordialement|bien a vous|(?:meilleures|sinceres|mes) salutations|salutations|respectueusement|a bientot",
    r"merci (?:pour|de) (?:votre|l'|l') ?(?:invitation|message|courriel|mail)",
    r"j'espere que vous allez bien|bonne (?:journee|semaine|soiree|fin de semaine|fin de journee)",
    r"(?:un |cordiales |un cordial )?saludos?(?: cordiales)?|atentamente|cordialmente|buen dia|quedo atent[oa]",
    r"gracias por (?:la|su|tu) (?:invitacion|mensaje|correo)|que tengan? (?:un )?buen(?:a)? (?:dia|semana|tarde)",
    r"espero que (?:este|esten|estes|se encuentre) bien",
)
# Goes with an acceptance alone ("No, please proceed" refuses nothing); our letter promises the form.
SEND_FORM: Final = (
    r"please(?: proceed)?|s'il (?:vous|te) plait|svp|por favor",
    r"(?:please |kindly )?send (?:us |me |over )?(?:the|your) (?:billing )?form(?: please)?",
    r"(?:merci de |veuillez )?(?:nous |m')?envoye[rz](?:-nous|-moi)? le formulaire(?: de facturation)?(?: svp| s'il vous plait)?",
    r"(?:por favor )?(?:envie|envienos|enviame|envien|mandenos) el formulario(?: de facturacion)?(?: por favor)?",
)
# Why there is nothing to bill: the only words a bare "no" may go on with ("No, go ahead" is no refusal).
NO_WORK: Final = (
    rf"(?:there (?:is|was) |we (?:have|had|did|have had) |we've had )?no (?:work|activity|progress|crew|crews|labor|costs?)(?: (?:was )?(?:done|performed|completed|on site|to bill))?(?: {PERIOD_EN})?",
    rf"(?:we )?(?:did not|didn't|have not|haven't) (?:do|work|worked|perform|performed|done|start|started)(?: any work| anything| yet| on site)?(?: {PERIOD_EN})?",
    rf"not (?:this (?:month|period|time|cycle)|at this time)|nothing (?:done|{PERIOD_EN})",
    rf"(?:il n'y a (?:pas )?eu |nous n'avons (?:eu |fait )?)?(?:pas de|aucun|aucuns) (?:travaux|travail|avancement)(?: {PERIOD_FR})?|pas {PERIOD_FR}",
    rf"(?:no hubo|no hay|no tuvimos|sin) (?:trabajos?|obra|avances?|actividad)(?: {PERIOD_ES})?|{PERIOD_ES} no",
)
