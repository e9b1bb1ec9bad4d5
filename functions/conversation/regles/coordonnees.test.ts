// What an order needs besides its goods, as people in Abidjan write it.
import { describe, expect, test } from 'vitest';
import { type Attendu, type Coordonnees, lieuDemande, lireCoordonnees } from './coordonnees.ts';
import { normaliser } from './mots.ts';

const LIEUX = new Set(
  `yop|yopougon|yop maroc|maroc|cocody|angre|cocody angre|2 plateaux|deux plateaux|plateau|abobo|adjame|marcory|zone 4|koumassi|port bouet|
  treichville|bingerville|riviera|riviera 2|riviera palmeraie|bassam|grand bassam|bouake|yamoussoukro|san pedro|niangon|
  gonzagueville|anyama|songon|attecoube|faya|williamsville|korhogo|daloa|angre 8e tranche`
    .split('|')
    .map((l) => l.trim()),
);
/** As strict as a search can be: the whole text is the place. */
const exact = async (texte: string) => LIEUX.has(normaliser(texte));
/** As loose as a search can be: the text names a place somewhere. */
const contient = async (texte: string) => [...LIEUX].some((l) => ` ${normaliser(texte)} `.includes(` ${l} `));

type Rang = [dit: string | string[], attendu: Attendu, lu: Partial<Coordonnees>];
const rien = { adresse: null, telephone: null, nom: null, methode: null, retrait: null, notes: null };

const TOUT_EN_UN: Rang[] = [
  [
    "ok je prends, livrez moi à Yop Maroc derriere la pharmacie c'est Awa 0708091011",
    null,
    { adresse: 'Yop Maroc derriere la pharmacie', telephone: '0708091011', nom: 'Awa', retrait: false },
  ],
  [
    ['Yopougon Maroc, derrière la pharmacie', 'Awa Koné', '0708091011', 'à la livraison'],
    'adresse',
    {
      adresse: 'Yopougon Maroc, derrière la pharmacie',
      nom: 'Awa Koné',
      telephone: '0708091011',
      methode: 'paiement_livraison',
    },
  ],
  [
    'Je mappelle Kouadio Yao jhabite à angré 8e tranche en face de la station total, mon numero 05 44 33 22 11 je paie par wave',
    null,
    {
      adresse: 'angré 8e tranche en face de la station total',
      nom: 'Kouadio Yao',
      telephone: '0544332211',
      methode: 'wave',
    },
  ],
  [
    ['je valide', 'livraison à Abobo', 'carrefour samaké', 'tel 0102030405'],
    null,
    { adresse: 'Abobo, carrefour samaké', telephone: '0102030405' },
  ],
  [
    'Nom : Traoré Fatou\nAdresse : Cocody, près du lycée classique\nTel : 07.08.09.10.11\nPaiement : orange money',
    null,
    {
      nom: 'Traoré Fatou',
      adresse: 'Cocody, près du lycée classique',
      telephone: '0708091011',
      methode: 'orange_money',
    },
  ],
  [
    'livrez à Bingerville demain après 17h svp, appelez avant de venir 0707070707',
    null,
    { adresse: 'Bingerville', notes: 'demain après 17h, appelez avant de venir', telephone: '0707070707' },
  ],
  [
    "d'accord je prends la robe rouge M, je suis à koumassi remblais vers la grande mosquée",
    null,
    { adresse: 'koumassi remblais vers la grande mosquée', nom: null },
  ],
];

