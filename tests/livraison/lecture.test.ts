// What a courier means, sentence by sentence, as it is written in Abidjan; the same word means another thing after other words.
import { describe, expect, test } from 'vitest';
import { codeDit } from '../../functions/livraison/code-dit.ts';
import {
  type ContexteLivreur,
  contexteLivreur,
  type Lecture,
  lireLivreur,
} from '../../functions/livraison/lire-livreur.ts';

type Sujet = NonNullable<ContexteLivreur['avant']>;
type Course = ContexteLivreur['livraisons'][number];

const sujet = (o: Partial<Sujet> = {}): Sujet => ({
  de: 'livreur',
  proposition: null,
  livraison: null,
  boutons: [],
  question: false,
  il_y_a_min: 1,
  ...o,
});
const course = (id: number, statut: Course['statut'], o: Partial<Course> = {}): Course => ({
  id,
  numero: `CMD-20261120-${String(id).padStart(6, '0')}`,
  statut,
  destination: 'Cocody Angré, 8e tranche',
  client: 'Awa Koné',
  ...o,
});

const OFFRE = sujet({
  proposition: 7,
  livraison: 1,
  boutons: ['proposition:7:accepter', 'proposition:7:refuser'],
});
const IA = sujet({ de: 'ia' });
const ouverte = { id: 7, livraison: 1, ouverte: true, destination: 'Yopougon Siporex' };

/** Where he stands, by name. */
const SITUATIONS = {
  /** Asked a moment ago. */
  offre: { avant: OFFRE, propositions: [ouverte] },
  offreFinie: { avant: OFFRE, propositions: [{ ...ouverte, ouverte: false }] },
  /** Asked, then the AI spoke to him as to a customer. */
  offrePuisIA: { avant: IA, propositions: [ouverte], dialogue: true },
  /** Asked, then told about another delivery. */
  offrePuisCourse: {
    avant: sujet({ livraison: 2 }),
    propositions: [ouverte],
    livraisons: [course(2, 'assignee')],
  },
  deuxOffres: { avant: sujet(), propositions: [ouverte, { ...ouverte, id: 8, livraison: 3 }] },
  aRetirer: {
    avant: sujet({ livraison: 1, boutons: ['livraison:1:recuperee'] }),
    livraisons: [course(1, 'assignee')],
  },
  enMain: {
    avant: sujet({ livraison: 1, boutons: ['livraison:1:en_route', 'livraison:1:livree'] }),
    livraisons: [course(1, 'recuperee')],
  },
  enRoute: {
    avant: sujet({ livraison: 1, boutons: ['livraison:1:livree', 'livraison:1:probleme'] }),
    livraisons: [course(1, 'en_transit')],
  },
  photoMontree: {
    avant: sujet({ livraison: 1, boutons: ['livraison:1:photo:90', 'livraison:1:pas_encore'] }),
    livraisons: [course(1, 'en_transit')],
  },
  demandeRetrait: {
    avant: sujet({
      livraison: 1,
      question: true,
      boutons: ['livraison:1:recuperee', 'livraison:1:probleme'],
    }),
    livraisons: [course(1, 'assignee')],
  },
  demandeRemise: {
    avant: sujet({ livraison: 1, question: true, boutons: ['livraison:1:livree', 'livraison:1:probleme'] }),
    livraisons: [course(1, 'recuperee')],
  },
  /** The AI has asked something; then he was thanked for a delivery. */
  achatPuisFini: { avant: sujet({ livraison: 1 }), dialogue: true, finies: 1 },
  /** One delivery, and he is buying something from the AI. */
  enMainEtAchat: { avant: IA, livraisons: [course(1, 'recuperee')], dialogue: true },
  enMainEtIA: { avant: IA, livraisons: [course(1, 'recuperee')] },
  deux: {
    avant: sujet({ livraison: 2, boutons: ['livraison:2:en_route', 'livraison:2:livree'] }),
    livraisons: [
      course(1, 'recuperee', { client: 'Awa Koné', destination: 'Cocody Angré' }),
      course(2, 'recuperee', { client: 'Serge Kouassi', destination: 'Marcory Zone 4' }),
    ],
  },
  uneChaque: {
    avant: sujet(),
    livraisons: [
      course(1, 'assignee', { client: 'Awa Koné', destination: 'Cocody Angré' }),
      course(2, 'en_transit', { client: 'Serge Kouassi', destination: 'Marcory Zone 4' }),
    ],
  },
  rien: { avant: null },
  rienIA: { avant: IA },
  achat: { avant: IA, dialogue: true },
  /** Just delivered, thanked. */
  fini: { avant: sujet({ livraison: 1 }), finies: 1 },
} satisfies Record<string, Partial<ContexteLivreur>>;
type Situation = keyof typeof SITUATIONS;

