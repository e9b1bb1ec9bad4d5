// Ten thousand events bent out of shape, each with a valid signature, through the real door: every one is answered 200 and kept,
// none shows at a vendor it was not meant for, and nothing of the platform is worse for it. GRAINE=… repeats a run.
import { createHash } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  type Changement,
  changement,
  corps,
  echo,
  evenementCompte,
  idDe,
  message,
  type Objet,
  personne,
  poster,
  preference,
  statut,
  TYPES,
  texte,
  wamid,
} from '../helpers/evenements-meta.ts';
import { type Hasard, un } from '../helpers/histoire.ts';
import { openPlatform, type TestPlatform } from '../helpers/platform.ts';
import { graine } from '../helpers/statistiques.ts';
import { creerVendeur, type Vendeur } from '../helpers/vendeurs.ts';

const NOMBRE = 10_000;
const A_LA_FOIS = 16;
let p: TestPlatform;
let vendeurs: Vendeur[];
let jamaisNomme: Vendeur;

beforeAll(async () => {
  p = await openPlatform({ parts: ['gateway', 'functions'] });
  vendeurs = [await creerVendeur(p.sql, { articles: [] }), await creerVendeur(p.sql, { articles: [] })];
  jamaisNomme = await creerVendeur(p.sql, { articles: [] });
  await p.sql`insert into prive.comptes_plateforme (identifiant_numero_telephone, numero_telephone_whatsapp, jeton_acces)
    values ('400000000000001', '+2250500000000', gen_random_uuid())`;
});
afterAll(() => p?.close());

/** Stands for what JSON.stringify would not write: replaced in the text. */
const BRUTS: Record<string, string> = {
  '"@enorme@"': '1e400000',
  '"@moins_enorme@"': '-1e400000',
  '"@long@"': '123456789012345678901234567890',
  '"@nul@"': '"a\\u0000b"',
  '"@seul@"': '"\\ud83d x"',
  '"@renverse@"': '"\\ude00\\ud83d"',
  '"@oblique@"': '"\\\\u0000 \\\\\\u0000"',
  '"@profond@"': `${'['.repeat(9_000)}${']'.repeat(9_000)}`,
  '"@profond_objet@"': `${'{"a":'.repeat(3_000)}1${'}'.repeat(3_000)}`,
};
const VALEURS: unknown[] = [
  ...Object.keys(BRUTS).map((cle) => cle.slice(1, -1)),
  ...[null, true, false, 0, -1, 1.5, 1e308, Number.MAX_SAFE_INTEGER],
  ...[
    '',
    ' ',
    'x',
    '-1',
    '0',
    '99999999999999999999',
    '1e5',
    'é😀',
    "'; drop table x; --",
    'NaN',
    'infinity',
  ],
  ...['x'.repeat(5_000), '+225', '22507', 'CI.1', 'STOP', 'notification:1:vu', '12345678', '2026-13-45'],
  ...[[], {}, [null], [[]], [{}], { type: 'text' }, [1, 'x', null, {}], { id: { id: { id: 1 } } }],
  ...[
    '400000000000001',
    '999999999999999',
    'text',
    'edit',
    'revoke',
    'system',
    'failed',
    'messages',
    'statuses',
  ],
];

function base(tirer: Hasard): Changement {
  const v = un(tirer, vendeurs);
  const qui = personne({ numero: `22507${String(Math.floor(tirer() * 300)).padStart(8, '0')}` });
  const original = wamid();
  const faire: (() => Changement)[] = [
    ...TYPES.map((type) => () => message(v, qui, type.message)),
    () => texte(v, qui, 'STOP'),
    () => echo(v, qui, { type: 'text', text: { body: 'Bonjour' } }),
    () => preference(v, qui, 'stop', 1_700_000_000),
    () =>
      statut(v, {
        id: original,
        status: 'failed',
        errors: [{ code: 131026 }],
        biz_opaque_callback_data: '1.2',
      }),
    () => message(v, qui, { type: 'revoke', revoke: { original_message_id: original } }),
    () =>
      message(v, qui, {
        type: 'edit',
        edit: { original_message_id: original, message: { type: 'text', text: { body: 'x' } } },
      }),
    () =>
      message(v, qui, {
        type: 'system',
        system: { type: 'user_changed_number', wa_id: '22501020304', user_id: 'CI.4', body: 'x' },
      }),
    () => texte({ ...v, numero: '400000000000001' }, qui, '12345678'),
    () =>
      statut(
        { ...v, numero: '400000000000001' },
        { id: original, status: 'read', biz_opaque_callback_data: 'n:1' },
      ),
    () =>
      changement(
        v,
        { user_id_update: [{ wa_id: qui.numero, user_id: { previous: qui.bsuid, current: 'CI.9' } }] },
        'user_id_update',
      ),
    () =>
      evenementCompte(v, 'account_update', {
        event: 'ACCOUNT_VIOLATION',
        violation_info: { violation_type: 'SCAM' },
      }),
    () =>
      evenementCompte(v, 'phone_number_quality_update', {
        display_phone_number: '2250700000001',
        event: 'FLAGGED',
      }),
    () =>
      evenementCompte(v, 'message_template_status_update', {
        event: 'APPROVED',
        message_template_name: 'x',
        message_template_language: 'fr',
      }),
  ];
  return un(tirer, faire)();
}

type Place = { dans: Objet; cle: string };

function places(arbre: unknown): Place[] {
  if (typeof arbre !== 'object' || arbre === null) return [];
  const dans = arbre as Objet;
  return Object.keys(dans).flatMap((cle) => [{ dans, cle }, ...places(dans[cle])]);
}

