// The handover code: the customer reads it on WhatsApp, and it stands nowhere else. Database, gateway and Meta's simulator are real; the
// sender runs here, so that Meta may also quote what it refuses.
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { creerReleve } from '../../functions/shared/appels.ts';
import { creerClientGraph } from '../../functions/whatsapp/graph.ts';
import { dire } from '../../scripts/platform/prospect.ts';
import { type Livraison, type Livreur, ouvrirScene, type Personne, type Scene } from '../helpers/annonces.ts';
import { creerModele, ouvrirSortant, type Sortant } from '../helpers/sortant.ts';
import { clientDe } from '../helpers/vendeurs.ts';

let s: Sortant;
let b: Scene;
let mamadou: Livreur;
beforeAll(async () => {
  s = await ouvrirSortant();
});
afterAll(() => s?.fermer());
beforeEach(async () => {
  await s.p.sql`delete from prive.debits`;
  await s.p.sql`delete from pgmq.q_envoyer_messages`;
  await s.p.sql`delete from pgmq.q_assigner_livraisons`;
  b = await ouvrirScene(s.p);
  mamadou = await b.livreur();
  await dire(s.p.graphUrl, { de: mamadou.numero, texte: 'Bonjour', vers: b.v.numero });
});

async function client(): Promise<Personne> {
  const { de, conversation } = await s.prospect(b.v);
  const [c] = await s.p
    .sql`select id_prospect from public.conversations where id_conversation = ${conversation}`;
  return { numero: de, conversation, prospect: c?.id_prospect };
}
async function mener(l: Livraison, ...statuts: string[]): Promise<void> {
  for (const statut of statuts) {
    await b.bouger(l, statut, statut === 'assignee' ? { id_livreur: mamadou.id } : {});
    await b.vider();
  }
}
const enRoute = async (qui?: Personne) => {
  const l = await b.livraison({ client: qui ?? (await client()) });
  await mener(l, 'assignee', 'recuperee');
  return l;
};
const code = async (l: Livraison): Promise<string> => {
  const [r] = await s.p
    .sql`select prive.code_remise(id_livraison, version_code) as c from public.livraisons where id_livraison = ${l.id}`;
  return r?.c;
};
const verifier = async (l: Livraison, dit: string | null): Promise<string> =>
  (await s.p.sql`select prive.verifier_code(${l.id}, ${dit}) as r`)[0]?.r;
const faux = (bon: string, n = 1) => String((Number(bon) + n) % 10_000).padStart(4, '0');
const messageDuCode = async (l: Livraison): Promise<number> =>
  (
    await s.p
      .sql`select id_message from public.messages where (charge_utile #>> '{code_remise,livraison}')::bigint = ${l.id} order by id_message desc limit 1`
  )[0]?.id_message;

const INSTANT = /\d{4}-\d\d-\d\d([ T]\d\d:\d\d(:\d\d(\.\d+)?)?)?([+-]\d\d(:?\d\d)?)?/g;
const UUID = /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/gi;

const DUREE = /"temps_reponse_ms": \d+/g;

/** Every group of four digits that stands alone in any row of any table, and where; times, durations of calls and uuids are none. */
async function quatreChiffres(): Promise<Map<string, Set<string>>> {
  const tables = await s.p.sql<{ nom: string; octets: string[] | null }[]>`
    select format('%I.%I', n.nspname, c.relname) as nom,
      (select array_agg(a.attname::text) from pg_attribute as a where a.attrelid = c.oid and a.attnum > 0 and a.atttypid = 'bytea'::regtype) as octets
    from pg_class as c join pg_namespace as n on n.oid = c.relnamespace
    where c.relkind in ('r', 'm') and n.nspname not in ('pg_catalog', 'information_schema') and n.nspname !~ '^pg_(toast|temp)'`;
  const vus = new Map<string, Set<string>>();
  for (const { nom, octets } of tables) {
    const lisibles = (octets ?? []).map((o) => `, encode(t."${o}", 'escape')`).join('');
    const lignes = await s.p.sql.unsafe(
      `select concat_ws(' ', to_jsonb(t)::text${lisibles}) as ligne from ${nom} as t`,
    );
    for (const { ligne } of lignes)
      for (const [chiffres] of String(ligne)
        .replaceAll(INSTANT, ' ')
        .replaceAll(DUREE, ' ')
        .replaceAll(UUID, ' ')
        .matchAll(/(?<![0-9A-Za-z])\d{4}(?![0-9A-Za-z])/g))
        vus.set(chiffres, (vus.get(chiffres) ?? new Set()).add(nom));
  }
  return vus;
}