function contexte(
  situation: Situation,
  message: Partial<ContexteLivreur['message']>,
  autre: Partial<ContexteLivreur> = {},
): ContexteLivreur {
  return contexteLivreur.parse({
    propositions: [],
    livraisons: [],
    finies: 0,
    dialogue: false,
    ia: true,
    ...SITUATIONS[situation],
    ...autre,
    message: {
      id: 100,
      type: 'texte',
      texte: '',
      choix: null,
      mots_choisis: null,
      position: false,
      photo: false,
      reponse_a: null,
      ...message,
    },
  });
}

/** A reading in one line: "livree 1 4821", "echec 1 client_absent", "preciser recuperee 1,2". */
function enBref(l: Lecture): string {
  switch (l.intention) {
    case 'accepter':
    case 'refuser':
      return `${l.intention} ${l.proposition}`;
    case 'livree':
      return `livree ${l.livraison} ${l.code ?? '-'}`;
    case 'photo':
      return `photo ${l.livraison} ${l.photo}${l.remis ? ' remis' : ''}`;
    case 'echec':
      return `echec ${l.livraison} ${l.raison}`;
    case 'preciser':
      return `preciser ${[l.action, l.suite].filter((x) => x !== undefined).join(':')} ${l.choix.join(',')}`;
    case 'incompris':
      return l.proposition === undefined ? 'incompris' : `incompris ${l.proposition}`;
    default:
      return 'livraison' in l ? `${l.intention} ${l.livraison}` : l.intention;
  }
}

