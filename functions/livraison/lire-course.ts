// What a courier says of a delivery of his, in words or with a picture: picked up, on the way, handed over, not possible.
import type { Lecture, Raison } from './lire-livreur.ts';
import { CLIENT, EN_MAIN, type Lu, pasCompris, pour, TOUTES, viser } from './message-lu.ts';
import { type Motif, parle } from './mots-livreur.ts';

const ECHECS: [Motif, Raison][] = [
  ['abime', 'colis_abime'],
  ['refusClient', 'refus_client'],
  ['adresse', 'adresse_introuvable'],
  ['injoignable', 'client_injoignable'],
  ['clientAbsent', 'client_absent'],
];

/** "Pas absente", "le client a pas refusé": not so. */
const NIE =
  /(?:^| )(?:pas|plus|jamais) (?:absent|injoignable|refuse|abime|casse|annule|perdu|eteint|introuvable)[a-z]*/g;

function raisonDite({ mots, dit }: Lu): Raison | null {
  const affirme = mots.replace(NIE, ' ').replace(/ {2,}/g, ' ');
  return ECHECS.find(([motif]) => parle(affirme, motif) && !(motif === 'abime' && dit('panne')))?.[1] ?? null;
}

/** After he was asked to wait for his customer. */
const ENCORE = /^(?:bon |non )?toujours (?:rien|pas|personne)(?: |$)/;

export function lireCourse(lu: Lu): Lecture | null {
  const { c, dit, code } = lu;
  const raison = raisonDite(lu);
  const dit_quelque_chose =
    raison !== null ||
    code !== null ||
    ENCORE.test(lu.mots) ||
    (
      [
        'livre',
        'recupere',
        'panne',
        'renonce',
        'nePeutPas',
        'enRoute',
        'probleme',
        'refusAutre',
        'retour',
      ] as const
    ).some(dit);
  if (!dit_quelque_chose || !duMetier(lu, raison)) return null;
  if (c.livraisons.length === 0) {
    const deja = c.finies > 0 && (code !== null || dit('livre') || dit('recupere')) && !lu.question;
    return deja ? { intention: 'deja' } : null;
  }
  return lireEchec(lu, raison) ?? lireAvancee(lu);
}

/** Whether this is a courier's sentence. After the AI's or a person's words it must be short or say so. */
function duMetier(lu: Lu, raison: Raison | null): boolean {
  const { c, dit, code } = lu;
  const parleDeCourse = dit('course') || code !== null;
  if (dit('achat') && code === null) return false;
  if (lu.auLivreur) return true;
  if (lu.question || (dit('doute') && code === null)) return false;
  // What a customer says just as well: he calls off, he has received, it is fine like that, he comes.
  const sansEquivoque =
    raison !== null || dit('recupere') || /(?:^| )(?:livre[er]?e?|remis|depose[e]?)(?= |$)/.test(lu.mots);
  if (code !== null) return lu.nombreMots <= 6 || parleDeCourse;
  return sansEquivoque && (dit('course') || (lu.nombreMots <= 3 && !c.dialogue) || lu.nombreMots <= 1);
}