/** Refuses everything and quotes all of it, as Meta may. */
async function metaQuiCite(
  codeMeta: number,
): Promise<{ serveur: Server; ports: Parameters<Sortant['envoyer']>[0]; vus: string[] }> {
  const vus: string[] = [];
  const serveur = createServer((requete, reponse) => {
    let corps = '';
    requete.on('data', (morceau) => {
      corps += morceau;
    });
    requete.on('end', () => {
      vus.push(corps);
      reponse.statusCode = 400;
      reponse.end(JSON.stringify({ error: { code: codeMeta, message: `Refused: ${corps}` } }));
    });
  });
  await new Promise<void>((pret) => serveur.listen(0, '127.0.0.1', pret));
  const releve = creerReleve(s.base, () => {});
  const url = `http://127.0.0.1:${(serveur.address() as AddressInfo).port}`;
  return {
    serveur,
    vus,
    ports: { releve, graph: creerClientGraph({ url, delaiMs: 5_000, releve, maintenant: () => Date.now() }) },
  };
}

test('it reaches the customer and stands nowhere: not in a full dump, at any moment of its way', async () => {
  const livraisons: Livraison[] = [];
  for (let i = 0; i < 8; i += 1) {
    const l = await b.livraison({ client: await client() });
    await mener(l, 'assignee');
    livraisons.push(l);
  }
  await s.envoyer();
  // What happens to be somewhere already (a price, a setting) proves nothing: such codes are left out.
  const avant = await quatreChiffres();
  const suivies = (await Promise.all(livraisons.map(async (l) => ({ l, code: await code(l) })))).filter(
    (x) => !avant.has(x.code),
  );
  expect(suivies.length).toBeGreaterThan(4);
  const cherche = async (quand: string) => {
    const vus = await quatreChiffres();
    for (const x of suivies) expect([quand, ...(vus.get(x.code) ?? [])], x.code).toEqual([quand]);
    for (const x of suivies)
      expect(s.p.journal.join('\n')).not.toMatch(new RegExp(`(?<![0-9A-Za-z])${x.code}(?![0-9A-Za-z])`));
  };

  for (const l of livraisons) await mener(l, 'recuperee');
  await cherche('written');
  const cite = await metaQuiCite(131_000);
  await s.envoyer(cite.ports);
  cite.serveur.close();
  for (const x of suivies) expect(cite.vus.join('\n')).toContain(x.code);
  const [appel] = await s.p
    .sql`select count(*)::int as n from public.utilisation_apis where message_erreur like '%Refused%'`;
  expect(appel?.n).toBeGreaterThan(0);
  await cherche('refused, quoted, to be sent again');
  await s.envoyer({}, true);
  for (const x of suivies) {
    const [corps] = (await s.recus(x.l.client.numero)).filter((c) =>
      JSON.stringify(c).includes('code de remise'),
    );
    expect(JSON.stringify(corps)).toContain(`Votre code de remise : ${x.code}\\n`);
    await s.statuts(await messageDuCode(x.l));
  }
  await cherche('sent');
  for (const x of suivies) expect(await verifier(x.l, faux(x.code))).toBe('faux');
  await cherche('after wrong tries');
  // Nor is it in what a later status event quotes.
  for (const x of suivies)
    await s.p
      .sql`update public.messages set detail_erreur = ${`Undeliverable: code ${x.code}`} where id_message = ${await messageDuCode(x.l)}`;
  await cherche('quoted by a status event');
  // What couriers were sent has it neither.
  for (const x of suivies) expect(JSON.stringify(await s.recus(mamadou.numero))).not.toContain(x.code);

  // The search finds what is there: in words, in bytes, in the queue's archive.
  const [temoin] = suivies;
  for (const ou of [
    s.p
      .sql`update public.livraisons set notes_livraison = ${`code ${temoin?.code}.`} where id_livraison = ${temoin?.l.id ?? 0}`,
    s.p
      .sql`insert into prive.evenements_webhook (corps, empreinte) values (convert_to(${`{"a":"${temoin?.code}"}`}, 'UTF8'), 'temoin')`,
    s.p
      .sql`insert into pgmq.a_envoyer_messages (msg_id, vt, message) values (999999, now(), ${s.p.sql.json({ dit: `${temoin?.code}` })})`,
  ])
    await ou;
  expect([...((await quatreChiffres()).get(temoin?.code ?? '') ?? [])].sort()).toEqual([
    'pgmq.a_envoyer_messages',
    'prive.evenements_webhook',
    'public.livraisons',
  ]);
  await s.p.sql`delete from prive.evenements_webhook where empreinte = 'temoin'`;
});