const PHRASES: [Situation, string, string[]][] = [
  [
    'offre',
    'accepter 7',
    [
      'ok',
      'OK',
      'Ok chef',
      'okkk',
      'oui',
      'Oui je prends',
      'ouiii',
      'ouais',
      "d'accord",
      'daccord',
      'dac',
      'c bon',
      "c'est bon",
      "j'accepte",
      'jaccepte',
      'accepté',
      'je prends la course',
      'je prend',
      '👍',
      '👍🏾',
      '✅',
      "ok j'arrive",
      'Ok jarrive dans 5 min',
      'oui je suis dispo',
      'ok pas de problème',
      'ça marche patron',
      'Bonjour, ok',
      'vas y',
      'ok je pars récupérer',
      'oui merci',
    ],
  ],
  [
    'offre',
    'refuser 7',
    [
      'non',
      'Non merci',
      'nan',
      'je refuse',
      'refusé',
      'je peux pas',
      'je ne peux pas chef',
      'pas possible',
      'impossible',
      'trop loin',
      'c’est trop loin',
      'je passe',
      'laisse tomber',
      '👎',
      '❌',
      'désolé je pourrai pas',
      'ma moto est en panne',
      'annule',
    ],
  ],
  [
    'offre',
    'incompris 7',
    [
      'ok je vais voir',
      'oui mais',
      'combien ?',
      'ok combien',
      'ok ?',
      'c où ça',
      'attends',
      'je réfléchis',
      'oui si tu augmentes',
      'demain ok',
      "j'arrive",
      'jsuis dispo',
      'dispo',
      'à quelle heure',
      'ok pour 3000',
      'peut-être',
      'oui et non',
      'bonjour',
    ],
  ],
  [
    'offre',
    'indisponible',
    ['pas dispo', 'Je suis pas disponible', 'chui plus dispo', 'je suis occupé', 'indisponible'],
  ],
  [
    'offre',
    'client',
    ['vous avez des chaussures taille 42 ?', 'je veux commander une robe', 'quel est le prix du sac'],
  ],
  ['offreFinie', 'accepter 7', ['ok', "j'accepte"]],
  ['offreFinie', 'refuser 7', ['non']],
  ['offrePuisIA', 'client', ['ok', 'oui', 'non', 'je prends', "c'est bon", 'taille 42', 'annule', '👍']],
  ['offrePuisIA', 'accepter 7', ["j'accepte la course", 'je prends la livraison']],
  ['offrePuisIA', 'refuser 7', ['je refuse la course']],
  ['offrePuisCourse', 'incompris 7', ['ok', 'oui']],
  ['offrePuisCourse', 'accepter 7', ["j'accepte la course"]],
  ['offrePuisCourse', 'recuperee 2', ['récupéré']],
  ['deuxOffres', 'preciser accepter 7,8', ["j'accepte", 'ok je prends la course']],
  [
    'aRetirer',
    'recuperee 1',
    [
      'récupéré',
      'Recupere',
      'RECUPERE',
      'colis récupéré',
      'g recu',
      "j'ai reçu le colis",
      "j'ai pris le colis",
      'jai le colis',
      'colis en main',
      'c’est bon j’ai récupéré',
      'recup ok',
      'colis pris',
      'le colis est pris chef',
      'ramassé',
      'j’ai récupérer le colis',
      'récupéré ✅',
    ],
  ],
  [
    'aRetirer',
    'en_route 1',
    [
      "j'arrive",
      'jarrive',
      'en route',
      'je vais récupérer le colis',
      'je suis en chemin',
      'j arrive dans 10 min',
    ],
  ],
  ['aRetirer', 'vu', ['ok', 'merci', 'ok merci chef', 'bien reçu', '👍']],
  ['aRetirer', 'livree 1 4821', ['livré 4821', '4821']],
  ['aRetirer', 'livree 1 -', ['livré', "c'est livré"]],
  [
    'offre',
    'incompris 7',
    ['non mais demain oui', 'je peux pas avant 15h', 'ok mais le client paie combien', 'ascenseur en panne'],
  ],
  [
    'aRetirer',
    'incompris',
    [
      'j’ai reçu votre message',
      'j’ai eu le client au téléphone',
      'j’ai pris du retard',
      'il y a un accident sur la route',
      'c’est ouvert',
      'le colis est prêt',
      'téléphone du client en panne',
    ],
  ],
  ['aRetirer', 'probleme 1', ['je peux pas avancer à cause de la pluie']],
  [
    'enMain',
    'incompris',
    [
      'la cliente a l’argent',
      'j’ai reçu l’argent',
      'hôpital général',
      'ligne occupée',
      'ça passe pas',
      'il y a un accident sur la route',
      'police partout',
    ],
  ],
  ['enMain', 'livree 1 -', ['elle a bien reçu', 'il a pris le colis', 'remise faite']],
  ['enMain', 'echec 1 autre', ['pneu crevé', 'la moto est cassée']],
  ['enMain', 'probleme 1', ['je laisse tomber', 'j’annule']],
  ['enMainEtIA', 'client', ['une remise svp', 'en panne de sac']],
  [
    'aRetirer',
    'renoncer 1',
    [
      'je peux pas',
      'annule',
      "j'annule la course",
      'je renonce',
      'je suis en panne',
      'pneu crevé',
      'trouvez quelqu’un d’autre',
      'je ne peux plus faire la course',
      'donnez à un autre',
    ],
  ],
  [
    'aRetirer',
    'incompris',
    ['le colis n’est pas prêt', 'pas encore récupéré', 'récupéré ?', 'c’est quel magasin', 'bonjour'],
  ],
  ['aRetirer', 'echec 1 client_injoignable', ['le client est injoignable']],
  ['aRetirer', 'client', ['vous avez du 42 en stock ?']],
  [
    'enMain',
    'livree 1 4821',
    [
      'livré 4821',
      'Livré 4821',
      '4821',
      '48 21',
      'c’est livré code 48 21',
      'code 4821',
      'le code c est 4821',
      'livré, code: 4-8-2-1',
      'LIVRE 4821',
      'livrer 4821',
      'c bon livré 4821 merci',
      'remis à la cliente 4821',
      'livraison faite 4821',
      'livré quarante-huit vingt et un',
      'quatre huit deux un',
      'c’est fait 4821',
      'livré CMD-20261120-000001 4821',
    ],
  ],
  [
    'enMain',
    'livree 1 -',
    [
      'livré',
      'c’est livré',
      'colis remis',
      "j'ai livré",
      'c fait',
      'la cliente a reçu',
      'déposé',
      'mission accomplie',
      'livré 4821 ou 4822',
      'course terminée',
    ],
  ],
  [
    'enMain',
    'en_route 1',
    [
      'en route',
      'je suis en route',
      'jarrive',
      'je vais livrer',
      'je pars livrer le colis',
      "c'est parti",
      'je suis parti',
    ],
  ],
  [
    'enMain',
    'echec 1 client_injoignable',
    [
      'client injoignable',
      'elle décroche pas',
      'il ne répond pas',
      'répond pas',
      'son numéro ne passe pas',
      'téléphone éteint',
      'je tombe sur sa messagerie',
      'elle prend pas mes appels',
      'j’arrive pas à joindre le client',
    ],
  ],
  [
    'enMain',
    'echec 1 client_absent',
    [
      'client absent',
      'la cliente est absente',
      'elle est pas là',
      'y a personne',
      'il n’est pas à la maison',
      'elle n’est pas chez elle',
    ],
  ],
  [
    'enMain',
    'echec 1 adresse_introuvable',
    ['adresse introuvable', 'je trouve pas la maison', 'mauvaise adresse', 'je ne trouve pas l’adresse'],
  ],
  [
    'enMain',
    'echec 1 refus_client',
    [
      'le client refuse',
      'elle refuse de payer',
      'il ne veut plus',
      'elle veut pas le prendre',
      'la cliente a annulé',
      'il n’a pas l’argent',
    ],
  ],
  ['enMain', 'echec 1 colis_abime', ['colis abîmé', 'le carton est déchiré', 'le colis est mouillé']],
  ['enMain', 'echec 1 autre', ['moto en panne', 'j’ai eu un accident']],
  [
    'enMain',
    'probleme 1',
    [
      'problème',
      'j’ai un souci',
      'annule',
      'je peux pas',
      'client injoignable je fais quoi ?',
      'pas pu livrer',
    ],
  ],
  ['enMain', 'pas_encore 1', ['pas encore livré']],
  ['enMain', 'incompris', ['livré ?', 'hein', 'bonsoir', 'il y a embouteillage']],
  ['enMain', 'vu', ['ok', 'd’accord merci']],
  ['enMain', 'mes_courses', ['mes courses', 'Mes courses svp', 'liste', 'il me reste quoi']],
  ['enMain', 'indisponible', ['je suis plus dispo aujourd’hui', 'fin de service']],
  ['enRoute', 'livree 1 0907', ['0907', 'livré 0907', 'zéro neuf zéro sept']],
  ['enRoute', 'incompris', ['07 08 09 10 11', 'il a donné 5000 F']],
  ['enRoute', 'probleme 1', ['elle décroche pas ?']],
  ['photoMontree', 'photo 1 90 remis', ['oui', 'ok', 'remis', 'oui c’est remis', 'livré', '👍']],
  ['photoMontree', 'pas_encore 1', ['non', 'pas encore', 'non pas encore']],
  ['photoMontree', 'livree 1 4821', ['livré 4821', '4821']],
  [
    'enMainEtAchat',
    'client',
    [
      'oui',
      'ok',
      'non',
      'annule',
      "c'est bon",
      'la 42',
      'Cocody Angré',
      'je prends',
      'j’arrive',
      'demain',
      'livrer à Cocody demain',
      '2',
      'dispo ?',
      'j’ai reçu ma commande',
    ],
  ],
  ['enMainEtAchat', 'livree 1 4821', ['livré 4821', '4821', 'colis livré 4821']],
  ['enMainEtAchat', 'livree 1 -', ['colis livré', 'livré']],
  ['enMainEtAchat', 'echec 1 client_injoignable', ['le client est injoignable', 'client décroche pas']],
  ['enMainEtAchat', 'mes_courses', ['mes courses']],
  ['demandeRetrait', 'recuperee 1', ['oui', 'ok', 'oui chef', 'récupéré']],
  ['demandeRetrait', 'en_route 1', ['non', 'pas encore']],
  ['demandeRemise', 'livree 1 -', ['oui', 'ok']],
  ['demandeRemise', 'pas_encore 1', ['non', 'pas encore']],
  ['achatPuisFini', 'client', ['oui', 'oui merci', 'la 42']],
  ['achatPuisFini', 'vu', ['ok', 'merci']],
  ['enMainEtIA', 'livree 1 4821', ['4821']],
  ['enMainEtIA', 'client', ['bonjour', 'merci', 'vous avez quoi de nouveau ?']],
  ['deux', 'preciser code:100 1,2', ['livré 4821', '4821']],
  ['deux', 'preciser livree 1,2', ['livré']],
  [
    'deux',
    'livree 1 4821',
    [
      'livré Cocody 4821',
      'livré chez awa 4821',
      'livré CMD-20261120-000001 code 4821',
      'commande 1 livré 4821',
    ],
  ],
  ['deux', 'livree 2 4821', ['livré marcory 4821', 'Serge livré 4821', 'cmd 2 livrée 4821']],
  ['deux', 'preciser echec:client_absent 1,2', ['client absent']],
  ['deux', 'echec 2 client_absent', ['Kouassi absent']],
  ['uneChaque', 'recuperee 1', ['récupéré']],
  ['uneChaque', 'livree 2 4821', ['livré 4821']],
  ['uneChaque', 'probleme 2', ['problème']],
  ['uneChaque', 'preciser probleme 1,2', ['je peux pas']],
  [
    'rien',
    'client',
    [
      'bonjour',
      'ok',
      'oui',
      'récupéré',
      'livré 4821',
      '4821',
      'je veux une chaussure',
      'c’est combien',
      'merci',
      'dispo en 42 ?',
      'client injoignable',
    ],
  ],
  [
    'rien',
    'disponible',
    [
      'dispo',
      'je suis dispo',
      'jsuis dispo',
      'Bonjour chef je suis disponible',
      'je suis de retour',
      'DISPONIBLE',
      'je suis libre maintenant',
    ],
  ],
  [
    'rien',
    'indisponible',
    [
      'pas dispo',
      'je suis pas dispo',
      'je ne travaille pas aujourd’hui',
      'fin de service',
      'je suis en pause',
    ],
  ],
  ['rien', 'mes_courses', ['mes courses']],
  ['rienIA', 'disponible', ['je suis dispo', 'dispo']],
  [
    'achat',
    'client',
    [
      'dispo',
      'c’est disponible',
      'oui',
      'elle est disponible ?',
      'liste',
      'mes livraisons',
      'je suis dispo demain pour recevoir mon colis ?',
    ],
  ],
  ['achat', 'disponible', ['je suis dispo pour livrer']],
  ['fini', 'vu', ['ok', 'merci', 'merci chef bonne journée', '👍']],
  ['fini', 'deja', ['livré 4821', 'récupéré']],
  ['fini', 'client', ['bonjour', 'vous avez des sacs ?', 'je veux commander']],
];