const ADRESSES: Rang[] = [
  ['Yop', 'adresse', { adresse: 'Yop' }],
  ['yop maroc derriere la pharmacie', 'adresse', { adresse: 'yop maroc derriere la pharmacie' }],
  ['à Cocody Angré', 'adresse', { adresse: 'Cocody Angré' }],
  ['aux 2 plateaux', 'adresse', { adresse: '2 plateaux' }],
  ["c'est à Marcory zone 4", 'adresse', { adresse: 'Marcory zone 4' }],
  ['je suis au plateau, immeuble alpha 2000', 'adresse', { adresse: 'plateau, immeuble alpha 2000' }],
  ['derrière la pharmacie', 'adresse', { adresse: 'derrière la pharmacie' }],
  ['ok Treichville avenue 12 rue 5', 'adresse', { adresse: 'Treichville avenue 12 rue 5' }],
  [['Yop', 'derriere la pharmacie keneya'], 'adresse', { adresse: 'Yop, derriere la pharmacie keneya' }],
  ['Kpokahankro', 'adresse', { adresse: 'Kpokahankro' }],
  ['je prends la robe à Yop', null, { adresse: 'Yop' }],
  ['livraison a koumassi svp', null, { adresse: 'koumassi' }],
  ['envoyez moi ça à San Pedro gare UTB', null, { adresse: 'San Pedro gare UTB' }],
  ['livre moi sur abobo merci', null, { adresse: 'abobo' }],
  ['Yop... non Cocody', 'adresse', { adresse: 'Cocody' }],
  ['finalement livrez moi à Adjamé', 'confirmation', { adresse: 'Adjamé' }],
  [
    'mon adresse c’est Riviera Palmeraie rue des jardins',
    null,
    { adresse: 'Riviera Palmeraie rue des jardins' },
  ],
  ['riviera 2', 'adresse', { adresse: 'riviera 2' }],
  ['chez moi c’est à Faya', null, { adresse: 'Faya' }],
  ['livrez moi à Yop, c combien la livraison ?', null, { adresse: 'Yop' }],
];

const ADRESSES_LIBRES: Rang[] = [
  [
    'bjr c pr une livraison a yop sideci pres du groupe scolaire',
    null,
    { adresse: 'yop sideci pres du groupe scolaire' },
  ],
  ['Je suis à Abobo baoulé, au terminus du 49', 'adresse', { adresse: 'Abobo baoulé, terminus du 49' }],
  ['45 rue des jardins, 2 Plateaux Vallon', 'adresse', { adresse: '45 rue des jardins, 2 Plateaux Vallon' }],
  [
    ['Attoban carrefour', 'non loin de la pharmacie', '0709080706'],
    'adresse',
    { adresse: 'Attoban carrefour, non loin de la pharmacie', telephone: '0709080706' },
  ],
  ['Yop Awa 0102030405', 'adresse', { adresse: 'Yop', nom: 'Awa', telephone: '0102030405' }],
  ['Yop Siporex svp et vous arrivez à quelle heure ?', 'adresse', { adresse: 'Yop Siporex', notes: null }],
  [
    'non livrez plutôt à Cocody angré derriere la pharmacie',
    'confirmation',
    { adresse: 'Cocody angré derriere la pharmacie' },
  ],
  ['je veux 2 robes wax livrées à Cocody', null, { adresse: 'Cocody' }],
  [
    'Bonjour je veux 2 nike en 40, livraison à Cocody angré, je paie à la livraison',
    null,
    { adresse: 'Cocody angré', methode: 'paiement_livraison' },
  ],
];

const PAS_D_ADRESSE: Rang[] = [
  ['je vous envoie ma localisation', 'adresse', rien],
  ['au même endroit que la dernière fois', 'adresse', rien],
  ['vous connaissez yop maroc ?', 'adresse', rien],
  ["ma cousine qui habite à Yop m'a parlé de vous", null, rien],
  ['Chez moi', 'adresse', rien],
  ['je prends la robe pour marraine Yop', null, { adresse: null }],
  ['je sais pas encore', 'adresse', rien],
  ['vous livrez à Yop ?', null, rien],
  ['livraison Abobo c combien', null, rien],
  ['livraison à yop combien', 'adresse', { adresse: null }],
  ['c combien la livraison pour bingerville', null, rien],
  ['je prends la robe rouge', 'adresse', { adresse: null }],
  ['oui', 'adresse', rien],
  ['ok', 'adresse', rien],
  ['pourquoi ?', 'adresse', rien],
  ['attendez', 'adresse', rien],
  ['ajoute aussi un sac', 'adresse', { adresse: null }],
  ['ok merci', 'adresse', rien],
  ['je suis à vous dans 5 minutes', null, { adresse: null }],
  ['nike en 38', null, rien],
  ['bonjour', 'adresse', rien],
  ['je prends 2 nike à 45000', null, { adresse: null }],
  ["c'est à combien", null, rien],
  ['la livraison est gratuite ?', 'adresse', rien],
  ['vous êtes où ?', 'adresse', { adresse: null }],
];