test('closed window: the vendor’s template carries it, the row keeps the placeholder', async () => {
  await creerModele(s.p, b.v, {
    nom: 'fluxasync_commande_en_route',
    texte: '{{1}} ({{2}}) arrive avec {{3}}. {{4}} Code : {{5}}',
    variables: 5,
  });
  const qui = await client();
  const l = await b.livraison({ client: qui });
  await b.fermer(qui);
  await mener(l, 'assignee', 'recuperee');
  await s.envoyer();
  const corps = (await s.recus(qui.numero)).at(-1);
  expect(JSON.stringify(corps)).toContain(`{"type":"text","text":"${await code(l)}"}`);
  const m = await s.message(await messageDuCode(l));
  expect(m.type_message).toBe('modele');
  expect(m.contenu_message).toContain('Code : {{code_remise}}');
  expect(JSON.stringify(m)).not.toContain(`"${await code(l)}"`);
});

test('a failed message sent again by a person carries it too; one of an earlier try does not go out', async () => {
  const l = await enRoute();
  const cite = await metaQuiCite(131_009);
  await s.envoyer(cite.ports);
  cite.serveur.close();
  const perdu = await messageDuCode(l);
  expect((await s.message(perdu)).statut_livraison).toBe('echec');
  const lui = await clientDe(s.p.apiUrl, b.v);
  const { data } = await lui.rpc('renvoyer_message', { id_message: perdu });
  await s.envoyer();
  expect(JSON.stringify((await s.recus(l.client.numero)).at(-1))).toContain(`remise : ${await code(l)}\\n`);
  expect((await s.message(data)).contenu_message).toContain('remise : {{code_remise}}\n');
  await mener(l, 'echec', 'a_assigner', 'assignee', 'recuperee');
  await s.envoyer();
  const nombre = (await s.recus(l.client.numero)).length;
  await s.p.sql`select prive.demander_envoi(${perdu})`;
  const { data: encore } = await lui.rpc('renvoyer_message', { id_message: perdu });
  expect(encore).toBe(data);
  const [vieux] = await s.p
    .sql`insert into public.messages (id_utilisateur, id_conversation, id_compte_whatsapp, direction_message, contenu_message, charge_utile,
      genere_par_ia, modele_ia, statut_livraison)
    select id_utilisateur, id_conversation, id_compte_whatsapp, 'sortant', contenu_message, charge_utile, true, 'service', 'a_envoyer'
    from public.messages where id_message = ${data} returning id_message`;
  await s.p.sql`select prive.demander_envoi(${vieux?.id_message})`;
  await s.envoyer();
  expect((await s.recus(l.client.numero)).length).toBe(nombre);
  expect(await s.message(vieux?.id_message)).toMatchObject({
    statut_livraison: 'echec',
    code_erreur: 'code_perime',
  });
});