describe('what a sentence means where he stands', () => {
  test.each(PHRASES.flatMap(([ou, attendu, phrases]) => phrases.map((p) => [ou, p, attendu] as const)))(
    '%s: "%s" → %s',
    (ou, phrase, attendu) => {
      expect(enBref(lireLivreur(contexte(ou, { texte: phrase })))).toBe(attendu);
      // A voice note says the same in words.
      expect(enBref(lireLivreur(contexte(ou, { texte: phrase, type: 'audio' })))).toBe(attendu);
    },
  );

  test('there are enough of them', () => {
    expect(PHRASES.flatMap(([, , phrases]) => phrases).length).toBeGreaterThan(250);
  });

  // Nothing accepts that is more than a yes: whatever stands after it.
  test.each([
    'mais',
    '?',
    'combien',
    'si c’est 2000',
    'je vais voir',
    'attends',
    'demain',
    'après',
    'pas',
    'peut-être',
  ])('a yes with "%s" is no yes', (suite) => {
    for (const debut of ['ok', 'oui', 'd’accord', 'je prends'])
      expect(
        lireLivreur(contexte('offre', { texte: `${debut} ${suite}` })).intention,
        `${debut} ${suite}`,
      ).not.toBe('accepter');
  });
});

describe('a reply to a message decides over all', () => {
  test.each<[Situation, string, Sujet, string]>([
    ['offrePuisIA', 'ok', OFFRE, 'accepter 7'],
    ['offrePuisIA', 'non', OFFRE, 'refuser 7'],
    ['offre', 'ok', IA, 'client'],
    ['enMain', 'livré 4821', sujet({ de: 'personne' }), 'client'],
    ['deux', 'livré 4821', sujet({ livraison: 1, boutons: ['livraison:1:recuperee'] }), 'livree 1 4821'],
    ['deux', 'client absent', sujet({ livraison: 2 }), 'echec 2 client_absent'],
    ['enMainEtAchat', 'en route', sujet({ livraison: 1 }), 'en_route 1'],
  ])('%s: "%s"', (ou, texte, reponse_a, attendu) => {
    expect(enBref(lireLivreur(contexte(ou, { texte, reponse_a })))).toBe(attendu);
  });
});

