"""The words that signatures are made of, in English, French and Spanish: what stands below a name is one by these alone.

No word here says what is paid, when, or for what: a line of them sets no condition.
"""

from __future__ import annotations

from typing import Final

from .vocabulary import words_of

# Of a title at least one of these stands in it.
OFFICES: Final = words_of(
    """
    accountant accounting ap ar administrator administration admin administrative adjointe adjoint adjunta adjunto agent analyst
    apoderado apoderada architect architecte arquitecto arquitecta assistant assistante asistente associate auxiliar bookkeeper
    buyer ceo cfo cio coo cto chair chairman chairwoman charge chargee chef chief clerk comptable comptabilite comptroller
    conducteur conductrice consultant contador contadora contabilidad controller controleur controleuse contralor coordinator
    coordonnateur coordonnatrice coordinador coordinadora counsel cpa designer developer directeur directrice director directora
    draftsman encargado encargada engineer engineering estimateur estimatrice estimating estimator evp executive executif finance
    foreman foreperson founder fundador fundadora gerant gerante gerente gestionnaire ingenieur ingenieure ingeniero ingeniera
    inspector jefe jefa manager member officer owner partner payable payables payroll pm president presidente presidenta
    presidente-directrice principal procurement proprietaire propietario propietaria purchasing receivable receivables
    representative representante residente responsable secretaire secretaria secretary socio socia specialist superintendent
    superintendente superviseur supervisor supervisora surintendant surintendante technician technicien technicienne tresorier
    tresoriere tesorero tesorera treasurer trustee vice-president vice-presidente vicepresidente vicepresidenta vp svp avp
    """
)
# What else a title holds, and what companies and their departments are called.
TRADES: Final = words_of(
    """
    account accounts acier aceros acero air architectural architecture asphalt assurance associates bail beton building
    buildings builders business cabinetry capital carpentry carrelage ceilings charpente civil clients commercial commercials
    company concrete concreto conditioning construccion construcciones constructora construction constructions constructors
    constructores consulting contract contracting contractor contractors contracts contratista contratistas control controls
    corporate cost couvreurs deck demolition department depto departamento departement design development direccion direction
    divisional division doors drywall earthworks electric electrica electrical electricidad electrique electricite
    elevator employees energy entrepreneur entrepreneurs entreprise entreprises envelope environmental erection erectors
    estructuras excavating excavation exterior exteriors fabrication fabricators facilities facturation facturacion field
    finances financial financier financiere financiero financiera finish finishes fire flooring floors foundations framing
    fundaciones general generale generales glass glazing global group groupe grupo heating hvac housing human improvement
    industrial industries infrastructure instalaciones insulation interior interiors international ironworks janitorial junior
    landscape landscaping lead legal lighting maconnerie management managing marketing masonry mechanical mecanique mecanica
    metal metals millwork national obra obras office oficina operations operaciones operating ops painting paving peinture
    pintura piping planning plaster plomberie plumbing plomeria precast preconstruction pre-construction production project
    projects projet projets properties property protection proyecto proyectos public quality quantity real estate realty
    regional resources responsible restoration retail roofing roofers rrhh sales safety scheduling security senior service
    services servicios siding sales site sitework solutions sprinkler sr staff steel strategic structural structures
    subcontracts supply surveying surveyor survey systems team technical technologies tecnico tecnica tile tiles trade trades
    traffic travaux treasury tresorerie utilities vice ventas ventilation vidrio waterproofing welding windows works ouvrages
    """
)
# At the end of a company's name.
LEGAL_FORMS: Final = words_of(
    "llc llp lp inc incorporated corp corporation co company ltd limited ltee plc pc pllc sarl sas sa srl sl slu cv enr senc gmbh"
)
# Behind a person's name.
CREDENTIALS: Final = words_of(
    "aia arch ccm cfa cma cpa cga cpm cpp csi dbia ei eit esq faia fcpa ing jd jr ii iii leed ap bd+c mba md ms msc ma bsc pe "
    "p.e peng p.eng phd pgp pmp pmi-acp ra rcdd rla sr se she her hers he him his they them theirs elle il ella el mr mrs ms mme m "
    "dr sra ing arq lic ca oiq"
)
# Before a number or an address of any kind.
LABELS: Final = words_of(
    "a/c c cel celular cell cellulaire correo courriel d desk direct directo directe e e-mail email ext extension f fax fixe h "
    "home http https interno l linkedin m main mob mobile movil no num o office oficina p phone po poste principal site t tel tel/fax telec telecopieur telefono "
    "telephone tf toll-free tollfree w web website www ph office/cell"
)
# Before the number of a licence, and what else stands there.
LICENSES: Final = words_of(
    "cslb dir ein gst hst lic licence licencia license nmls rbq reg registration registro rfc siret tps tva tvq vat"
)
LICENSE_WORDS: Final = LICENSES | words_of("contractor contractors general no num number of")
# Who a company belongs to, as authorities certify it.
CERTIFIED: Final = words_of("mbe wbe dbe sbe vosb sdvosb wosb hub 8(a minority women woman veteran disadvantaged")
CERTIFIED_WORDS: Final = CERTIFIED | words_of(
    "certified certifie certifiee certificado certificada owned small business enterprise and & y et service disabled"
)
# The kinds of ways: behind the name in English, before it in French and Spanish.
WAYS: Final = [
    "ave",
    "avenue",
    "av",
    "blvd",
    "boulevard",
    "circle",
    "cir",
    "court",
    "ct",
    "crescent",
    "drive",
    "dr",
    "highway",
    "hwy",
    "lane",
    "ln",
    "parkway",
    "pkwy",
    "pike",
    "place",
    "pl",
    "plaza",
    "road",
    "rd",
    "square",
    "sq",
    "street",
    "st",
    "terrace",
    "ter",
    "trail",
    "turnpike",
    "way",
]
FRENCH_WAYS: Final = [
    "allee",
    "avenue",
    "av",
    "boulevard",
    "boul",
    "blvd",
    "chemin",
    "ch",
    "cours",
    "impasse",
    "montee",
    "place",
    "quai",
    "rang",
    "route",
    "rte",
    "rue",
]
SPANISH_WAYS: Final = [
    "avenida",
    "av",
    "avda",
    "blvd",
    "boulevard",
    "bulevar",
    "calle",
    "c/",
    "calzada",
    "camino",
    "carretera",
    "carr",
    "paseo",
    "plaza",
    "via",
]
ROOMS: Final = [
    "apt",
    "apartment",
    "bureau",
    "etage",
    "fl",
    "floor",
    "local",
    "oficina",
    "of",
    "piso",
    "room",
    "rm",
    "ste",
    "suite",
    "unit",
]
REGIONS: Final = words_of(
    "al ak az ar ca co ct de fl ga hi id il in ia ks ky la me md ma mi mn ms mo mt ne nv nh nj nm ny nc nd oh ok or pa ri sc sd tn tx "
    "ut vt va wa wv wi wy dc pr ab bc mb nb nl ns nt nu on pe qc sk yt quebec ontario alberta manitoba cdmx usa canada mexico "
    "espana spain france us jalisco"
)