test('people’s words that look like the placeholder stay words, in anybody’s message', async () => {
  const mot = '{{code_remise}}';
  const qui = await client();
  await s.p.sql`update public.prospects set nom_complet = ${mot} where id_prospect = ${qui.prospect}`;
  await s.p
    .sql`update public.livreurs set nom_complet_livreur = ${`${mot} Diabaté`} where id_livreur = ${mamadou.id}`;
  const l = await b.livraison({ client: qui, adresse: `Cocody ${mot}` });
  await mener(l, 'assignee', 'recuperee');
  const lui = await clientDe(s.p.apiUrl, b.v);
  const { error } = await lui.rpc('envoyer_message', {
    id_conversation: qui.conversation,
    contenu: `Votre code ${mot}`,
  });
  expect(error).toBeNull();
  await s.envoyer();
  const bon = await code(l);
  const auLivreur = JSON.stringify(await s.recus(mamadou.numero));
  expect(auLivreur).toContain(mot);
  expect(auLivreur).not.toContain(bon);
  const auClient = (await s.recus(qui.numero)).map((c) => JSON.stringify(c));
  expect(auClient.filter((c) => c.includes(bon))).toHaveLength(1);
  expect(auClient.find((c) => c.includes(bon))?.split(bon)).toHaveLength(2);
  expect(auClient.find((c) => c.includes('Votre code {{code_remise}}'))).toBeDefined();

  // Nobody can ask for another's: not by a message of the service, nor of a person, nor of a courier.
  const charge = { code_remise: { livraison: l.id, version: 1 } };
  const autre = await client();
  await expect(s.ecrire(autre.conversation, mot, { charge })).rejects.toThrow(
    'Ce genre de message ne contient pas cela.',
  );
  const vole = await lui.rpc('envoyer_contenu', {
    id_conversation: autre.conversation,
    type_message: 'interactif',
    contenu: mot,
    charge_utile: { ...charge, demande_localisation: true },
  });
  expect(vole.error?.hint).toBe('charge_utile_invalide');
  for (const [p, avecLivreur] of [
    [autre, false],
    [mamadou, true],
    [qui, true],
  ] as const)
    await s.p
      .sql`select prive.ecrire_message(${p.conversation}, 'texte', ${`vol ${mot}`}, ${s.p.sql.json(charge)}, ${`vol:${avecLivreur}`}, ${avecLivreur})`;
  await s.envoyer();
  for (const p of [autre, mamadou, qui])
    expect(
      (await s.recus(p.numero))
        .map((c) => JSON.stringify(c))
        .filter((c) => c.includes('vol ') && c.includes(bon)),
    ).toEqual([]);
});