test.each<[string, string, string | null]>([
  ['proposition:12:accepter', 'accepter 12', null],
  ['proposition:12:refuser', 'refuser 12', null],
  ['proposition:12:vendre', 'incompris', null],
  ['livraison:5:recuperee', 'recuperee 5', null],
  ['livraison:5:en_route', 'en_route 5', null],
  ['livraison:5:livree', 'livree 5 -', null],
  ['livraison:5:code:88', 'livree 5 4821', 'c’est livré 4821'],
  ['livraison:5:code:88', 'livree 5 -', null],
  ['livraison:5:photo:88', 'photo 5 88 remis', null],
  ['livraison:5:montre:88', 'photo 5 88', null],
  ['livraison:5:photo:', 'client', null],
  ['livraison:5:pas_encore', 'pas_encore 5', null],
  ['livraison:5:echec:client_absent', 'echec 5 client_absent', null],
  ['livraison:5:echec:nawak', 'echec 5 autre', null],
  ['livraison:5:renoncer', 'renoncer 5', null],
  ['livraison:5:detruire', 'incompris', null],
  ['livraison:99999999999999999999:livree', 'client', null],
  ['article:5', 'client', null],
])('the button %s', (choix, attendu, mots_choisis) => {
  expect(enBref(lireLivreur(contexte('enMainEtAchat', { type: 'interactif', choix, mots_choisis })))).toBe(
    attendu,
  );
});