const TELEPHONES: Rang[] = [
  ['0708091011', 'telephone', { telephone: '0708091011' }],
  ['07 08 09 10 11', null, { telephone: '0708091011' }],
  ['07-08-09-10-11', null, { telephone: '0708091011' }],
  ['07/08/09/10/11', null, { telephone: '0708091011' }],
  ['+225 07 08 09 10 11', null, { telephone: '+2250708091011' }],
  ['2250708091011', null, { telephone: '+2250708091011' }],
  ['002250708091011', null, { telephone: '+2250708091011' }],
  ['+33 6 12 34 56 78', null, { telephone: '+33612345678' }],
  ['o7 o8 o9 1o 11', 'telephone', { telephone: '0708091011' }],
  ['mon numéro c le 2722334455', 'telephone', { telephone: '2722334455' }],
  ['2722334455', 'telephone', { telephone: '2722334455' }],
  ['08 09 10 11', 'telephone', { telephone: '08091011' }],
  ['mon numero 08091011', null, { telephone: '08091011' }],
  ['070809101', 'telephone', { telephone: '070809101' }],
  ['0708091011 ou 0505050505', 'telephone', { telephone: '0708091011' }],
  ['45000', 'telephone', rien],
  ['je prends 38 et 40', null, { telephone: null }],
  ['appelez moi au 0102030405', null, { telephone: '0102030405' }],
];

const NOMS: Rang[] = [
  ['Awa Koné', 'nom', { nom: 'Awa Koné' }],
  ['awa', 'nom', { nom: 'awa' }],
  ["c'est Awa", 'nom', { nom: 'Awa' }],
  ['Moi c’est Jean-Marc N’Guessan', 'nom', { nom: 'Jean-Marc N’Guessan' }],
  ['au nom de Mme Bamba', null, { nom: 'Mme Bamba' }],
  ["je m'appelle Zzyrk Blip", null, { nom: 'Zzyrk Blip' }],
  ['mettez Kouamé', 'nom', { nom: 'Kouamé' }],
  ['c konan', null, { nom: 'konan' }],
  [
    'mon nom est Ouattara Issa et mon numéro 0101010101',
    null,
    { nom: 'Ouattara Issa', telephone: '0101010101' },
  ],
  ['mettez au nom de ma soeur Aya', null, { nom: 'Aya' }],
  ['El Hadj Diallo', 'nom', { nom: 'El Hadj Diallo' }],
  ['je vous l’ai déjà dit', 'nom', rien],
  ['Rose Kouassi', 'nom', { nom: 'Rose Kouassi' }],
  ['Yao, 0708091011', 'nom', { nom: 'Yao', telephone: '0708091011' }],
  ['je suis Aya', 'nom', { nom: 'Aya' }],
  ["c'est bon", 'nom', rien],
  ["c'est Yop", null, { nom: null }],
  ["c'est combien", 'nom', rien],
  ["c'est pour demain", null, { nom: null }],
  ["c'est la Nike", null, { nom: null }],
  ["c'est Nike que je veux", null, { nom: null }],
  ['bonjour', 'nom', rien],
  ['oui', 'nom', rien],
  ['pourquoi', 'nom', rien],
  ['Yopougon', 'nom', { nom: null }],
  ['robe wax', 'nom', rien],
  ['je veux aussi un sac', 'nom', { nom: null }],
];

