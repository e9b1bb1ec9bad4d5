// What goes with a vendor, and with one of his accounts: rows, series, secrets; and what stays his neighbour's.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openDatabase, type TestDatabase } from './helpers/database.ts';
import { type Boutique, creerBoutique, insertion, LIGNES_PRIVEES } from './isolation/lignes.ts';

let d: TestDatabase;

beforeAll(async () => {
  d = await openDatabase();
});
afterAll(() => d?.close());

/** A vendor with a row in every table, tokens in the Vault, and no invoice, which would keep him. */
async function ouvrir(): Promise<Boutique> {
  const v = await creerBoutique(d.sql);
  await d.sql.begin(async (tx) => {
    await tx`set local session_replication_role = replica`;
    await tx`delete from public.factures where id_utilisateur = ${v.id}`;
  });
  await d.sql`select service.connecter_compte_email(${v.id}, 'gmail', 'boite-1@example.ci', 'acces', 'rafraichissement', null)`;
  await d.sql`update public.comptes_whatsapp set jeton_verification_webhook = vault.create_secret('webhook', ${`webhook:${v.numero}`}),
      code_pin = vault.create_secret('482913', ${`whatsapp:${v.numero}:pin`})
    where id_utilisateur = ${v.id}`;
  await d.sql`update public.livraisons set statut_livraison = 'assignee', id_livreur = ${v.de.livreurs?.id_livreur as number}
    where id_utilisateur = ${v.id}`;
  await d.sql`update public.conversations set prise_en_main_par = ${v.id}, ia_activee = false where id_utilisateur = ${v.id}`;
  for (const nom of [
    ...[
      'journees_en_echec',
      'journees_cumulees',
      'jours_a_recompter',
      'reponses',
      'quotas_vendeurs',
      'consommation_ia',
    ],
    ...['connexions_whatsapp', 'synchronisations', 'codes_numero'],
  ]) {
    await d.sql.unsafe(`${insertion(`prive.${nom}`, LIGNES_PRIVEES[nom]?.(v) ?? {})} on conflict do nothing`);
  }
  await d.sql`insert into prive.comptes_plateforme (identifiant_numero_telephone, numero_telephone_whatsapp, jeton_acces)
    values ('1', '+2250700000001', ${v.id}) on conflict do nothing`;
  await d.sql`insert into prive.messages_plateforme (identifiant_numero_telephone, wamid, direction, id_utilisateur)
    values ('1', ${v.id}, 'entrant', ${v.id})`;
  await d.sql`update prive.connexions_whatsapp set secrets = vault.create_secret('{"jeton": "acces"}', ${`connexion:${v.id}`})
    where id_utilisateur = ${v.id}`;
  return v;
}

/** His rows in every table that names a vendor, by the name of the column. */
async function lignesDe(id: string): Promise<Record<string, unknown[]>> {
  const colonnes = await d.sql<{ nom: string; colonne: string }[]>`
    select a.attrelid::regclass::text as nom, a.attname as colonne
    from pg_attribute as a join pg_class as c on c.oid = a.attrelid
    where c.relnamespace in ('public'::regnamespace, 'prive'::regnamespace) and c.relkind in ('r', 'p') and not c.relispartition
      and a.atttypid = 'uuid'::regtype and not a.attisdropped and a.attname not like 'jeton%'
      and a.attname not in ('code_pin', 'secrets')
    order by 1, 2`;
  const lues: Record<string, unknown[]> = {};
  for (const { nom, colonne } of colonnes) {
    const lignes = await d.sql.unsafe(
      `select t::text as ligne from ${nom} as t where t.${colonne} = '${id}' order by 1`,
    );
    lues[`${nom}.${colonne}`] = lignes.map((l) => l.ligne);
  }
  return lues;
}

const secretsDe = async (id: string): Promise<string[]> =>
  (
    await d.sql`
      select s.id from public.comptes_whatsapp as c join vault.secrets as s on s.id in (c.jeton_acces, c.jeton_verification_webhook, c.code_pin)
      where c.id_utilisateur = ${id}
      union all
      select s.id from prive.connexions_whatsapp as c join vault.secrets as s on s.id = c.secrets where c.id_utilisateur = ${id}
      union all
      select s.id from public.comptes_email as c join vault.secrets as s on s.id in (c.jeton_acces, c.jeton_rafraichissement)
      where c.id_utilisateur = ${id}`
  ).map((s) => s.id);
const restent = async (secrets: string[]) =>
  (await d.sql`select id from vault.secrets where id = any (${secrets})`).length;

test('a vendor who goes leaves nothing, and takes nothing of another', async () => {
  const [partant, voisin] = [await ouvrir(), await ouvrir()];
  const avant = await lignesDe(partant.id);
  const vides = Object.keys(avant).filter((nom) => avant[nom]?.length === 0);
  // What he has nothing of proves nothing: he is nobody's member, has no invoice.
  expect(vides).toEqual([
    ...['factures.emetteur', 'factures.id_utilisateur', 'journaux_systeme.id_auteur'],
    'membres_equipe.id_membre',
  ]);
  const photo = await lignesDe(voisin.id);
  const [siens, ceuxDuVoisin] = [await secretsDe(partant.id), await secretsDe(voisin.id)];
  expect([siens.length, ceuxDuVoisin.length]).toEqual([6, 6]);

  await d.sql.begin(async (tx) => {
    await tx`set local role supabase_auth_admin`;
    await tx`delete from auth.users where id = ${partant.id}`;
  });
  expect(await lignesDe(voisin.id)).toEqual(photo);
  expect(await restent(ceuxDuVoisin)).toBe(6);
  expect(await restent(siens)).toBe(0);
  const apres = await lignesDe(partant.id);
  expect(Object.keys(apres).filter((nom) => apres[nom]?.length !== 0)).toEqual([]);
});

test('a mailbox that goes takes its tokens along, and no other', async () => {
  const v = await ouvrir();
  const [b] =
    await d.sql`select jeton_acces, jeton_rafraichissement from public.comptes_email where id_utilisateur = ${v.id}`;
  const tous = await secretsDe(v.id);
  await d.sql`delete from public.comptes_email where id_utilisateur = ${v.id}`;
  expect(await restent([b?.jeton_acces, b?.jeton_rafraichissement])).toBe(0);
  expect([tous.length, await restent(tous)]).toEqual([6, 4]);
});