test.each<[Situation, string, string]>([
  ['enMain', '', 'photo 1 100'],
  ['enMain', 'livré', 'photo 1 100 remis'],
  ['enMain', 'Colis remis à la cliente', 'photo 1 100 remis'],
  ['enMain', 'livré ?', 'photo 1 100'],
  ['enMain', 'pas encore livré', 'photo 1 100'],
  ['enMain', 'livré 4821', 'livree 1 4821'],
  ['enMain', 'colis abîmé', 'echec 1 colis_abime'],
  ['aRetirer', '', 'photo 1 100'],
  ['aRetirer', 'récupéré', 'recuperee 1'],
  ['deux', '', 'preciser montre:100 1,2'],
  ['deux', 'livré', 'preciser photo:100 1,2'],
  ['deux', 'livré Marcory', 'photo 2 100 remis'],
  ['enMainEtAchat', '', 'client'],
  ['enMainEtAchat', 'colis livré', 'photo 1 100 remis'],
  ['rien', 'livré', 'client'],
  ['offre', '', 'client'],
])('a picture, %s: "%s" → %s', (ou, texte, attendu) => {
  expect(enBref(lireLivreur(contexte(ou, { type: 'image', photo: true, texte })))).toBe(attendu);
});

test.each<[Situation, string]>([
  ['rien', 'position'],
  ['enMain', 'position'],
  ['offre', 'position'],
  ['achat', 'client'],
])('a location, %s', (ou, attendu) => {
  expect(
    enBref(lireLivreur(contexte(ou, { type: 'localisation', texte: '5.3, -4.0', position: true }))),
  ).toBe(attendu);
});

test.each<[Situation, string, string]>([
  ['enMain', 'image', 'incompris'],
  ['enMain', 'audio', 'incompris'],
  ['enMain', 'document', 'incompris'],
  ['rien', 'audio', 'client'],
  ['achat', 'image', 'client'],
])('without words, %s: %s', (ou, type, attendu) => {
  expect(enBref(lireLivreur(contexte(ou, { type })))).toBe(attendu);
});

test.each<[string, string | null]>([
  ['4821', '4821'],
  ['48.21', '4821'],
  ['4 8 2 1', '4821'],
  ['le code: 4821.', '4821'],
  ['0000', '0000'],
  ['482', null],
  ['48211', null],
  ['0708091011', null],
  ['+225 07 08 09 10 11', null],
  ['5000 F', null],
  ['2500 fcfa', null],
  ['4821 et 4822', null],
  ['CMD-20261120-004821', null],
  ['livré à 14h30', null],
  ['14h30 code 4821', '4821'],
  ['lot 4821', null],
  ['quarante-huit vingt et un', '4821'],
  ['quatre mille huit cent vingt et un', '4821'],
  ['soixante quatorze zéro cinq', '7405'],
  ['soixante-dix-sept quatre-vingt-douze', '7792'],
  ['quatre vingt deux un', null],
  ['deux colis', null],
])('the code in "%s" is %s', (texte, attendu) => {
  expect(codeDit(texte)).toBe(attendu);
});