const PAIEMENTS: Rang[] = [
  ['à la livraison', 'paiement', { methode: 'paiement_livraison' }],
  ['cash', 'paiement', { methode: 'paiement_livraison' }],
  ['en espèces', null, { methode: 'paiement_livraison' }],
  ['je paie quand je reçois', null, { methode: 'paiement_livraison' }],
  ['main à main', 'paiement', { methode: 'paiement_livraison' }],
  ['OM', 'paiement', { methode: 'orange_money' }],
  ['orange', 'paiement', { methode: 'orange_money' }],
  ['par orange money', null, { methode: 'orange_money' }],
  ['momo', 'paiement', { methode: 'mtn_money' }],
  ['je paie par mtn', null, { methode: 'mtn_money' }],
  ['wave', 'paiement', { methode: 'wave' }],
  ['par wave c’est possible ?', 'paiement', { methode: 'wave' }],
  ['virement', 'paiement', { methode: 'virement_bancaire' }],
  ['moov', 'paiement', { methode: 'inconnue' }],
  ['par carte visa', 'paiement', { methode: 'inconnue' }],
  ['mobile money', 'paiement', { methode: 'inconnue' }],
  ['pas wave, orange money', 'paiement', { methode: 'orange_money' }],
  ['wave non plutôt cash', 'paiement', { methode: 'paiement_livraison' }],
  [['wave', 'finalement à la livraison'], 'paiement', { methode: 'paiement_livraison' }],
  ['j’ai payé hier par wave et toujours rien', null, { methode: null }],
  ['livrez d’abord', 'paiement', { methode: 'paiement_livraison' }],
  ['vous acceptez wave ?', null, { methode: null }],
  ['la robe orange', null, { methode: null }],
  ['savon liquide', null, { methode: null }],
  ['sac à main', null, { methode: null }],
  ['carte mémoire 32 go', null, { methode: null }],
  ['frais de livraison combien', null, { methode: null }],
];

const RETRAITS: Rang[] = [
  ['je passe récupérer à la boutique', null, { retrait: true, adresse: null }],
  ['je viens chercher demain', 'livraison', { retrait: true }],
  ['retrait', 'livraison', { retrait: true }],
  ['à la boutique', 'livraison', { retrait: true, adresse: null }],
  ['livraison', 'livraison', { retrait: false }],
  ['livrez moi', null, { retrait: false, adresse: null }],
  ['je peux passer récupérer ?', null, { retrait: true }],
  ['pas besoin de livraison', null, { retrait: true }],
  ['je ne peux pas venir récupérer', null, { retrait: false }],
  ['je voudrais prendre les nike pointure 40', null, { retrait: null }],
  ['je veux retirer la puma', null, { retrait: null }],
  ['vous m’avez livré le mauvais article', null, { retrait: null }],
  ['vous livrez ?', null, { retrait: null }],
  ['je prends 2', null, { retrait: null }],
  ['je veux payer sur place', null, { retrait: null, methode: 'paiement_livraison' }],
];

const NOTES: Rang[] = [
  ['appelez avant de venir', null, { notes: 'appelez avant de venir' }],
  ['après 17h', 'confirmation', { notes: 'après 17h' }],
  ['samedi matin', null, { notes: 'samedi matin' }],
  ['laissez au gardien', null, { notes: 'laissez au gardien' }],
  ["c'est un cadeau", null, { notes: "c'est un cadeau", nom: null }],
  ['vous fermez à 17h ?', null, { notes: null }],
  ['prévenez moi quand il y en a', null, { notes: null }],
  ['appelez quand vous êtes là', null, { notes: 'appelez quand vous êtes là' }],
  ['je vous appelle demain', null, { notes: null }],
  ['à demain', null, { notes: null }],
  ['bonne soirée', null, { notes: null }],
];

describe.each([
  ['tout en un', TOUT_EN_UN],
  ['adresses', ADRESSES],
  ['adresses dans leurs phrases', ADRESSES_LIBRES],
  ['pas une adresse', PAS_D_ADRESSE],
  ['téléphones', TELEPHONES],
  ['noms', NOMS],
  ['paiements', PAIEMENTS],
  ['retrait ou livraison', RETRAITS],
  ['notes', NOTES],
])('%s', (_, rangs) => {
  test.each(rangs)('%j (attendu : %s)', async (dit, attendu, lu) => {
    for (const estLieu of [exact, contient])
      expect(await lireCoordonnees([dit].flat(), attendu, estLieu)).toMatchObject(lu);
  });
});