function lireEchec(lu: Lu, raison: Raison | null): Lecture | null {
  const { c, dit, mots, code } = lu;
  const motsDits = c.message.texte.slice(0, 300);
  const aChercher = viser(lu, ['assignee']);
  // Who finds nobody at the shop says nothing of the customer; nor does who is not given the code.
  if (raison !== null && (dit('refusAutre') || (aChercher.length > 0 && BOUTIQUE.test(mots))))
    return pour(
      lu,
      dit('refusAutre') ? viserEnMainDAbord(lu) : aChercher,
      (livraison) => ({ intention: 'probleme', livraison }),
      'probleme',
    );
  if (
    raison !== null &&
    code === null &&
    !/(?:^| )je (?:ne )?suis (?:pas|plus) (?:encore )?la(?= |$)/.test(mots)
  ) {
    // "Livré" and a reason in one breath is one thing too many.
    if (dit('livre') && !dit('negation')) return pasCompris(lu);
    const cibles = viserEnMainDAbord(lu);
    if (lu.question || dit('doute'))
      return pour(lu, cibles, (livraison) => ({ intention: 'probleme', livraison }), 'probleme');
    return pour(
      lu,
      cibles,
      (livraison) => ({ intention: 'echec', livraison, raison, mots: motsDits, definitif: dit('retour') }),
      'echec',
      raison,
    );
  }
  const encore = ENCORE.test(mots);
  if ((dit('retour') || encore) && code === null && !dit('livre')) {
    const enMain = viser(lu, EN_MAIN);
    // Why is known if he was just asked to wait for his customer.
    const attendu = /^livraison:(\d+):echec:(client_[a-z]+)$/.exec(
      lu.sujet?.boutons.find((id) => ATTENTE.test(id)) ?? '',
    );
    if (attendu !== null && Number(attendu[1]) === enMain[0] && !lu.question && (encore || !dit('negation')))
      return {
        intention: 'echec',
        livraison: enMain[0],
        raison: attendu[2] === 'client_absent' ? 'client_absent' : 'client_injoignable',
        mots: motsDits,
        definitif: !encore,
      };
    if (enMain.length > 0 && !encore)
      return pour(lu, enMain, (livraison) => ({ intention: 'probleme', livraison }), 'probleme');
  }
  const panne = dit('panne') && !dit('panneAilleurs');
  // "Je ne peux pas" and no more; "… pas avancer" is a trouble like others.
  const renonce =
    dit('renonce') ||
    (dit('nePeutPas') &&
      (lu.nombreMots <= 5 || /(?:^| )(?:faire|prendre|livrer|venir|assurer|continuer)(?= |$)/.test(mots)) &&
      !/(?:^| )(?:avancer|appeler|joindre|entrer|passer|trouver|avant)(?= |$)/.test(mots));
  if (panne || dit('renonce') || dit('nePeutPas')) {
    const aRetirer = viser(lu, ['assignee']);
    const enMain = viser(lu, EN_MAIN);
    const doute = lu.question || dit('doute') || !(panne || renonce);
    if (aRetirer.length > 0 && enMain.length === 0 && !doute && lu.ouvertes.length === 0)
      return pour(lu, aRetirer, (livraison) => ({ intention: 'renoncer', livraison }), 'renoncer');
    if (panne && enMain.length === 1 && aRetirer.length === 0 && !doute)
      return {
        intention: 'echec',
        livraison: enMain[0] ?? 0,
        raison: 'autre',
        mots: motsDits,
        definitif: true,
      };
    return pour(lu, viser(lu, TOUTES), (livraison) => ({ intention: 'probleme', livraison }), 'probleme');
  }
  return null;
}

const BOUTIQUE = /(?:^| )(?:boutiques?|magasins?|vendeurs?|vendeuses?|shop)(?= |$)/;
const ATTENTE = /:echec:client_(?:absent|injoignable)$/;

/** He has it in his hands, else he is on his way to it. */
function viserEnMainDAbord(lu: Lu): number[] {
  const enMain = viser(lu, EN_MAIN);
  return enMain.length > 0 ? enMain : viser(lu, ['assignee']);
}