/** One place of a JSON tree, any with the same chance, gets another value, is left out, or changes places with a sibling. */
function tordre(arbre: unknown, tirer: Hasard): unknown {
  const toutes = places(arbre);
  if (toutes.length === 0 || tirer() < 0.005) return un(tirer, VALEURS);
  const { dans, cle } = un(tirer, toutes);
  const sort = tirer();
  if (sort < 0.1) delete dans[cle];
  else if (sort < 0.15) dans[`${cle}x`] = dans[cle];
  else if (sort < 0.25) dans[cle] = dans[un(tirer, Object.keys(dans))];
  else dans[cle] = structuredClone(un(tirer, VALEURS));
  return arbre;
}

function tordu(tirer: Hasard, i: number): string {
  const groupe = Array.from({ length: tirer() < 0.2 ? 3 : 1 }, () => base(tirer));
  let arbre: unknown = JSON.parse(corps(groupe, { trace: String(i) }));
  for (let n = 1 + Math.floor(tirer() * 3); n > 0; n -= 1) arbre = tordre(arbre, tirer);
  let octets = JSON.stringify(arbre ?? null);
  for (const [cle, brut] of Object.entries(BRUTS)) octets = octets.replaceAll(cle, brut);
  return octets;
}

test('10,000 events bent out of shape', async () => {
  const tirer = graine();
  const statuts = new Map<number, number>();
  const empreintes = new Set<string>();
  const refuses: string[] = [];
  let suivant = 0;
  const facteur = async () => {
    while (suivant < NOMBRE) {
      suivant += 1;
      const octets = tordu(tirer, suivant);
      empreintes.add(createHash('sha256').update(octets).digest('hex'));
      const s = await poster(p.apiUrl, octets);
      statuts.set(s, (statuts.get(s) ?? 0) + 1);
      if (s !== 200) refuses.push(`${s}: ${octets.slice(0, 300)}`);
    }
  };
  await Promise.all(Array.from({ length: A_LA_FOIS }, facteur));
  expect([
    ...refuses.slice(0, 3),
    ...p.journal.filter((l) => l.includes('evenement_non_enregistre')),
  ]).toEqual([]);
  expect([...statuts]).toEqual([[200, NOMBRE]]);

  const gardes = await p.sql`select encode(empreinte, 'hex') as e from prive.evenements_webhook`;
  const connus = new Set(gardes.map((g) => g.e));
  expect([...empreintes].filter((e) => !connus.has(e))).toEqual([]);

  // Also what was kept for later, and what is tried again, ends by itself.
  for (let tour = 0; tour < 3; tour += 1) {
    await p.sql`select prive.appliquer_en_attente(20000)`;
    await p.sql`update prive.evenements_webhook set prochaine_tentative = prive.maintenant() where prochaine_tentative is not null`;
  }
  const [restes] = await p.sql`select count(*)::int as n from prive.evenements_webhook where etat = 'recu'`;
  expect(restes?.n).toBe(0);

  // Most of it is nonsense, and much of it is not.
  const [bilan] = await p.sql`select (select count(*)::int from public.messages) as messages,
    count(*) filter (where etat = 'traite')::int as traites, count(*) filter (where etat <> 'traite')::int as autres from prive.evenements_webhook`;
  expect(bilan?.messages).toBeGreaterThan(1_000);
  expect(bilan?.traites).toBeGreaterThan(1_000);
  expect(bilan?.autres).toBeGreaterThan(1_000);

  // What is refused is refused for what it says, never because a function of ours is wrong.
  const fautes =
    await p.sql`select erreur from prive.evenements_webhook where erreur ~ '(^|\\| )(42|XX|0A|2F|39|P000[2-4]|21000|23502|40P01|55P03)'`;
  expect(fautes.slice(0, 3)).toEqual([]);

  const egares = await p.sql`
    select m.id_message from public.messages as m
    join public.comptes_whatsapp as w using (id_compte_whatsapp)
    join public.conversations as c using (id_conversation)
    join public.prospects as r on r.id_prospect = c.id_prospect
    where m.id_utilisateur <> w.id_utilisateur or c.id_utilisateur <> w.id_utilisateur or r.id_utilisateur <> w.id_utilisateur
      or c.id_compte_whatsapp <> m.id_compte_whatsapp`;
  expect(egares).toHaveLength(0);
  const [voisin] = await p.sql`select
    (select count(*)::int from public.prospects where id_utilisateur = ${jamaisNomme.id}) as prospects,
    (select count(*)::int from public.messages where id_utilisateur = ${jamaisNomme.id}) as messages,
    (select count(*)::int from public.notifications where id_utilisateur = ${jamaisNomme.id}) as notifications,
    (select evenements_meta::text from public.comptes_whatsapp where id_utilisateur = ${jamaisNomme.id}) as compte`;
  expect(voisin).toEqual({ prospects: 0, messages: 0, notifications: 0, compte: '{}' });
  // The number of the vendors is FluxAsync's own: nobody became a prospect there.
  const [plateforme] = await p.sql`select count(*)::int as n from prive.messages_plateforme`;
  expect(plateforme?.n).toBeGreaterThan(10);

  const [v] = vendeurs;
  if (!v) throw new Error('no vendor');
  const normal = texte(v, personne(), 'Toujours là ?');
  expect(await poster(p.apiUrl, corps([normal]))).toBe(200);
  const [recu] =
    await p.sql`select contenu_message from public.messages where identifiant_message_whatsapp = ${idDe(normal)}`;
  expect(recu?.contenu_message).toBe('Toujours là ?');
  expect([p.parts.gateway.restarts(), p.parts.functions.restarts()]).toEqual([0, 0]);
}, 180_000);