describe('tries', () => {
  test('five wrong ones, then not even the right one; the vendor is told once, a new try begins anew', async () => {
    const l = await enRoute();
    const bon = await code(l);
    expect(bon).toMatch(/^\d{4}$/);
    for (let n = 1; n <= 4; n += 1) expect(await verifier(l, faux(bon, n))).toBe('faux');
    expect(await verifier(l, ` ${bon.slice(0, 2)} ${bon.slice(2)} `)).toBe('bon');
    expect((await b.avis()).filter((c) => c.includes('code_epuise'))).toEqual([]);
    expect(await verifier(l, faux(bon, 7))).toBe('epuise');
    for (const dit of [bon, faux(bon), null]) expect(await verifier(l, dit)).toBe('epuise');
    expect((await b.avis()).filter((c) => c.includes('code_epuise'))).toEqual([
      `livraison:${l.id}:code_epuise:1`,
    ]);
    expect((await b.etat(l)).essais_code).toBe(5);
    await mener(l, 'echec', 'a_assigner', 'assignee', 'recuperee');
    const nouveau = await code(l);
    if (nouveau !== bon) expect(await verifier(l, bon)).toBe('faux');
    expect(await verifier(l, nouveau)).toBe('bon');
  });

  test.each([
    ['a_assigner', []],
    ['assignee', ['assignee']],
    ['livree', ['assignee', 'recuperee', 'livree']],
    ['echec', ['assignee', 'echec']],
    ['annulee', ['assignee', 'annulee']],
  ])('%s: not the time, and no try is counted', async (_, chemin) => {
    const l = await b.livraison({ client: await client() });
    await mener(l, ...chemin);
    expect(await verifier(l, await code(l))).toBe('pas_encore');
    expect((await b.etat(l)).essais_code).toBe(0);
  });

  test.each(['', 'abcd', '123', '12345', '१२३४', null])('%j is wrong', async (dit) => {
    const l = await enRoute();
    expect(await verifier(l, dit)).toBe('faux');
  });

  test('who has seen many codes knows nothing of the next: all four digits, evenly, by delivery and by try', async () => {
    const lignes = await s.p.sql`select c, count(*)::int as n from (
      select prive.code_remise(l, v) as c from generate_series(1, 5000) as l, generate_series(1, 2) as v) as x group by c`;
    const chiffres = Array.from({ length: 40 }, () => 0);
    for (const { c, n } of lignes)
      for (let i = 0; i < 4; i += 1)
        chiffres[i * 10 + Number(c[i])] = (chiffres[i * 10 + Number(c[i])] ?? 0) + n;
    // 10,000 draws: a digit comes 1,000 times at each place, ±6 standard deviations (30 each).
    for (const n of chiffres) expect(Math.abs(n - 1_000)).toBeLessThan(180);
    // As many different ones as chance gives: 10,000 × (1 − 1/e) ± 6 × 31.
    expect(Math.abs(lignes.length - 6_321)).toBeLessThan(190);
  });

  test('nobody but the owner may compute or check it; a lost key is made anew', async () => {
    const [droits] = await s.p.sql`select bool_or(has_function_privilege(r, f, 'execute')) as ouvert from
      unnest('{anon,authenticated,service_role}'::text[]) as r,
      unnest('{"prive.code_remise(bigint,integer)","prive.cle_code_remise()","prive.verifier_code(bigint,text)","prive.remplir_code(jsonb)","prive.secret(text)"}'::text[]) as f`;
    expect(droits?.ouvert).toBe(false);
    await expect(
      s.p.sql.begin(async (tx) => {
        await tx`delete from vault.secrets where name = 'cle_code_remise'`;
        const [avant] = await tx`select prive.code_remise(1, 1) as c`;
        const [apres] =
          await tx`select prive.code_remise(1, 1) as c, length(prive.secret('cle_code_remise')) as n`;
        expect([apres?.c, apres?.n]).toEqual([avant?.c, 64]);
        throw new Error('undone');
      }),
    ).rejects.toThrow('undone');
  });
});

test('renvoyer_code: again at most every two minutes, only while the parcel is under way', async () => {
  const lui = await clientDe(s.p.apiUrl, b.v);
  const renvoyer = async (l: Livraison) => {
    const { data, error } = await lui.rpc('renvoyer_code', { id_livraison: l.id });
    return error?.hint ?? data;
  };
  const l = await b.livraison({ client: await client() });
  await mener(l, 'assignee');
  expect(await renvoyer(l)).toBe('code_inutile');
  await mener(l, 'recuperee');
  expect(await renvoyer(l)).toBe('code_deja_envoye');
  await s.p.avancer(121);
  const id = await renvoyer(l);
  expect(id).toEqual(expect.any(Number));
  expect(await renvoyer(l)).toBe('code_deja_envoye');
  await s.envoyer();
  const dits = (await s.recus(l.client.numero))
    .map((c) => JSON.stringify(c))
    .filter((c) => c.includes(`remise`));
  expect(dits).toHaveLength(2);
  expect(dits[1]).toContain(`${l.numero} : ${await code(l)}\\n`);
  const voisin = await ouvrirScene(s.p);
  const autre = await voisin.livraison();
  expect(await renvoyer(autre)).toBe('livraison_introuvable');
  await mener(l, 'livree');
  await s.p.avancer(121);
  expect(await renvoyer(l)).toBe('code_inutile');
});