function lireAvancee(lu: Lu): Lecture | null {
  const { dit, code, mots } = lu;
  const cherche =
    /(?:^| )(?:vais|va|pars|part|dois|viens(?! d[e ])|veux|peux|pour)(?: [a-z]+){0,2} (?:livrer|recuperer|recup|prendre|chercher|remettre|deposer)(?= |$)/.test(
      mots,
    ) ||
    /(?:^| )je (?:le |la |l )?(?:livre|recupere|recup|ramasse)(?: ca| le colis| le paquet)? (?:dans [0-9]+|a [0-9]+ ?h|vers|bientot|apres|demain|ce soir|tout a l heure)(?= |$)/.test(
      mots,
    );
  const negation = dit('negation') && !/(?:pas de|sans) (?:probleme|souci)/.test(mots);
  if (code !== null && (dit('livre') || codeSeul(lu)) && !negation && !cherche) {
    return pour(
      lu,
      viserEnMainDAbord(lu),
      (livraison) => ({ intention: 'livree', livraison, code }),
      'code',
      String(lu.c.message.id),
    );
  }
  if (dit('livre') && !cherche) {
    if (dit('pasEncore'))
      return pour(
        lu,
        viserEnMainDAbord(lu),
        (livraison) => ({ intention: 'pas_encore', livraison }),
        'pas_encore',
      );
    if (negation)
      return pour(
        lu,
        viserEnMainDAbord(lu),
        (livraison) => ({ intention: 'probleme', livraison }),
        'probleme',
      );
    if (lu.question || dit('doute') || code !== null) return pasCompris(lu);
    return pour(
      lu,
      viserEnMainDAbord(lu),
      (livraison) => ({ intention: 'livree', livraison, code: null }),
      'livree',
    );
  }
  if (dit('recupere') && !cherche) {
    if (negation || lu.question || dit('doute') || code !== null) return pasCompris(lu);
    const aRetirer = viser(lu, ['assignee']);
    return pour(
      lu,
      aRetirer.length > 0 ? aRetirer : viser(lu, EN_MAIN),
      (livraison) => ({ intention: 'recuperee', livraison }),
      'recuperee',
    );
  }
  if (dit('enRoute') || cherche) {
    if (negation || lu.question) return pasCompris(lu);
    const vers = viser(lu, EN_MAIN);
    const ou = vers.length > 0 ? vers : viser(lu, ['assignee']);
    // To more than one it is only said politely.
    return ou.length === 1 ? { intention: 'en_route', livraison: ou[0] ?? 0 } : { intention: 'vu' };
  }
  if (dit('refusAutre') || (BOUTIQUE.test(mots) && dit('nePeutPas'))) {
    return pour(lu, viserEnMainDAbord(lu), (livraison) => ({ intention: 'probleme', livraison }), 'probleme');
  }
  if (dit('probleme') && !/(?:pas de|sans|aucun) (?:probleme|souci)/.test(mots)) {
    return pour(lu, viserEnMainDAbord(lu), (livraison) => ({ intention: 'probleme', livraison }), 'probleme');
  }
  return null;
}

/** Called the code, or nothing but it and words around it. */
function codeSeul({ mots }: Lu): boolean {
  if (
    /(?:^| )code(?: [a-z]+){0,3}(?: [0-9]+)+(?= |$)|(?:^| )[0-9]+ (?:comme|c est (?:le|son)|est (?:le|son)) code(?= |$)/.test(
      mots,
    )
  )
    return true;
  const autres = mots
    .replace(/[0-9 ]+/g, ' ')
    .split(' ')
    .filter(
      (mot) =>
        mot !== '' &&
        !/^(?:le|la|de|du|son|c|est|cest|voici|voila|code|ok|client|cliente|donne|il|elle|dit|a|ma|m|fait|livraison|patron|chef|zero|une?|deux|trois|quatre|cinq|six|sept|huit|neuf|dix|onze|douze|treize|quatorze|quinze|seize|vingts?|trente|quarante|cinquante|soixante|cents?|mille|et)$/.test(
          mot,
        ),
    );
  return autres.length === 0;
}

// ── pictures ─────────────────────────────────────────────────────────────────────────────────────────────────────

export function lirePhoto(lu: Lu): Lecture {
  const { c, dit, code } = lu;
  if (c.livraisons.length === 0 || dit('achat'))
    return c.livraisons.length > 0 && lu.auLivreur ? pasCompris(lu) : CLIENT;
  // To who is just buying, a picture shows what he wants.
  if (!lu.auLivreur && c.dialogue && !dit('livre') && !dit('recupere') && code === null) return CLIENT;
  const photo = c.message.id;
  const raison = raisonDite(lu);
  if (raison !== null || code !== null) {
    const lecture = raison !== null ? lireEchec(lu, raison) : lireAvancee(lu);
    if (lecture !== null) return lecture;
  }
  const enMain = viser(lu, EN_MAIN);
  if (enMain.length === 0 || (dit('recupere') && !dit('livre') && viser(lu, ['assignee']).length > 0)) {
    const aRetirer = viser(lu, ['assignee']);
    if (dit('recupere') && !dit('negation') && !lu.question)
      return pour(lu, aRetirer, (livraison) => ({ intention: 'recuperee', livraison }), 'recuperee');
    return pour(
      lu,
      aRetirer,
      (livraison) => ({ intention: 'photo', livraison, photo, remis: false }),
      'montre',
      String(photo),
    );
  }
  const remis = dit('livre') && !dit('negation') && !dit('doute') && !lu.question;
  return pour(
    lu,
    enMain,
    (livraison) => ({ intention: 'photo', livraison, photo, remis }),
    remis ? 'photo' : 'montre',
    String(photo),
  );
}