test('ce qui est lu ne nomme plus d’article, le reste demeure', async () => {
  const lu = await lireCoordonnees(
    ['je prends la robe rouge M', 'livrez à Yop Maroc derrière la pharmacie, Awa Koné 0708091011'],
    null,
    exact,
  );
  expect(lu.utilises).toEqual(expect.arrayContaining(['yop', 'maroc', 'pharmacie', 'awa', 'kone']));
  expect(lu.utilises).not.toEqual(expect.arrayContaining(['robe']));
  expect(lu.reste[0]).toBe('je prends la robe rouge M');
  expect(lu.reste.join(' ')).not.toMatch(/pharmacie|Awa|0708/);
});

test.each([
  ['c combien le 40', 'c combien le 40'],
  ['le sac livré à Yop ça me revient à combien', 'le sac livré ça me revient à combien'],
  ['Bonjour je veux le sac svp', 'Bonjour je veux le sac svp'],
])('ce qui n’est pas lu demeure : %s', async (dit, demeure) => {
  expect((await lireCoordonnees([dit], null, exact)).reste).toEqual([demeure]);
});

test('un lieu n’est demandé qu’une fois au catalogue des lieux', async () => {
  const demandes: string[] = [];
  const compter = async (texte: string) => {
    demandes.push(texte);
    return exact(texte);
  };
  await lireCoordonnees(['livrez à Yop, Yop Maroc, à Yop, à Yop derrière la pharmacie'], 'adresse', compter);
  expect(new Set(demandes).size).toBe(demandes.length);
  expect(demandes.length).toBeLessThan(20);
});

// A pattern that runs away would never come to its end here.
test.each([
  'c est ',
  'mon numero ',
  'je viens ',
  'envoie a b ',
  'livrez moi ',
  'à yop ',
  '07 ',
  'M ',
  'derrière ',
  ', ',
])('un texte fait pour égarer les motifs est lu jusqu’au bout : %j', async (bout) => {
  const long = bout.repeat(4096 / bout.length);
  for (const attendu of ['adresse', 'nom', 'telephone', null] as const)
    expect((await lireCoordonnees([long], attendu, exact)).utilises.length).toBeLessThan(20);
  expect(lieuDemande([`${long} livraison combien`])).toBeDefined();
});

test.each([
  ['vous livrez à Yop ?', 'Yop'],
  ['livraison Abobo c combien', 'Abobo'],
  ['c combien la livraison pour Bingerville', 'Bingerville'],
  ['vous livrez Cocody Angré ?', 'Cocody Angré'],
  ['frais de livraison pour les 2 plateaux', '2 plateaux'],
  ['livraison à yop combien svp', 'yop'],
  ['vous livrez jusqu’à Grand-Bassam ?', 'Grand-Bassam'],
  ['combien pour livrer à Yamoussoukro ?', 'Yamoussoukro'],
  ['bonjour, est ce que vous livrez à Bouaké ?', 'Bouaké'],
  ['et à Marcory ?', 'Marcory'],
  ['pour Abobo c combien', 'Abobo'],
  ['bingerville livraison combien', 'bingerville'],
  ['slt la livraison pour angré 8eme tranche fait combien', 'angré 8eme tranche'],
  ['la livraison est gratuite à cocody ?', 'cocody'],
  ['si je commande maintenant pour cocody je suis livré quand ?', 'cocody'],
  ['vous livrez ?', null],
  ['vous livrez à domicile ?', null],
  ['la livraison est gratuite ?', null],
  ['livrez moi à Yop', null],
  ['la livraison c combien', null],
  ['je prends la robe', null],
  ['c combien la nike', null],
  ['vous livrez quand ?', null],
])('lieu demandé : %s → %s', (dit, lieu) => {
  expect(lieuDemande([dit])).toBe(lieu);
});
